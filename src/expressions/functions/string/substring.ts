import type { CharType } from '../../../spi/type/type.js'
import { codePointCount, offsetOfCodePoint, padChar } from '../../../values/code-points.js'
import { type BoundCall, type ScalarOverload, scalarFunction } from '../../function-definition.js'

const MAX = 2 ** 53 - 1
const clamp = (value: bigint): number =>
  value > BigInt(MAX) ? MAX : value < BigInt(-MAX) ? -MAX : Number(value)

/** Positions count from 1, from the end where negative; what lies outside is empty. */
export function substringOf(text: string, start: number, length = MAX): string {
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
  substringOf(text, clamp(start), length === undefined ? MAX : clamp(length))

const onChar = ({ argumentTypes }: BoundCall) => {
  const { length: padded } = argumentTypes[0] as CharType
  return (text: string, start: bigint, length?: bigint) =>
    onVarchar(padChar(text, padded), start, length)
}

const onBytes = (bytes: Uint8Array, start: bigint, length?: bigint) => {
  const from = start > 0n ? clamp(start) - 1 : bytes.length + clamp(start)
  if (start === 0n || from < 0) return new Uint8Array()
  const count = length === undefined ? MAX : clamp(length)
  return bytes.slice(from, count <= 0 ? from : from + count)
}

const TEXT: readonly ScalarOverload[] = [
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
const BYTES: readonly ScalarOverload[] = [
  { args: ['varbinary', 'bigint'], returns: 'varbinary', neverFails: true, evaluate: onBytes },
  {
    args: ['varbinary', 'bigint', 'bigint'],
    returns: 'varbinary',
    neverFails: true,
    evaluate: onBytes,
  },
]

export const substring = scalarFunction({
  name: 'substring',
  description: 'The part of a string from a position, of at most a length',
  overloads: TEXT,
})

export const substr = scalarFunction({
  name: 'substr',
  description: 'The part of a string, or of bytes, from a position, of at most a length',
  overloads: [...TEXT, ...BYTES],
})
