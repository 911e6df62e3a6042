import { scalarFunction } from '../../function-definition.js'
import { matchesOf } from './matches.js'

export const regexpCount = scalarFunction({
  name: 'regexp_count',
  description: 'The number of matches of a pattern in a string',
  overloads: [
    {
      args: ['varchar(x)', 'joniregexp'],
      returns: 'bigint',
      evaluate: (text: string, pattern: string) => BigInt([...matchesOf(text, pattern)].length),
    },
  ],
})
