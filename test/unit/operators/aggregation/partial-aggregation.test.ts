import { describe, expect, test } from 'vitest'
import { BUILTIN_FUNCTIONS } from '../../../../src/expressions/functions/index.js'
import { input } from '../../../../src/expressions/ir-build.js'
import { createRegistry } from '../../../../src/expressions/registry.js'
import type { PartialAggregationSettings } from '../../../../src/expressions/session-context.js'
import {
  AggregationOperator,
  stateTypes,
} from '../../../../src/operators/aggregation/aggregation.js'
import { PartialAggregation } from '../../../../src/operators/aggregation/partial-aggregation.js'
import type { OperatorContext } from '../../../../src/operators/operator.js'
import type { AggregateSpec, AggregationSpec } from '../../../../src/operators/spec.js'
import {
  assert,
  BIGINT,
  BOOLEAN,
  DOUBLE,
  decimalType,
  INTEGER,
  type Page,
  type SqlType,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { testContext, testMemory } from '../../../support/memory.js'
import { pagesOf, type Row, rowsOf, runOperator } from '../../../support/operator.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { randomBlock } from '../../kernel-support/random-blocks.js'

const memory = testMemory()
const registry = createRegistry(BUILTIN_FUNCTIONS)

/** Keys, values, a filter, a mask, and a column that tells rows apart. */
const TYPES: readonly SqlType[] = [
  VARCHAR,
  INTEGER,
  BIGINT,
  DOUBLE,
  decimalType(38, 2),
  VARCHAR,
  BOOLEAN,
  BOOLEAN,
  BIGINT,
]
const [FILTER, MASK, SERIAL] = [6, 7, 8]

const call = (name: string, ...channels: readonly number[]): AggregateSpec => ({
  function: registry.resolve(
    name,
    channels.map((c) => TYPES[c]!),
  ),
  args: channels.map((c) => input(c, TYPES[c]!)),
  distinct: false,
})
const calls = (names: string, ...channels: readonly number[]): AggregateSpec[] =>
  names.split(' ').map((name) => call(name, ...channels))

const CALLS: readonly AggregateSpec[] = [
  call('count'),
  ...calls('count sum avg min max checksum stddev geometric_mean bitwise_xor_agg', 2),
  ...calls('sum avg min max variance skewness', 3),
  ...calls('sum avg min max checksum', 4),
  ...calls('count min max checksum approx_distinct array_agg histogram', 5),
  ...calls('bool_and bool_or count_if', FILTER),
  ...calls('corr covar_pop', 3, 3),
  ...[2, 3, 5].flatMap((value) => calls('min_by max_by', value, SERIAL)),
].flatMap((spec) => [spec, { ...spec, filterChannel: FILTER, maskChannel: MASK }])

function specOf(
  step: AggregationSpec['step'],
  keys: readonly number[],
  aggregates: readonly AggregateSpec[],
): AggregationSpec {
  return {
    kind: 'aggregation',
    planNodeId: '1',
    step,
    keyChannels: keys,
    keyTypes: keys.map((c) =>
      step === 'single' || step === 'partial' ? TYPES[c]! : KEY_TYPES[c]!,
    ),
    aggregates,
    outputTypes: [],
    globalRow: false,
  }
}
const KEYS = [0, 1]
const KEY_TYPES = KEYS.map((c) => TYPES[c]!)
const STATES = CALLS.map((spec) => stateTypes(spec.function, (fn) => registry.intermediateType(fn)))
const STATE_ROW = [...KEY_TYPES, ...STATES.flat()]
const merging = (): AggregateSpec[] => {
  let channel = KEYS.length
  return CALLS.map((spec, i) => ({
    function: spec.function,
    args: STATES[i]!.map((type) => input(channel++, type)),
    distinct: false,
  }))
}

function contextOf(partialAggregation?: PartialAggregationSettings): OperatorContext {
  const context = testContext(memory, { outputPageRows: 64 })
  if (partialAggregation === undefined) return context
  const { settings } = context
  return {
    ...context,
    settings: { ...settings, session: { ...settings.session, partialAggregation } },
  }
}

const settings = (minRows: number, uniqueRowsRatioThreshold: number) => ({
  isAdaptive: true,
  minRows,
  uniqueRowsRatioThreshold,
})

/** No tie between two texts of nine digits is as likely as one where values are eighths. */
const OFF_TIES = 1.000_123_456_7
/** Values as texts, doubles to nine digits and elements in an order: merging keeps neither the last bits nor an order. */
function text(value: Value): string {
  if (typeof value === 'number') return (value * OFF_TIES).toPrecision(9)
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if ('keys' in value && 'values' in value && typeof value.values === 'object') {
    const { keys, values } = value
    return `{${keys.map((key, i) => `${text(key)}=${text(values[i]!)}`).sort()}}`
  }
  assert(Array.isArray(value), 'no other values are made')
  return `[${value.map(text).sort()}]`
}
const sorted = (rows: readonly Row[]): string[] =>
  rows.map((row) => row.map(text).join(' | ')).sort()

function randomPages(random: Random): Page[] {
  const arena = memory.createArena()
  const keyCount = random.pick([1, 10, 1000])
  let serial = 0n
  return Array.from({ length: 2 + random.below(6) }, () => {
    const rowCount = random.below(60)
    const nullable = (value: Value): Value => (random.chance(0.1) ? null : value)
    const rows = Array.from({ length: rowCount }, () => [
      nullable(random.pick(['', 'a', 'ß', 'a longer text than eight'])),
      nullable(random.below(keyCount)),
      nullable(BigInt(random.below(1000))),
      nullable(random.below(1000) / 8),
      nullable(BigInt(random.below(1000)) * 10n ** 30n),
      nullable(random.pick(['x', 'y', '', 'ein längerer Text'])),
      nullable(random.chance(0.5)),
      nullable(random.chance(0.5)),
      serial++,
    ])
    const [page] = pagesOf(memory, TYPES, rows, 100)
    if (page === undefined) return { rowCount: 0, blocks: [] }
    // Keys of any encoding are handed on as they came.
    const first = randomBlock(random, VARCHAR, rowCount, arena)
    return { rowCount, blocks: [first, ...page.blocks.slice(1)] }
  })
}

/** Runs a step and is asked for its memory now and then. */
function runRevoked(operator: PartialAggregation, pages: readonly Page[], random: Random): Row[] {
  const out: Row[] = []
  for (const page of pages) {
    if (random.chance(0.3)) for (const _ of operator.revoke()) expect.unreachable('one step')
    for (const made of operator.process(page)) out.push(...rowsOf(made))
  }
  for (const made of operator.finish()) out.push(...rowsOf(made))
  operator.close()
  return out
}

describe('a partial aggregation', () => {
  test(`gives what merges to the same, however it groups, from seed ${SEED}`, () => {
    for (let seed = SEED; seed < SEED + 5; seed++) {
      memory.releaseAll()
      const random = createRandom(seed)
      const pages = randomPages(random).filter(({ rowCount }) => rowCount > 0)
      const single = new AggregationOperator(specOf('single', KEYS, CALLS), contextOf())
      const expected = sorted(runOperator(single, pages))
      const ways = [undefined, { ...settings(0, 0), isAdaptive: false }, settings(0, 0)]
      for (const way of [...ways, settings(1, 0), settings(50, 0.5)]) {
        const context = contextOf(way)
        const half = random.below(pages.length)
        const partials = [pages.slice(0, half), pages.slice(half)].flatMap((part) =>
          runRevoked(new PartialAggregation(specOf('partial', KEYS, CALLS), context), part, random),
        )
        const put = new PartialAggregation(specOf('intermediate', KEYS, merging()), context)
        const states = runRevoked(put, pagesOf(memory, STATE_ROW, partials, 20), random)
        const final = new AggregationOperator(specOf('final', KEYS, merging()), context)
        const merged = runOperator(final, pagesOf(memory, STATE_ROW, states, 20))
        expect(sorted(merged), `seed ${seed}, ${JSON.stringify(way)}`).toEqual(expected)
      }
    }
  })

  /** Pages of 100 rows whose second column is made so. */
  const pagesBy = (key: (row: number) => number, pageCount: number): readonly Page[] =>
    pagesOf(
      memory,
      TYPES.slice(0, 3),
      Array.from({ length: pageCount * 100 }, (_, row) => ['k', key(row), BigInt(row)]),
      100,
    )
  const counting = (way?: PartialAggregationSettings) =>
    new PartialAggregation(specOf('partial', KEYS, [call('count'), call('sum', 2)]), contextOf(way))
  const rowCounts = (operator: PartialAggregation, pages: readonly Page[]): number[] =>
    pages.map((page) => [...operator.process(page)].reduce((sum, made) => sum + made.rowCount, 0))

  test('looks at fewer rows first where keys are estimated to repeat hardly', () => {
    memory.releaseAll()
    const spec = { ...specOf('partial', KEYS, [call('count')]), expectsFewRepeats: true }
    const start = () => new PartialAggregation(spec, contextOf())
    // After 8,192 rows it is decided, by what keys they have.
    const unique = rowCounts(
      start(),
      pagesBy((row) => row, 84),
    )
    expect(unique).toEqual([...new Array(81).fill(0), 8200, 100, 100])
    const repeating = rowCounts(
      start(),
      pagesBy((row) => row % 10, 84),
    )
    expect(repeating).toEqual(new Array(84).fill(0))
  })

  test('stops to group where keys do not repeat, and begins again', () => {
    memory.releaseAll()
    const operator = counting(settings(200, 0.8))
    // Of 200 rows each has its key: they are handed on, and the 32 pages that follow are not grouped.
    const unique = rowCounts(
      operator,
      pagesBy((row) => row, 34),
    )
    expect(unique).toEqual([0, 200, ...new Array(32).fill(100)])
    expect(operator.describe()).toMatchObject({ ungroupedRows: 3200 })
    // Keys repeat from here on: it goes on to group.
    expect(
      rowCounts(
        operator,
        pagesBy((row) => row % 10, 50),
      ),
    ).toEqual(new Array(50).fill(0))
    expect(operator.revocableBytes).toBeGreaterThanOrEqual(0)
    expect([...operator.finish()].map(({ rowCount }) => rowCount)).toEqual([10])
    operator.close()
  })

  test('holds no more than a page of states meanwhile', () => {
    memory.releaseAll()
    const operator = counting(settings(200, 0.8))
    const pages = pagesBy((row) => row, 30)
    rowCounts(operator, pages.slice(0, 3))
    const { heldBytes } = memory
    rowCounts(operator, pages.slice(3))
    expect(memory.heldBytes).toBe(heldBytes)
    expect(operator.revocableBytes).toBe(0)
    operator.close()
  })

  test('looks at the rows since it last decided', () => {
    memory.releaseAll()
    const operator = counting(settings(200, 0.8))
    expect(
      rowCounts(
        operator,
        pagesBy((row) => row % 5, 4),
      ),
    ).toEqual([0, 0, 0, 0])
    expect(
      rowCounts(
        operator,
        pagesBy((row) => row, 3),
      ),
    ).toEqual([0, 200, 100])
    operator.close()
  })

  test('groups on where the session says so', () => {
    memory.releaseAll()
    const operator = counting({ ...settings(0, 0), isAdaptive: false })
    expect(
      rowCounts(
        operator,
        pagesBy((row) => row, 3),
      ),
    ).toEqual([0, 0, 0])
    operator.close()
  })
})
