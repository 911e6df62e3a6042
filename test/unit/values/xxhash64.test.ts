import { describe, expect, it } from 'vitest'
import { parseType } from '../../../src/expressions/type-signature.js'
import { typeHash } from '../../../src/expressions/value/type-hash.js'
import { hashBigint, hashBytes, hashInteger64, hashNumber } from '../../../src/values/xxhash64.js'
import { randomOf } from '../expressions/support/random-expression.js'

const MASK = (1n << 64n) - 1n
const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
]
const rotate = (x: bigint, bits: bigint) => ((x << bits) | (x >> (64n - bits))) & MASK
const round = (acc: bigint, input: bigint) => (rotate((acc + input * P2) & MASK, 31n) * P1) & MASK

/** The specification, written down with BigInt. */
function reference(bytes: Uint8Array): bigint {
  const view = Buffer.from(bytes)
  let at = 0
  let hash = P5
  if (view.length >= 32) {
    const lanes = [(P1 + P2) & MASK, P2, 0n, -P1 & MASK]
    for (; at + 32 <= view.length; at += 32) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i]!, view.readBigUInt64LE(at + 8 * i))
    }
    hash = [1n, 7n, 12n, 18n].reduce((sum, bits, i) => sum + rotate(lanes[i]!, bits), 0n) & MASK
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * P1 + P4) & MASK
  }
  hash = (hash + BigInt(view.length)) & MASK
  for (; at + 8 <= view.length; at += 8) {
    hash = (rotate(hash ^ round(0n, view.readBigUInt64LE(at)), 27n) * P1 + P4) & MASK
  }
  if (at + 4 <= view.length) {
    hash = (rotate(hash ^ ((BigInt(view.readUInt32LE(at)) * P1) & MASK), 23n) * P2 + P3) & MASK
    at += 4
  }
  for (; at < view.length; at++) {
    hash = (rotate(hash ^ ((BigInt(view[at]!) * P5) & MASK), 11n) * P1) & MASK
  }
  hash = ((hash ^ (hash >> 33n)) * P2) & MASK
  hash = ((hash ^ (hash >> 29n)) * P3) & MASK
  return hash ^ (hash >> 32n)
}

describe('XxHash64', () => {
  it('is that of the specification for bytes of every length', () => {
    const random = randomOf(42)
    for (let length = 0; length < 200; length++) {
      const bytes = Uint8Array.from({ length }, () => random.int(256))
      hashBytes(bytes)
      expect(hashBigint(), `length ${length}, seed 42`).toBe(reference(bytes))
    }
  })
  it('is that of the eight bytes for integers', () => {
    const values = [0n, 1n, -1n, 1n << 40n, -(1n << 50n), 9223372036854775807n, -(1n << 63n)]
    for (const value of values) {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(value)
      hashInteger64(value)
      expect(hashBigint()).toBe(reference(bytes))
      if (Number.isSafeInteger(Number(value))) {
        hashNumber(Number(value))
        expect(hashBigint()).toBe(reference(bytes))
      }
    }
  })
  it('treats zeros and composites as Trino does', () => {
    const double = typeHash(parseType('double'))
    expect(double(-0)).toBe(double(0))
    const integer = typeHash(parseType('integer'))
    const array = typeHash(parseType('array(integer)'))
    expect(array([1, null])).toBe(((31n * integer(1)) & MASK) + 0n)
  })
})
