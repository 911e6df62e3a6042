import { type ScalarEvaluator, scalarFunction } from '../../function-definition.js'
import { mysqlPattern } from '../../value/datetime-letters.js'
import { parsePattern } from '../../value/datetime-pattern.js'
import { remembering, toMillis } from './date-patterns.js'

export const dateParse = scalarFunction({
  name: 'date_parse',
  description: 'The timestamp that a text writes, by a pattern of MySQL',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'timestamp(3)',
      bind: (): ScalarEvaluator => {
        const parts = remembering(mysqlPattern)
        return (text: string, pattern: string) => toMillis(parsePattern(parts(pattern), text).local)
      },
    },
  ],
})
