import { scalarFunction } from '../../function-definition.js'
import { textOverloads } from './padding.js'

export const rpad = scalarFunction({
  name: 'rpad',
  description: 'The string or binary made a length by padding at its end, or cut to it',
  overloads: textOverloads(false),
})
