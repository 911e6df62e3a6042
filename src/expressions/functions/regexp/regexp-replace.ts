import { type LambdaValue, scalarFunction } from '../../function-definition.js'
import { expandReplacement, parseReplacement } from '../../value/regexp.js'
import { matchesOf } from './matches.js'

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
