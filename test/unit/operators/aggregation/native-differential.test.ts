import { describe, expect, test } from 'vitest'
import { BUILTIN_FUNCTIONS } from '../../../../src/expressions/functions/index.js'
import { input } from '../../../../src/expressions/ir-build.js'
import { createRegistry } from '../../../../src/expressions/registry.js'
import type { Aggregator } from '../../../../src/operators/aggregation/aggregator.js'
import { genericAggregator } from '../../../../src/operators/aggregation/generic.js'
import { nativeAggregate } from '../../../../src/operators/aggregation/native.js'
import {
  BIGINT,
  type Block,
  BOOLEAN,
  blockOf,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  REAL,
  readValue,
  type SqlType,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { testContext, testMemory } from '../../../support/memory.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { randomBlock } from '../../kernel-support/random-blocks.js'

const memory = testMemory()
const registry = createRegistry(BUILTIN_FUNCTIONS)
const GROUPS = 5

interface Call {
  readonly name: string
  readonly types: readonly SqlType[]
}

const call = (name: string, ...types: readonly SqlType[]): Call => ({ name, types })
const calls = (names: string, ...types: readonly SqlType[]): Call[] =>
  names.split(' ').map((name) => call(name, ...types))

const KEYS = [BIGINT, INTEGER, DATE, DOUBLE, REAL, decimalType(12, 2)]
const CALLS: readonly Call[] = [
  ...[BIGINT, DOUBLE].flatMap((type) =>
    calls('variance var_samp var_pop stddev stddev_samp stddev_pop skewness kurtosis', type),
  ),
  ...[DOUBLE, REAL].flatMap((type) =>
    calls('covar_pop covar_samp corr regr_slope regr_intercept', type, type),
  ),
  ...[decimalType(12, 2), decimalType(30, 2)].flatMap((type) => calls('avg', type)),
  ...calls('sum', decimalType(12, 2)),
  ...calls('bool_and every bool_or count_if min max', BOOLEAN),
  ...calls('bitwise_and_agg bitwise_or_agg bitwise_xor_agg', BIGINT),
  ...[VARCHAR, BIGINT, BOOLEAN, decimalType(30, 2)].flatMap((type) =>
    calls('arbitrary any_value', type),
  ),
  ...KEYS.flatMap((key) =>
    [VARCHAR, BIGINT, BOOLEAN, DOUBLE].flatMap((value) => calls('min_by max_by', value, key)),
  ),
]

/** Rows of two inputs: what is added, and the states of both put together. */
interface Rows {
  readonly args: readonly Block[]
  readonly groups: Int32Array | undefined
}

/** Results after one input, then of both inputs, whose states were merged, in an aggregator that is new. */
function resultsOf(make: () => Aggregator, inputs: readonly (readonly Rows[])[]): unknown[] {
  const results: unknown[] = []
  const read = (aggregator: Aggregator) => {
    const block = aggregator.results(0, GROUPS, memory.createArena())
    for (let group = 0; group < GROUPS; group++) results.push(readValue(block, group))
  }
  const merged = make()
  merged.reserve(GROUPS)
  for (const pages of inputs) {
    const aggregator = make()
    aggregator.reserve(GROUPS)
    for (const { args, groups } of pages) {
      aggregator.add(args, args[0]!.rowCount, groups, memory.createArena())
    }
    read(aggregator)
    const states = aggregator.states(0, GROUPS, memory.createArena())
    const arena = memory.createArena()
    merged.merge(states, GROUPS, int32(Array.from({ length: GROUPS }, (_, i) => i)), arena)
    aggregator.close()
  }
  read(merged)
  merged.close()
  return results
}

function int32(values: readonly number[]): Int32Array {
  const bytes = memory.createArena().allocate(4 * values.length)
  const out = new Int32Array(bytes.buffer, bytes.byteOffset, values.length)
  out.set(values)
  return out
}

function randomRows(random: Random, types: readonly SqlType[], grouped: boolean): Rows {
  const rowCount = 1 + random.below(150)
  const args = types.map((type) => randomBlock(random, type, rowCount, memory.createArena()))
  // The last group never has a row.
  const drawn = Array.from({ length: rowCount }, () => random.below(GROUPS) - 1)
  return { args, groups: grouped ? int32(drawn) : undefined }
}

function compare({ name, types }: Call, inputs: readonly (readonly Rows[])[], label: string): void {
  const fn = registry.resolve(name, [...types])
  const native = nativeAggregate(fn)
  if (native === undefined) throw new Error(`${name} has kernels`)
  const kernels = { memory: memory.allocator.memory, createArena: () => memory.createArena() }
  const args = types.map((type, channel) => input(channel, type))
  const { settings } = testContext(memory)
  const expected = resultsOf(() => genericAggregator(fn, args, undefined, settings), inputs)
  expect(
    resultsOf(() => native.create(kernels), inputs),
    label,
  ).toEqual(expected)
}

describe('kernels of aggregates and their definitions', () => {
  test(`give the same bits for random blocks of any encoding and width, from seed ${SEED}`, () => {
    for (let seed = SEED; seed < SEED + 200; seed++) {
      memory.releaseAll()
      const random = createRandom(seed)
      const picked = random.pick(CALLS)
      const grouped = random.chance(0.7)
      const inputs = [0, 1].map(() =>
        Array.from({ length: random.below(4) }, () => randomRows(random, picked.types, grouped)),
      )
      const label = `${picked.name}(${picked.types.map((t) => t.kind).join()}), seed ${seed}`
      compare(picked, inputs, label)
    }
  })

  test('values that have been beaten do not pile up', () => {
    memory.releaseAll()
    const native = nativeAggregate(registry.resolve('max_by', [VARCHAR, BIGINT]))!
    const kernels = { memory: memory.allocator.memory, createArena: () => memory.createArena() }
    const aggregator = native.create(kernels)
    const groupCount = 2048
    aggregator.reserve(groupCount)
    const before = memory.freeBytes
    const rows = Array.from({ length: groupCount }, (_, i) => i)
    const text = (page: number, group: number): string => `${page} of ${group}`.padEnd(100, '.')
    for (let page = 0; page < 150; page++) {
      const arena = memory.createArena()
      const values = rows.map((group) => text(page, group))
      const keys = rows.map((group) => BigInt(page * groupCount + group))
      const args = [blockOf(VARCHAR, values, arena), blockOf(BIGINT, keys, arena)]
      aggregator.add(args, groupCount, int32(rows), arena)
      arena.close()
    }
    // All of them are 30 MB.
    expect(before - memory.freeBytes).toBeLessThan(20_000_000)
    const block = aggregator.results(0, groupCount, memory.createArena())
    for (const group of rows) expect(readValue(block, group)).toBe(text(149, group))
    aggregator.close()
  })
})
