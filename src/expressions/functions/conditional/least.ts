import { scalarFunction } from '../../function-definition.js'
import { extreme, overload } from './extreme-argument.js'

export const least = scalarFunction({
  name: 'least',
  description: 'The least of its arguments',
  overloads: [{ ...overload, bind: extreme(-1) }],
})
