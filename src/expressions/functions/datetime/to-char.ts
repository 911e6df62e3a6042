import { scalarFunction } from '../../function-definition.js'
import { teradataPattern } from '../../value/teradata-pattern.js'
import { printing, toMillis } from './date-patterns.js'

export const toChar = scalarFunction({
  name: 'to_char',
  description: 'A timestamp as a text, by a pattern of Teradata',
  overloads: printing(teradataPattern, toMillis).slice(1),
})
