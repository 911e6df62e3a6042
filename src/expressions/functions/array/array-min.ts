import { scalarFunction } from '../../function-definition.js'
import { extreme, OVERLOAD } from './extreme-element.js'

export const arrayMin = scalarFunction({
  name: 'array_min',
  description: 'The least element',
  overloads: [{ ...OVERLOAD, bind: extreme(-1) }],
})
