import { invalidArgument } from '../errors.js'
import { jodaPattern } from './datetime-letters.js'
import type { PatternPart } from './datetime-pattern.js'

/** Teradata's words, longest first, as Joda-Time writes them. */
const WORDS: readonly (readonly [string, string])[] = [
  ['hh24', 'HH'],
  ['yyyy', 'yyyy'],
  ['hh', 'KK'],
  ['yy', 'yy'],
  ['mm', 'MM'],
  ['mi', 'mm'],
  ['dd', 'dd'],
  ['ss', 'ss'],
]

/** The pattern of to_char, to_date and to_timestamp: `yyyy-mm-dd hh24:mi:ss`. @source Trino DateFormatParser (Teradata) */
export function teradataPattern(pattern: string): readonly PatternPart[] {
  // Words of the same letter in a row are apart: 'mmmm' is the month twice, not its name.
  const patterns = ['']
  for (let at = 0; at < pattern.length; ) {
    const word = WORDS.find(([name]) => pattern.startsWith(name, at))
    if (word === undefined && !/[-/,.;: ]/.test(pattern[at]!)) {
      invalidArgument(`Failed to tokenize string [${pattern}] at offset [${at}]`)
    }
    const next = word?.[1] ?? pattern[at]!
    if (word !== undefined && patterns.at(-1)!.endsWith(next[0]!)) patterns.push('')
    patterns[patterns.length - 1] += next
    at += word?.[0].length ?? 1
  }
  return patterns.flatMap(jodaPattern)
}
