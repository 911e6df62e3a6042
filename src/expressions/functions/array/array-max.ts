import { scalarFunction } from '../../function-definition.js'
import { EXTREME, extreme } from './extreme-element.js'

export const arrayMax = scalarFunction({
  name: 'array_max',
  description: 'The greatest element',
  overloads: [{ ...EXTREME, bind: extreme(1) }],
})
