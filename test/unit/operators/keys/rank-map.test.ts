import { expect, test } from 'vitest'
import { makeRankMap, rankMapKernels } from '../../../../src/operators/keys/rank-map.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'

const arena = sharedArena()

const int64s = (values: readonly bigint[]): BigInt64Array => {
  const bytes = arena.allocate(values.length * 8)
  const view = new BigInt64Array(bytes.buffer, bytes.byteOffset, values.length)
  view.set(values)
  return view
}
const int32s = (length: number): Int32Array => {
  const bytes = arena.allocate(length * 4)
  return new Int32Array(bytes.buffer, bytes.byteOffset, length)
}

const start = SEED
test(`codes are numbered in their order, and others are not found, from seed ${start}`, () => {
  for (let seed = start; seed < start + 200; seed++) {
    arena.reset()
    const random = createRandom(seed)
    const size = random.pick([1, 63, 64, 65, 128, 1000, 1 << 20])
    const count = random.below(300)
    const code = () => BigInt(random.below(size))
    const codes = int64s(Array.from({ length: count }, code))
    const ids = int32s(count)
    const made = makeRankMap(arena.memory, codes.byteOffset, count, size, ids.byteOffset, arena)
    const distinct = [...new Set(codes)].sort((a, b) => Number(a - b))
    expect(made.distinct, `seed ${seed}`).toBe(distinct.length)
    expect([...ids], `seed ${seed}`).toEqual([...codes].map((c) => distinct.indexOf(c)))
    const heads = int32s(distinct.length).map((_, i) => 1000 + i)
    const kept = int32s(distinct.length)
    kept.set(heads)
    const asked = int64s(Array.from({ length: 100 }, () => (random.chance(0.1) ? -1n : code())))
    const rows = int32s(100)
    const { lookup } = rankMapKernels(arena.memory)
    lookup(asked.byteOffset, 100, made.map.entries, kept.byteOffset, rows.byteOffset)
    const wanted = [...asked].map((c) => {
      const number = distinct.indexOf(c)
      return number < 0 ? -1 : 999 + number
    })
    expect([...rows], `seed ${seed}`).toEqual(wanted)
  }
})
