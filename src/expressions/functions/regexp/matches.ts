import { invalidArgument } from '../../errors.js'
import { allMatches, compilePattern } from '../../value/regexp.js'

export const matchesOf = (text: string, pattern: string): Iterable<RegExpMatchArray> =>
  allMatches(compilePattern(pattern), text)

export function checkGroup(group: bigint, pattern: string): number {
  const { groupCount } = compilePattern(pattern)
  if (group < 0n) invalidArgument('Group cannot be negative')
  if (group > BigInt(groupCount)) {
    invalidArgument(`Pattern has ${groupCount} groups. Cannot access group ${group}`)
  }
  return Number(group)
}
