import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

/** The number of characters to insert, delete or exchange. O(length × length) time, O(length) space. */
function levenshtein(left: string, right: string): number {
  const a = [...left]
  const b = [...right]
  if (a.length * b.length > 1_000_000) {
    invalidArgument(
      `The combined inputs for Levenshtein distance are too large: ${a.length} and ${b.length}`,
    )
  }
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const exchange = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(exchange, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

export const levenshteinDistance = scalarFunction({
  name: 'levenshtein_distance',
  description: 'The number of characters to change to make one string of another',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'bigint',
      evaluate: (left: string, right: string) => BigInt(levenshtein(left, right)),
    },
  ],
})
