import { codePointCount } from '../../../values/code-points.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

/** The position, from 1, of the n-th occurrence, counted from the end where n is negative; 0 where there is none. */
export function positionOf(text: string, wanted: string, instance = 1n): bigint {
  if (instance === 0n) return invalidArgument("'instance' must be a positive or negative number.")
  if (wanted === '') return 1n
  let at = instance > 0n ? -1 : text.length
  const count = instance > 0n ? instance : -instance
  for (let i = 0n; i < count; i++) {
    if (instance > 0n) at = text.indexOf(wanted, at + 1)
    else at = at === 0 ? -1 : text.lastIndexOf(wanted, at - 1)
    if (at < 0) return 0n
  }
  return BigInt(codePointCount(text.slice(0, at)) + 1)
}

export const strpos = scalarFunction({
  name: 'strpos',
  description:
    'The position of an occurrence of a string in another, from 1; 0 where there is none',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'bigint',
      neverFails: true,
      evaluate: (text: string, wanted: string) => positionOf(text, wanted),
    },
    {
      args: ['varchar(x)', 'varchar(y)', 'bigint'],
      returns: 'bigint',
      evaluate: positionOf,
    },
  ],
})
