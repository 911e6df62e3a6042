import type { CharType } from '../../../spi/type/type.js'
import { codePointCount, offsetOfCodePoint, padChar } from '../../../values/code-points.js'
import type { BoundCall, ScalarOverload } from '../../function-definition.js'

export const MAX_SAFE = 2 ** 53 - 1
export const clamp = (value: bigint): number =>
  value > BigInt(MAX_SAFE) ? MAX_SAFE : value < BigInt(-MAX_SAFE) ? -MAX_SAFE : Number(value)

/** Positions count from 1, from the end where negative; what lies outside is empty. */
function substringOf(text: string, start: number, length = MAX_SAFE): string {
  if (start === 0 || length <= 0 || text === '') return ''
  let first = start - 1
  if (start < 0) {
    first = codePointCount(text) + start
    if (first < 0) return ''
  }
  const from = offsetOfCodePoint(text, first)
  if (length >= text.length) return text.slice(from)
  return text.slice(from, from + offsetOfCodePoint(text.slice(from), length))
}

const onVarchar = (text: string, start: bigint, length?: bigint) =>
  substringOf(text, clamp(start), length === undefined ? MAX_SAFE : clamp(length))

const onChar = ({ argumentTypes }: BoundCall) => {
  const { length: padded } = argumentTypes[0] as CharType
  return (text: string, start: bigint, length?: bigint) =>
    onVarchar(padChar(text, padded), start, length)
}

export const TEXT_OVERLOADS: readonly ScalarOverload[] = [
  { args: ['varchar(x)', 'bigint'], returns: 'varchar(x)', neverFails: true, evaluate: onVarchar },
  { args: ['char(x)', 'bigint'], returns: 'varchar(x)', neverFails: true, bind: onChar },
  {
    args: ['varchar(x)', 'bigint', 'bigint'],
    returns: 'varchar(x)',
    neverFails: true,
    evaluate: onVarchar,
  },
  { args: ['char(x)', 'bigint', 'bigint'], returns: 'varchar(x)', neverFails: true, bind: onChar },
]
