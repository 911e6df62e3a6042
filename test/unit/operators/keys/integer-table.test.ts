import { describe, expect, test } from 'vitest'
import { allocateInt32 } from '../../../../src/expressions/wasm/buffers.js'
import { IntegerTable, lookupIntegers } from '../../../../src/operators/keys/integer-table.js'
import type { Arena } from '../../../../src/spi/index.js'
import { testMemory } from '../../../support/memory.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const memory = testMemory()

function int64s(values: readonly bigint[], arena: Arena): number {
  const bytes = arena.allocate(values.length * 8)
  new BigInt64Array(bytes.buffer, bytes.byteOffset, values.length).set(values)
  return bytes.byteOffset
}

describe(`tables of 64-bit integers, seed ${SEED}`, () => {
  test('number keys in order of first appearance, however many come at once, and find them', () => {
    const random = createRandom(SEED)
    const wasm = memory.allocator.memory
    for (const distinct of [3, 300, 5000, 40_000]) {
      memory.releaseAll()
      const arena = memory.createArena()
      const status = allocateInt32(arena, 4)
      const table = new IntegerTable(wasm, () => memory.createArena(), status)
      const draw = () =>
        BigInt(random.below(distinct)) * random.pick([1n, 1n << 32n, 7919000003n, -1n])
      const known = new Map<bigint, number>()
      for (let round = 0; round < 12; round++) {
        const keys = Array.from({ length: random.pick([1, 511, 512, 513, 6000]) }, draw)
        const ids = allocateInt32(arena, keys.length)
        table.insert(int64s(keys, arena), keys.length, ids.byteOffset)
        const expected = keys.map((key) => {
          if (!known.has(key)) known.set(key, known.size)
          return known.get(key)
        })
        expect([...ids]).toEqual(expected)
      }
      expect(table.count).toBe(known.size)
      expect([...table.keys()]).toEqual([...known.keys()])
      for (const negativesMissing of [false, true]) {
        const keys = Array.from({ length: 3000 }, () => draw() + BigInt(random.below(2)))
        const ids = allocateInt32(arena, keys.length)
        const address = int64s(keys, arena)
        lookupIntegers(wasm, table.state(), address, keys.length, negativesMissing, ids.byteOffset)
        const idOf = (key: bigint) => (negativesMissing && key < 0n ? -1 : (known.get(key) ?? -1))
        expect([...ids]).toEqual(keys.map(idOf))
      }
      table.close()
    }
  })

  test('that are filled with distinct keys are those that the keys were inserted into', () => {
    const random = createRandom(SEED)
    const wasm = memory.allocator.memory
    for (const count of [0, 1, 511, 512, 513, 2048, 2049, 40_000]) {
      memory.releaseAll()
      const arena = memory.createArena()
      const make = () => new IntegerTable(wasm, createArena, allocateInt32(arena, 4))
      const createArena = () => memory.createArena()
      const step = random.pick([1n, 7919000003n, -(1n << 20n)])
      const keys = Array.from({ length: count }, (_, i) => BigInt(i) * step)
      const [filled, inserted] = [make(), make()]
      filled.fill(int64s(keys, arena), count)
      inserted.insert(int64s(keys, arena), count, allocateInt32(arena, count).byteOffset)
      expect([...filled.keys()]).toEqual(keys)
      expect(filled.state().slotCount).toBe(inserted.state().slotCount)
      // Known keys and new ones, so many that the tables grow.
      for (let round = 0; round < 3; round++) {
        const more = Array.from(
          { length: 4000 },
          () => BigInt(random.below(2 * count + 9000)) * step,
        )
        const ids = [filled, inserted].map((table) => {
          const found = allocateInt32(arena, more.length)
          table.insert(int64s(more, arena), more.length, found.byteOffset)
          return [...found]
        })
        expect(ids[0]).toEqual(ids[1])
        expect(filled.count).toBe(inserted.count)
      }
      expect([...filled.keys()]).toEqual([...inserted.keys()])
      expect(filled.state().slotCount).toBe(inserted.state().slotCount)
    }
  })
})
