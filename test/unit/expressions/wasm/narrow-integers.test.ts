import { describe, expect, it } from 'vitest'
import { asDictionary } from '../../../../src/expressions/wasm/narrow-integers.js'
import { BIGINT, type IntegerBlock } from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'

const arena = sharedArena()
const LIMITS = { i8: 127, i16: 32_767, i32: 2_147_483_647, i64: 2 ** 40 } as const
type Storage = keyof typeof LIMITS
const NULL_EVERY = 9

function valuesOf(storage: Storage, numbers: readonly number[]): IntegerBlock['values'] {
  if (storage === 'i8') return Int8Array.from(numbers)
  if (storage === 'i16') return Int16Array.from(numbers)
  if (storage === 'i32') return Int32Array.from(numbers)
  return BigInt64Array.from(numbers.map(BigInt))
}

describe('codes of integers that lie close', () => {
  it.each([
    ['i8', -128, 1],
    ['i8', -128, 256],
    ['i8', -3, 100],
    ['i16', -32_768, 256],
    ['i16', 32_000, 257],
    ['i16', -32_768, 65_536],
    ['i16', -200, 1000],
    ['i32', -2_147_483_648, 200],
    ['i32', 2_147_483_000, 600],
    ['i32', -5, 65_536],
    ['i64', -(2 ** 40), 256],
    ['i64', 2 ** 39, 5000],
  ] as const)('%s from %d on, %d of them', (storage, first, count) => {
    const random = createRandom(SEED)
    const limit = LIMITS[storage]
    for (const more of [0, 1, 15, 16]) {
      arena.reset()
      const rowCount = count * 4 + more
      const isNull = (row: number) => row % NULL_EVERY === NULL_EVERY - 1
      // What is stored for a null may be anything.
      const stored = Array.from({ length: rowCount }, (_, row) =>
        isNull(row)
          ? random.pick([limit, -limit - 1, 0, random.below(limit)])
          : first + random.pick([0, count - 1, random.below(count)]),
      )
      const validity = new Uint8Array((rowCount + 7) >> 3)
      for (let row = 0; row < rowCount; row++) {
        if (!isNull(row)) validity[row >> 3]! |= 1 << (row & 7)
      }
      const bounds = { min: 1000 + 3 * first, max: 1000 + 3 * (first + count - 1) }
      const values = valuesOf(storage, stored)
      const packed = { storage, values, base: 1000, factor: 3, bounds } as const
      const block: IntegerBlock = { encoding: 'flat', type: BIGINT, rowCount, validity, ...packed }
      const made = asDictionary(block, arena)!
      expect(made.dictionary.rowCount).toBe(count)
      expect(made.codes.length).toBe(rowCount)
      const wrong = stored.findIndex((value, row) =>
        isNull(row) ? made.codes[row]! >= count : made.codes[row] !== value - first,
      )
      expect(wrong, `seed ${SEED}, ${more} rows more`).toBe(-1)
    }
  })
})
