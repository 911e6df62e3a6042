import { scalarFunction } from '../../function-definition.js'
import { extreme, OVERLOAD } from './extreme-element.js'

export const arrayMax = scalarFunction({
  name: 'array_max',
  description: 'The greatest element',
  overloads: [{ ...OVERLOAD, bind: extreme(1) }],
})
