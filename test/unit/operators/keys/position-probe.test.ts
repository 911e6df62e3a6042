import { expect, test } from 'vitest'
import { type ProbeColumn, probePositions } from '../../../../src/operators/keys/position-probe.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'

const arena = sharedArena()
const WIDTHS = {
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u8: Uint8Array,
  u16: Uint16Array,
} as const satisfies Readonly<Record<ProbeColumn['source'], unknown>>

/** Stored values whose keys lie about the range, and others of all widths. */
function storedValue(random: ReturnType<typeof createRandom>, near: bigint): bigint {
  if (random.chance(0.8)) return near + BigInt(random.below(200) - 100)
  return BigInt(random.below(2 ** 32)) * BigInt(random.pick([1, -1, 2 ** 31]))
}

const start = SEED
test(`rows are keys less the smallest, -1 outside and for null, from seed ${start}`, () => {
  for (let seed = start; seed < start + 500; seed++) {
    arena.reset()
    const random = createRandom(seed)
    const source = random.pick(Object.keys(WIDTHS) as (keyof typeof WIDTHS)[])
    const rowCount = random.below(40)
    const bytes = arena.allocate(rowCount * 8)
    const values = new WIDTHS[source](bytes.buffer, bytes.byteOffset, rowCount)
    const near = random.pick([0n, 0n, 100n, -120n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 63n - 1n])
    const factor = source === 'i64' ? 1n : random.pick([1n, 1n, 3n, 100n, 2n ** 33n])
    const base = source === 'i64' ? 0n : random.pick([0n, 7n, -5n, 2n ** 40n, -(2n ** 33n)])
    for (let i = 0; i < rowCount; i++) {
      const value = storedValue(random, near)
      if (values instanceof BigInt64Array) values[i] = value
      else values[i] = Number(BigInt.asIntN(32, value))
    }
    const nulls = random.chance(0.4) ? arena.allocate(8) : undefined
    nulls?.forEach((_, i) => {
      nulls[i] = random.below(256)
    })
    // The range begins near the key of some row, or far from all.
    const someKey = rowCount === 0 ? 0n : base + factor * BigInt(values[random.below(rowCount)]!)
    const min = someKey + BigInt(random.pick([0, -1, 1, -60, -1000, 10 ** 9]))
    const count = BigInt(random.pick([1, 2, 64, 5000, 2 ** 31 - 1]))
    const room = arena.allocate((rowCount + 1) * 4)
    const rows = new Int32Array(room.buffer, room.byteOffset, rowCount + 1).fill(77)
    const validity = nulls?.byteOffset ?? 0
    const column = { source, address: bytes.byteOffset, validity, rowCount, base, factor }
    probePositions(arena.memory, column, min, count, rows)
    const wanted = Array.from(values, (value, i) => {
      const row = base + factor * BigInt(value) - min
      const isValid = nulls === undefined || ((nulls[i >> 3]! >> (i & 7)) & 1) === 1
      return isValid && row >= 0n && row < count ? Number(row) : -1
    })
    expect([...rows], `seed ${seed}`).toEqual([...wanted, 77])
  }
})
