import { scalarFunction } from '../../function-definition.js'
import { EXTREME, extreme } from './extreme-element.js'

export const arrayMin = scalarFunction({
  name: 'array_min',
  description: 'The least element',
  overloads: [{ ...EXTREME, bind: extreme(-1) }],
})
