import { codePointCount, offsetOfCodePoint } from '../../../values/code-points.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { allMatches, compilePattern } from '../../value/regexp.js'

function positionOf(text: string, pattern: string, start = 1, occurrence = 1): number {
  if (start < 1) {
    return invalidArgument(`start position cannot be smaller than 1`)
  }
  if (occurrence < 1) return invalidArgument('occurrence cannot be smaller than 1')
  const compiled = compilePattern(pattern)
  if (start > codePointCount(text)) return -1
  const offset = offsetOfCodePoint(text, start - 1)
  let count = 0
  for (const match of allMatches(compiled, text)) {
    if (match.index! < offset) continue
    if (++count === occurrence) return codePointCount(text.slice(0, match.index)) + 1
  }
  return -1
}

export const regexpPosition = scalarFunction({
  name: 'regexp_position',
  description: 'The position of a match of a pattern in a string; -1 where there is none',
  overloads: [
    { args: ['varchar(x)', 'joniregexp'], returns: 'integer', evaluate: positionOf },
    { args: ['varchar(x)', 'joniregexp', 'integer'], returns: 'integer', evaluate: positionOf },
    {
      args: ['varchar(x)', 'joniregexp', 'integer', 'integer'],
      returns: 'integer',
      evaluate: positionOf,
    },
  ],
})
