import { type ScalarOverload, scalarFunction } from '../../function-definition.js'
import { clamp, MAX_SAFE, TEXT_OVERLOADS } from './part-of-text.js'

const onBytes = (bytes: Uint8Array, start: bigint, length?: bigint) => {
  const from = start > 0n ? clamp(start) - 1 : bytes.length + clamp(start)
  if (start === 0n || from < 0) return new Uint8Array()
  const count = length === undefined ? MAX_SAFE : clamp(length)
  return bytes.slice(from, count <= 0 ? from : from + count)
}

const BYTES: readonly ScalarOverload[] = [
  { args: ['varbinary', 'bigint'], returns: 'varbinary', neverFails: true, evaluate: onBytes },
  {
    args: ['varbinary', 'bigint', 'bigint'],
    returns: 'varbinary',
    neverFails: true,
    evaluate: onBytes,
  },
]

export const substr = scalarFunction({
  name: 'substr',
  description: 'The part of a string, or of bytes, from a position, of at most a length',
  overloads: [...TEXT_OVERLOADS, ...BYTES],
})
