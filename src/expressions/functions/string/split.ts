import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

function splitLimited(text: string, delimiter: string, limit: bigint): string[] {
  if (limit <= 0n) invalidArgument('Limit must be positive')
  if (limit > 2_147_483_647n) invalidArgument('Limit is too large')
  if (delimiter === '') invalidArgument('The delimiter may not be the empty string')
  const parts: string[] = []
  let from = 0
  while (parts.length < Number(limit) - 1) {
    const at = text.indexOf(delimiter, from)
    if (at < 0) break
    parts.push(text.slice(from, at))
    from = at + delimiter.length
  }
  parts.push(text.slice(from))
  return parts
}

export const split = scalarFunction({
  name: 'split',
  description: 'The parts of a string between delimiters, at most so many',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'array(varchar(x))',
      evaluate: (text: string, delimiter: string) => splitLimited(text, delimiter, 2_147_483_647n),
    },
    {
      args: ['varchar(x)', 'varchar(y)', 'bigint'],
      returns: 'array(varchar(x))',
      evaluate: splitLimited,
    },
  ],
})
