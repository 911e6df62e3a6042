import { scalarFunction } from '../../function-definition.js'
import { extreme, overload } from './extreme-argument.js'

export const greatest = scalarFunction({
  name: 'greatest',
  description: 'The greatest of its arguments',
  overloads: [{ ...overload, bind: extreme(1) }],
})
