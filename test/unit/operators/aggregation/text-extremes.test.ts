import { describe, expect, test } from 'vitest'
import { BUILTIN_FUNCTIONS } from '../../../../src/expressions/functions/index.js'
import { input } from '../../../../src/expressions/ir-build.js'
import { createRegistry } from '../../../../src/expressions/registry.js'
import type { Aggregator } from '../../../../src/operators/aggregation/aggregator.js'
import { genericAggregator } from '../../../../src/operators/aggregation/generic.js'
import { textExtremeAggregator } from '../../../../src/operators/aggregation/text-extremes.js'
import {
  type Block,
  blockOf,
  constantOf,
  heapArena,
  readValue,
  type SqlType,
  VARBINARY,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { testContext, testMemory } from '../../../support/memory.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

const memory = testMemory()
const registry = createRegistry(BUILTIN_FUNCTIONS)
const GROUPS = 5
const PREFIXES = ['', 'a', 'Clerk#00', 'Clerk#000', 'Clerk#0000', '日本', '\u{1f600}']
const LETTERS = ['a', 'b', '\0', '\x7f', 'é', '\uffff', '\u{10000}']

function randomValues(random: Random, type: SqlType, count: number): Value[] {
  const length = random.pick([0, 1, 9, 40, 3000])
  const nulls = random.pick([0, 0, 0.3, 1])
  const letters = random.chance(0.5) ? LETTERS : LETTERS.slice(0, 3)
  return Array.from({ length: count }, () => {
    if (random.chance(nulls)) return null
    const parts = Array.from({ length: random.below(length + 1) }, () => random.pick(letters))
    const text = random.pick(PREFIXES) + parts.join('')
    return type.kind === 'varchar' ? text : Buffer.from(text)
  })
}

function randomBlock(random: Random, type: SqlType): Block {
  const arena = random.chance(0.7) ? memory.createArena() : heapArena()
  const rowCount = random.pick([1, 8, 31, 70])
  const values = randomValues(random, type, rowCount)
  if (random.chance(0.2)) return constantOf(type, values[0]!, rowCount, arena)
  const flat = blockOf(type, values, arena)
  if (random.chance(0.5)) return flat
  const CODES = random.pick([Uint8Array, Uint16Array, Int32Array])
  const codes = CODES.from({ length: rowCount }, () => random.below(rowCount))
  const validity = random.chance(0.5)
    ? null
    : Uint8Array.from({ length: (rowCount + 7) >> 3 }, () => random.below(256))
  return { encoding: 'dictionary', type, rowCount, codes, dictionary: flat, validity }
}

function resultsOf(
  aggregator: Aggregator,
  blocks: readonly Block[],
  groups: Int32Array | undefined,
): Value[] {
  const groupCount = groups === undefined ? 1 : GROUPS
  aggregator.reserve(groupCount)
  for (const block of blocks) {
    const { rowCount } = block
    aggregator.add([block], rowCount, groups?.subarray(0, rowCount), memory.createArena())
  }
  return valuesOf(aggregator, groupCount)
}

function valuesOf(aggregator: Aggregator, groupCount: number): Value[] {
  const block = aggregator.results(0, groupCount, memory.createArena())
  return Array.from({ length: groupCount }, (_, i) => readValue(block, i))
}

describe('the least and greatest texts by kernels', () => {
  test(`of random blocks of any encoding, in one step and merged, from seed ${SEED}`, () => {
    const context = testContext(memory)
    const kernels = { memory: memory.allocator.memory, createArena: () => memory.createArena() }
    for (let seed = SEED; seed < SEED + 200; seed++) {
      memory.releaseAll()
      const random = createRandom(seed)
      const type = random.pick([VARCHAR, VARBINARY])
      const largest = random.chance(0.5)
      const blocks = [0, 1, 2, 3].map(() => randomBlock(random, type))
      const words = memory.createArena().allocate(4 * 100)
      const numbers = new Int32Array(words.buffer, words.byteOffset, 100)
      // The last group has no rows.
      for (let i = 0; i < numbers.length; i++) numbers[i] = random.below(GROUPS) - 1
      const groups = random.chance(0.5) ? numbers : undefined
      const fn = registry.resolve(largest ? 'max' : 'min', [type])
      const create = () => textExtremeAggregator(kernels, type, largest)
      const reference = genericAggregator(fn, [input(0, type)], undefined, context.settings)
      const expected = resultsOf(reference, blocks, groups)
      const single = create()
      expect(resultsOf(single, blocks, groups), `seed ${seed}`).toEqual(expected)

      const halves = [blocks.slice(0, 2), blocks.slice(2)].map((part) => {
        const partial = create()
        resultsOf(partial, part, groups)
        return partial
      })
      const merged = create()
      merged.reserve(expected.length)
      const all = memory.createArena().allocate(4 * GROUPS)
      const every = new Int32Array(all.buffer, all.byteOffset, expected.length)
      for (let i = 0; i < every.length; i++) every[i] = i
      for (const partial of halves) {
        const states = partial.states(0, expected.length, memory.createArena())
        merged.merge(states, expected.length, every, memory.createArena())
      }
      expect(valuesOf(merged, expected.length), `merged, seed ${seed}`).toEqual(expected)
      for (const aggregator of [single, merged, ...halves]) aggregator.close()
    }
  })

  test('the text of a group may grow with every page', () => {
    memory.releaseAll()
    const kernels = { memory: memory.allocator.memory, createArena: () => memory.createArena() }
    const aggregator = textExtremeAggregator(kernels, VARCHAR, true)
    aggregator.reserve(1)
    for (let length = 1; length <= 5000; length += 7) {
      const block = blockOf(VARCHAR, ['x'.repeat(length)], memory.createArena())
      aggregator.add([block], 1, undefined, memory.createArena())
    }
    expect(valuesOf(aggregator, 1)).toEqual(['x'.repeat(4999)])
    aggregator.close()
  })
})
