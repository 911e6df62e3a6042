import { describe, expect, it } from 'vitest'
import { averages } from '../../../../src/operators/aggregation/averages.js'
import { GrowableBuffer } from '../../../../src/operators/keys/growable.js'
import { type Block, DOUBLE, decimalType, readValue } from '../../../../src/spi/index.js'
import { testMemory } from '../../../support/memory.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const memory = testMemory()
const context = { memory: memory.allocator.memory, createArena: () => memory.createArena() }

function bufferOf(values: readonly bigint[]): GrowableBuffer {
  const buffer = new GrowableBuffer(context.createArena, 8 * values.length)
  buffer.int64().set(values)
  return buffer
}

const valuesOf = (block: Block): unknown[] =>
  Array.from({ length: block.rowCount }, (_, i) => readValue(block, i))

describe('averages of groups', () => {
  it(`are the same of sums in 64 bits and of wide ones, from seed ${SEED}`, () => {
    for (let seed = SEED; seed < SEED + 100; seed++) {
      memory.releaseAll()
      const random = createRandom(seed)
      const groups = 1 + random.below(50)
      const size = 2 ** (1 + random.below(62))
      const sums = Array.from({ length: groups }, () =>
        BigInt(Math.floor((2 * random.next() - 1) * size)),
      )
      const most = 2 ** random.below(40)
      const counts = Array.from({ length: groups }, () => BigInt(random.below(most)))
      const total = (group: number): bigint => sums[group]!
      const narrow = bufferOf(sums)
      const counted = bufferOf(counts)
      const from = random.below(groups)
      for (const type of [DOUBLE, decimalType(12, 2), decimalType(38, 2)]) {
        const of = (narrowSums: GrowableBuffer | undefined) => {
          const arena = memory.createArena()
          const given = { total, narrow: narrowSums, counts: counted }
          return averages(context, given, type, from, groups, null, arena)
        }
        expect(valuesOf(of(narrow)), `seed ${seed}, ${type.kind}`).toEqual(valuesOf(of(undefined)))
      }
    }
  })

  it('of decimals round half away from zero, and know their bounds', () => {
    memory.releaseAll()
    const sums = [5n, -5n, 4n, -4n, 7n, 9n]
    const counts = [2n, 2n, 3n, 3n, 0n, 1n]
    const given = {
      total: (g: number) => sums[g]!,
      narrow: bufferOf(sums),
      counts: bufferOf(counts),
    }
    const block = averages(context, given, decimalType(38, 0), 0, 6, null, memory.createArena())
    expect(valuesOf(block)).toEqual([3n, -3n, 1n, -1n, 0n, 9n])
    expect(block).toMatchObject({ storage: 'i64', bounds: { min: -3, max: 9 } })
  })
})
