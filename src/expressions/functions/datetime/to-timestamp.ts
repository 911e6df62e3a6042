import { type ScalarEvaluator, scalarFunction } from '../../function-definition.js'
import { parsePattern } from '../../value/datetime-pattern.js'
import { teradataPattern } from '../../value/teradata-pattern.js'
import { remembering, toMillis } from './date-patterns.js'

export const toTimestamp = scalarFunction({
  name: 'to_timestamp',
  description: 'The timestamp that a text writes, by a pattern of Teradata',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'timestamp(3)',
      bind: (): ScalarEvaluator => {
        const parts = remembering(teradataPattern)
        return (text: string, pattern: string) => toMillis(parsePattern(parts(pattern), text).local)
      },
    },
  ],
})
