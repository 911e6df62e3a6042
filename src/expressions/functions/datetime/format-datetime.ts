import { scalarFunction } from '../../function-definition.js'
import { jodaPattern } from '../../value/datetime-letters.js'
import { printing } from './date-patterns.js'

export const formatDatetime = scalarFunction({
  name: 'format_datetime',
  description: 'A timestamp as a text, by a pattern of Joda-Time',
  overloads: printing(jodaPattern),
})
