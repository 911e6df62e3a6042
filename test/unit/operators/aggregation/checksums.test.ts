import { describe, expect, test } from 'vitest'
import { BUILTIN_FUNCTIONS } from '../../../../src/expressions/functions/index.js'
import { input } from '../../../../src/expressions/ir-build.js'
import { createRegistry } from '../../../../src/expressions/registry.js'
import { copyBlock } from '../../../../src/expressions/wasm/import.js'
import type { Aggregator } from '../../../../src/operators/aggregation/aggregator.js'
import {
  checksumAggregator,
  hasChecksumKernel,
} from '../../../../src/operators/aggregation/checksums.js'
import { genericAggregator } from '../../../../src/operators/aggregation/generic.js'
import {
  type Block,
  blockOf,
  DOUBLE,
  readValue,
  type SqlType,
  VARBINARY,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { testContext, testMemory } from '../../../support/memory.js'
import { createRandom } from '../../kernel-support/cells.js'
import { randomBlock, SCALAR_TYPES } from '../../kernel-support/random-blocks.js'

const memory = testMemory()
const registry = createRegistry(BUILTIN_FUNCTIONS)

/** Hex digits of the checksum of each of some groups, NULL for those without rows. */
function resultsOf(aggregator: Aggregator, blocks: readonly Block[], groups: Int32Array): string[] {
  const groupCount = 4
  aggregator.reserve(groupCount)
  for (const block of blocks) {
    aggregator.add(
      [block],
      block.rowCount,
      groups.subarray(0, block.rowCount),
      memory.createArena(),
    )
  }
  const result = aggregator.results(0, groupCount, memory.createArena())
  const texts = Array.from({ length: groupCount }, (_, i) => {
    const bytes = readValue(result, i) as Uint8Array | null
    return bytes === null ? 'NULL' : Buffer.from(bytes).toString('hex')
  })
  aggregator.close()
  return texts
}

function compare(type: SqlType, blocks: readonly Block[], seed: number): void {
  const context = testContext(memory)
  const fn = registry.resolve('checksum', [type])
  const arena = memory.createArena()
  const random = createRandom(seed)
  const words = arena.allocate(4 * 4096)
  const groups = new Int32Array(words.buffer, words.byteOffset, 4096)
  for (let i = 0; i < groups.length; i++) groups[i] = random.below(4) - 1
  const kernels = { memory: memory.allocator.memory, createArena: () => memory.createArena() }
  const expected = resultsOf(
    genericAggregator(fn, [input(0, type)], undefined, context.settings),
    blocks,
    groups,
  )
  expect(resultsOf(checksumAggregator(kernels, VARBINARY), blocks, groups), `seed ${seed}`).toEqual(
    expected,
  )
  expect(expected[3], 'a group without rows').toBe('NULL')
}

describe('checksums by kernels', () => {
  const start = Date.now() % 1_000_000
  const types = SCALAR_TYPES.filter(hasChecksumKernel)
  test(`of random blocks of any encoding, from seed ${start}`, () => {
    expect(types.length).toBeGreaterThan(5)
    for (let seed = start; seed < start + 300; seed++) {
      memory.releaseAll()
      const random = createRandom(seed)
      const type = random.pick(types)
      const arena = memory.createArena()
      const blocks = [0, 1, 2].map(() => randomBlock(random, type, 1 + random.below(200), arena))
      compare(type, blocks, seed)
    }
  })

  test(`of texts of every length around the stripes, and special doubles`, () => {
    memory.releaseAll()
    const arena = memory.createArena()
    const texts = Array.from({ length: 300 }, (_, i) =>
      'zażółć gęślą jaźń '.repeat(10).slice(i % 150),
    )
    const doubles = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-320, -1.5, null]
    const toMemory = (block: Block) => copyBlock(block, arena)
    compare(VARCHAR, [toMemory(blockOf(VARCHAR, texts))], start)
    compare(DOUBLE, [toMemory(blockOf(DOUBLE, doubles))], start)
  })
})
