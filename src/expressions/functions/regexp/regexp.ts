import { codePointCount, offsetOfCodePoint } from '../../../values/code-points.js'
import { invalidArgument } from '../../errors.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'
import {
  allMatches,
  compilePattern,
  expandReplacement,
  matchesPattern,
  parseReplacement,
} from '../../value/regexp.js'

const matchesOf = (text: string, pattern: string): Iterable<RegExpMatchArray> =>
  allMatches(compilePattern(pattern), text)

function checkGroup(group: bigint, pattern: string): number {
  const { groupCount } = compilePattern(pattern)
  if (group < 0n) invalidArgument('Group cannot be negative')
  if (group > BigInt(groupCount)) {
    invalidArgument(`Pattern has ${groupCount} groups. Cannot access group ${group}`)
  }
  return Number(group)
}

export const regexpLike = scalarFunction({
  name: 'regexp_like',
  description: 'Tells whether a pattern matches anywhere in a string',
  overloads: [
    {
      args: ['varchar(x)', 'joniregexp'],
      returns: 'boolean',
      evaluate: (text: string, pattern: string) => matchesPattern(compilePattern(pattern), text),
    },
  ],
})

const extractFirst = (text: string, pattern: string, group = 0n) => {
  const index = checkGroup(group, pattern)
  for (const match of matchesOf(text, pattern)) return match[index] ?? null
  return null
}

export const regexpExtract = scalarFunction({
  name: 'regexp_extract',
  description: 'The first match of a pattern in a string, or a group of it',
  overloads: [
    { args: ['varchar(x)', 'joniregexp'], returns: 'varchar(x)', evaluate: extractFirst },
    { args: ['varchar(x)', 'joniregexp', 'bigint'], returns: 'varchar(x)', evaluate: extractFirst },
  ],
})

const extractAll = (text: string, pattern: string, group = 0n) => {
  const index = checkGroup(group, pattern)
  return Array.from(matchesOf(text, pattern), (match) => match[index] ?? null)
}

export const regexpExtractAll = scalarFunction({
  name: 'regexp_extract_all',
  description: 'All matches of a pattern in a string, or a group of each',
  overloads: [
    { args: ['varchar(x)', 'joniregexp'], returns: 'array(varchar(x))', evaluate: extractAll },
    {
      args: ['varchar(x)', 'joniregexp', 'bigint'],
      returns: 'array(varchar(x))',
      evaluate: extractAll,
    },
  ],
})

function replaceMatches(
  text: string,
  pattern: string,
  replacement: (match: RegExpMatchArray) => string | null,
): string | null {
  let result = ''
  let from = 0
  for (const match of matchesOf(text, pattern)) {
    const put = replacement(match)
    if (put === null) return null
    result += text.slice(from, match.index) + put
    from = match.index! + match[0].length
  }
  return result + text.slice(from)
}

const MAX_LENGTH = 2_147_483_647

export const regexpReplace = scalarFunction({
  name: 'regexp_replace',
  description: 'The string with every match of a pattern removed, replaced, or changed by a lambda',
  overloads: [
    {
      args: ['varchar(x)', 'joniregexp'],
      returns: 'varchar(x)',
      evaluate: (text: string, pattern: string) => replaceMatches(text, pattern, () => ''),
    },
    {
      args: ['varchar(x)', 'joniregexp', 'varchar(y)'],
      returns: 'varchar(z)',
      calculate: ({ x, y }) => ({
        z: Math.min(MAX_LENGTH, x! + Math.max(Math.floor((x! * y!) / 2), y!) * (x! + 1)),
      }),
      evaluate: (text: string, pattern: string, replacement: string) => {
        // Where nothing matches, Trino never looks at the replacement.
        let parts: ReturnType<typeof parseReplacement> | undefined
        return replaceMatches(text, pattern, (match) => {
          parts ??= parseReplacement(replacement, match.length - 1)
          return expandReplacement(parts, match)
        })
      },
    },
    {
      args: ['varchar', 'joniregexp', 'function(array(varchar),varchar(x))'],
      returns: 'varchar',
      evaluate: (text: string, pattern: string, lambda: LambdaValue) =>
        replaceMatches(text, pattern, (match) => {
          const groups = Array.from(match.slice(1), (group) => group ?? null)
          return lambda(groups) as string | null
        }),
    },
  ],
})

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
