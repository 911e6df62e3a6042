import { scalarFunction } from '../../function-definition.js'
import { mysqlPattern } from '../../value/datetime-letters.js'
import { printing } from './date-patterns.js'

export const dateFormat = scalarFunction({
  name: 'date_format',
  description: 'A timestamp as a text, by a pattern of MySQL',
  overloads: printing(mysqlPattern),
})
