import { type ScalarEvaluator, scalarFunction } from '../../function-definition.js'
import { jodaPattern } from '../../value/datetime-letters.js'
import { parsePattern } from '../../value/datetime-pattern.js'
import { remembering, toMillis } from './date-patterns.js'
import { parsedInstant } from './parsed-instant.js'

export const parseDatetime = scalarFunction({
  name: 'parse_datetime',
  description: 'The timestamp that a text writes, by a pattern of Joda-Time',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'timestamp(3) with time zone',
      bind: ({ session }): ScalarEvaluator => {
        const parts = remembering(jodaPattern)
        return (text: string, pattern: string) => {
          const { local, zone = session.timeZone } = parsePattern(parts(pattern), text)
          return parsedInstant(toMillis(local), zone, text)
        }
      },
    },
  ],
})
