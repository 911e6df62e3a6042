import { scalarFunction } from '../../function-definition.js'
import { matchesOf } from './matches.js'

export const regexpSplit = scalarFunction({
  name: 'regexp_split',
  description: 'The parts of a string between matches of a pattern',
  overloads: [
    {
      args: ['varchar(x)', 'joniregexp'],
      returns: 'array(varchar(x))',
      evaluate: (text: string, pattern: string) => {
        const parts: string[] = []
        let from = 0
        for (const match of matchesOf(text, pattern)) {
          parts.push(text.slice(from, match.index))
          from = match.index! + match[0].length
        }
        parts.push(text.slice(from))
        return parts
      },
    },
  ],
})
