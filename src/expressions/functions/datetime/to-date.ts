import { floorModulo, PICOS_PER_DAY } from '../../../values/civil.js'
import { type ScalarEvaluator, scalarFunction } from '../../function-definition.js'
import { parsePattern } from '../../value/datetime-pattern.js'
import { teradataPattern } from '../../value/teradata-pattern.js'
import { remembering } from './date-patterns.js'

export const toDate = scalarFunction({
  name: 'to_date',
  description: 'The date that a text writes, by a pattern of Teradata',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'date',
      bind: (): ScalarEvaluator => {
        const parts = remembering(teradataPattern)
        return (text: string, pattern: string) => {
          const { local } = parsePattern(parts(pattern), text)
          return Number((local - floorModulo(local, PICOS_PER_DAY)) / PICOS_PER_DAY)
        }
      },
    },
  ],
})
