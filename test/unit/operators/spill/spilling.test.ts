import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { placePage } from '../../../../src/dataflow/page-sink.js'
import { builtinRegistry } from '../../../../src/expressions/functions/index.js'
import { comparison, input } from '../../../../src/expressions/ir-build.js'
import { createOperator } from '../../../../src/operators/create-operator.js'
import { JoinIndexSink } from '../../../../src/operators/join/join-index-sink.js'
import type { Operator, OperatorContext } from '../../../../src/operators/operator.js'
import type { AggregateSpec, OperatorSpec } from '../../../../src/operators/spec.js'
import type { SpillSpace } from '../../../../src/operators/spill/spill-space.js'
import {
  BIGINT,
  DOUBLE,
  decimalType,
  type Page,
  type SqlType,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { readCollectedPage } from '../../../support/collected-state.js'
import { multiset, pagesOf, type Row, rowsOf } from '../../../support/operator.js'
import { operatorContext, queryMemory } from '../../../support/operator-environment.js'
import { temporaryFolder, testSpill } from '../../../support/spill.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

/** Operators that are asked for their memory at random give the rows that they give undisturbed. */

const folder = temporaryFolder()
const registry = builtinRegistry()
const seed = Date.now() % 1e9
const pages = { read: readCollectedPage, place: placePage }

const TYPES: readonly SqlType[] = [BIGINT, VARCHAR, DOUBLE, decimalType(12, 2), BIGINT]

/** Rows of few and of many keys; the last column tells rows apart. */
function randomRows(random: Random, count: number, keys: number): Row[] {
  const nullable = (value: Value): Value => (random.chance(0.05) ? null : value)
  return Array.from({ length: count }, (_, i) => [
    // Every other row has one key: no division splits it.
    nullable(random.chance(0.5) ? 7n : BigInt(random.below(keys))),
    nullable(random.pick(['', 'a', 'ß', 'a longer text than eight'])),
    nullable(random.pick([0, -0, 1.5, Number.NaN])),
    nullable(BigInt(random.below(1000))),
    BigInt(i),
  ])
}

interface Run {
  readonly rows: Row[]
  readonly revocations: number
  readonly stepCount: number
}

/** @param chance of being asked for memory before a page */
function run(operator: Operator, rows: readonly Row[], random: Random, chance: number): Run {
  const memory = queryMemoryOf
  const out: Row[] = []
  let revocations = 0
  let stepCount = 0
  let pageCount = 0
  try {
    for (const page of pagesOf(memory!, TYPES, rows, 100 + random.below(400))) {
      pageCount += 1
      const isAsked = chance > 0 && (pageCount === 4 || random.chance(chance))
      if (operator.revocableBytes !== undefined && isAsked) {
        for (const _ of operator.revoke?.() ?? []) stepCount += 1
        revocations += 1
      }
      for (const made of operator.process(page)) out.push(...rowsOf(made))
    }
    for (const made of operator.finish()) out.push(...rowsOf(made))
  } finally {
    operator.close()
  }
  return { rows: out, revocations, stepCount }
}

let queryMemoryOf: ReturnType<typeof queryMemory> | undefined

/** Runs both ways over the same rows. */
function compare(
  spec: OperatorSpec,
  outputTypes: readonly SqlType[],
  options: { readonly ordered?: boolean; readonly keys?: number; readonly rows?: number } = {},
): void {
  for (let round = 0; round < (options.rows === undefined ? 4 : 1); round++) {
    const random = createRandom(seed + round)
    const rowCount = options.rows ?? 3000 + random.below(9000)
    const rows = randomRows(random, rowCount, options.keys ?? 2000)
    const memory = queryMemory()
    queryMemoryOf = memory
    const plain = run(createOperator(spec, operatorContext(memory), pages), rows, random, 0)
    // So little that parts are divided again.
    const freeBytes = round % 2 === 0 ? 50_000 : 2 ** 28
    const context: OperatorContext = {
      ...operatorContext(memory, { spill: testSpill(folder, memory) }),
      freeBytes: () => freeBytes,
      reserve: (byteLength) => byteLength <= freeBytes,
    }
    const used = memory.usedBytes
    const spilled = run(createOperator(spec, context, pages), rows, random, 0.2)
    const message = `seed ${seed + round}`
    expect(spilled.revocations, message).toBeGreaterThan(0)
    expect(spilled.stepCount, message).toBeGreaterThan(0)
    if (options.ordered === true) expect(spilled.rows, message).toEqual(plain.rows)
    else
      expect(multiset(spilled.rows, outputTypes), message).toEqual(
        multiset(plain.rows, outputTypes),
      )
    expect(memory.usedBytes - used, 'input only').toBeLessThan(64 * 2 ** 20)
    memory.releaseAll()
  }
}

const aggregate = (
  name: string,
  channel: number,
  more: Partial<AggregateSpec> = {},
): AggregateSpec => ({
  function: registry.resolve(name, [TYPES[channel]!]),
  args: [input(channel, TYPES[channel]!)],
  distinct: false,
  ...more,
})

const results = (aggregates: readonly AggregateSpec[]): readonly SqlType[] =>
  aggregates.map((a) => a.function.returnType)

describe('operators that spill', () => {
  test(`aggregation of one step, seed ${seed}`, () => {
    const aggregates = [
      aggregate('sum', 3),
      aggregate('count', 1),
      aggregate('min', 1),
      aggregate('avg', 2),
      aggregate('max', 4),
      aggregate('bitwise_xor_agg', 4),
    ]
    const outputTypes = [BIGINT, VARCHAR, ...results(aggregates)]
    compare(
      {
        kind: 'aggregation',
        planNodeId: '1',
        step: 'single',
        keyChannels: [0, 1],
        keyTypes: [BIGINT, VARCHAR],
        aggregates,
        outputTypes,
        globalRow: false,
      },
      outputTypes,
    )
  })

  test('aggregation whose parts are divided again', () => {
    const aggregates = [aggregate('count', 4)]
    const outputTypes = [BIGINT, VARCHAR, ...results(aggregates)]
    compare(
      {
        kind: 'aggregation',
        planNodeId: '1',
        step: 'single',
        keyChannels: [0, 3],
        keyTypes: [BIGINT, TYPES[3]!],
        aggregates,
        outputTypes,
        globalRow: false,
      },
      [BIGINT, TYPES[3]!, BIGINT],
      { keys: 1_000_000, rows: 200_000 },
    )
  })

  test('rows of one key that are too many are divided until they are still together', () => {
    compare(
      {
        kind: 'topNRanking',
        planNodeId: '1',
        types: TYPES,
        ranking: 'row_number',
        partitionBy: [0],
        orderBy: [{ channel: 4, ascending: true, nullsFirst: false }],
        maxRanking: 3,
      },
      [...TYPES, BIGINT],
      { rows: 30_000 },
    )
  })

  test('aggregation with DISTINCT and ORDER BY', () => {
    const aggregates = [
      aggregate('count', 1, { distinct: true }),
      aggregate('array_agg', 4, { orderBy: [{ channel: 4, ascending: false, nullsFirst: false }] }),
    ]
    const outputTypes = [BIGINT, ...results(aggregates)]
    compare(
      {
        kind: 'aggregation',
        planNodeId: '1',
        step: 'single',
        keyChannels: [0],
        keyTypes: [BIGINT],
        aggregates,
        outputTypes,
        globalRow: false,
      },
      outputTypes,
    )
  })

  test('sort: equal rows keep the order they came in', () => {
    const orderBy = [
      { channel: 0, ascending: true, nullsFirst: false },
      { channel: 2, ascending: false, nullsFirst: true },
    ]
    compare({ kind: 'sort', planNodeId: '1', orderBy, types: TYPES }, TYPES, { ordered: true })
  })

  for (const count of [1, 50, 2000, 20_000]) {
    test(`top-N of ${count}: of equal rows the first to come are kept, seed ${seed}`, () => {
      const orderBy = [
        { channel: 0, ascending: true, nullsFirst: false },
        { channel: 2, ascending: false, nullsFirst: true },
      ]
      for (const keys of [orderBy, [{ channel: 4, ascending: false, nullsFirst: false }]]) {
        const spec: OperatorSpec = {
          kind: 'topN',
          planNodeId: '1',
          orderBy: keys,
          types: TYPES,
          count,
        }
        compare(spec, TYPES, { ordered: true })
      }
    })
  }

  for (const kind of ['sort', 'topN'] as const) {
    // Of more than 32 runs some are merged before the last merge.
    test.each([0, 1, 5, 40])(`${kind} tells of %i runs once they are merged`, (asked) => {
      const memory = queryMemory()
      const orderBy = [{ channel: 4, ascending: false, nullsFirst: false }]
      const operator = createOperator(
        { kind, planNodeId: '1', orderBy, types: TYPES, count: 10_000 },
        operatorContext(memory, { spill: testSpill(folder, memory) }),
        pages,
      )
      const rows = randomRows(createRandom(seed), 4100, 100)
      let rowCount = 0
      for (const [i, page] of [...pagesOf(memory, TYPES, rows, 100)].entries()) {
        Array.from(operator.process(page))
        if (i < asked) Array.from(operator.revoke!())
      }
      for (const page of operator.finish()) rowCount += page.rowCount
      expect(rowCount).toBe(rows.length)
      // What was never written is the last run.
      expect(operator.describe!()).toEqual(asked === 0 ? {} : { 'spilled runs': asked + 1 })
      operator.close()
      memory.releaseAll()
    })
  }

  test('what is left while it gives memory back leaves no file', () => {
    const memory = queryMemory()
    const spill = testSpill(folder, memory)
    const orderBy = [{ channel: 4, ascending: false, nullsFirst: false }]
    const operator = createOperator(
      { kind: 'sort', planNodeId: '1', orderBy, types: TYPES },
      operatorContext(memory, { spill }),
      pages,
    )
    const rows = randomRows(createRandom(seed), 9000, 100)
    for (const page of pagesOf(memory, TYPES, rows, 1000)) Array.from(operator.process(page))
    const steps = operator.revoke!()
    const files = () => readdirSync(join(folder, 'query'))
    const has = () => existsSync(join(folder, 'query')) && files().length > 0
    while (!has()) expect(steps.next().done).toBe(false)
    expect(steps.next().done).toBe(false)
    steps.return()
    expect(files()).toEqual([])
    operator.close()
    memory.releaseAll()
  })

  test('window', () => {
    compare(
      {
        kind: 'window',
        planNodeId: '1',
        types: TYPES,
        partitionBy: [0],
        orderBy: [{ channel: 4, ascending: true, nullsFirst: false }],
        functions: [
          {
            function: registry.resolve('row_number', []),
            args: [],
            ignoreNulls: false,
            frame: {
              unit: 'rows',
              start: { kind: 'unbounded preceding' },
              end: { kind: 'current row' },
            },
          },
        ],
      },
      [...TYPES, BIGINT],
      { keys: 500 },
    )
  })

  test('top of each group', () => {
    compare(
      {
        kind: 'topNRanking',
        planNodeId: '1',
        types: TYPES,
        ranking: 'row_number',
        partitionBy: [0],
        orderBy: [{ channel: 4, ascending: true, nullsFirst: false }],
        maxRanking: 3,
      },
      [...TYPES, BIGINT],
    )
  })

  test('marks of distinct rows: as many per key', () => {
    const channels = [0, 1]
    const types = [BIGINT, VARCHAR]
    const spec = { kind: 'markDistinct', planNodeId: '1', channels, types: TYPES } as const
    const memory = queryMemory()
    queryMemoryOf = memory
    const random = createRandom(seed)
    const rows = randomRows(random, 9000, 300)
    const context = operatorContext(memory, { spill: testSpill(folder, memory) })
    const { rows: marked } = run(createOperator(spec, context, pages), rows, random, 0.2)
    const key = (row: Row) => row.slice(0, 2)
    const firsts = marked.filter((row) => row[TYPES.length] === true).map(key)
    expect(marked.length).toBe(rows.length)
    expect(multiset(firsts, types)).toEqual([...new Set(multiset(rows.map(key), types))])
    memory.releaseAll()
  })
})

const BUILD = 3
const FILTER = comparison('<', input(3, TYPES[3]!), input(TYPES.length + 3, TYPES[3]!))

function buildSide(
  build: readonly Row[],
  context: OperatorContext,
  keys: readonly number[],
  spec: OperatorSpec,
) {
  const sink = new JoinIndexSink(
    {
      types: TYPES,
      keyChannels: keys,
      keysOnly: spec.kind === 'semiJoin',
      marksMatches: spec.kind === 'lookupJoin' && /right|full/.test(spec.type),
      filterKeys: [0],
      stablePages: false,
    },
    context,
    placePage,
  )
  for (const page of pagesOf(queryMemoryOf!, TYPES, build, 700)) sink.add(page)
  const state = sink.finish()
  sink.close()
  return state
}

test('a build side that becomes too large is written a few pages at a time', () => {
  const memory = queryMemory()
  const spill = testSpill(folder, memory)
  let writtenRows = 0
  let freeBytes = 2 ** 30
  const counted: SpillSpace = {
    isEager: false,
    open: (sealed, types) => spill.open(sealed, types),
    delete: (sealed) => spill.delete(sealed),
    createFile() {
      const file = spill.createFile()
      const append = (page: Page) => {
        writtenRows += page.rowCount
        file.append(page)
      }
      return {
        rowCount: 0,
        byteLength: 0,
        append,
        seal: () => file.seal(),
        close: () => file.close(),
      }
    },
  }
  const context = { ...operatorContext(memory, { spill: counted }), freeBytes: () => freeBytes }
  const sink = new JoinIndexSink(
    {
      types: TYPES,
      keyChannels: [4],
      keysOnly: false,
      marksMatches: false,
      filterKeys: [0],
      stablePages: false,
    },
    context,
    placePage,
  )
  const rows = randomRows(createRandom(seed), 12_000, 100)
  const most: number[] = []
  for (const [i, page] of [...pagesOf(memory, TYPES, rows, 200)].entries()) {
    if (i === 50) freeBytes = 1000
    const before = writtenRows
    sink.add(page)
    most.push(writtenRows - before)
  }
  for (const _ of sink.prepare()) {
    most.push(writtenRows - most.reduce((sum, count) => sum + count, 0))
  }
  const state = sink.finish()
  expect(Math.max(...most)).toBeLessThanOrEqual(5 * 200)
  const parts = state.spilled!.partitions
  expect(parts.reduce((sum, part) => sum + part.rowCount, 0)).toBe(rows.length)
  for (const part of parts) spill.delete(part)
  sink.close()
  memory.releaseAll()
})

describe('joins whose build side is on disk', () => {
  const both = { probeTypes: TYPES, buildTypes: TYPES, indexPipeline: BUILD, planNodeId: '1' }
  const outputs = { probeOutputs: [0, 1, 4], buildOutputs: [4] }
  const specs: (readonly [string, OperatorSpec, readonly number[], readonly SqlType[]])[] = []
  for (const type of ['inner', 'left', 'right', 'full'] as const) {
    for (const filter of [undefined, FILTER]) {
      const name = `${type} join${filter === undefined ? '' : ' with a condition'}`
      const spec: OperatorSpec = {
        kind: 'lookupJoin',
        type,
        probeKeys: [0, 1],
        ...both,
        ...outputs,
        ...(filter === undefined ? {} : { filter }),
      }
      specs.push([name, spec, [0, 1], [BIGINT, VARCHAR, BIGINT, BIGINT]])
    }
  }
  for (const mode of ['semi', 'anti', 'mark'] as const) {
    for (const nullAware of [true, false]) {
      const name = `${mode} join${nullAware ? ' aware of nulls' : ''}`
      const spec: OperatorSpec = { kind: 'semiJoin', mode, nullAware, probeKeys: [0], ...both }
      const types = mode === 'mark' ? [...TYPES, BIGINT] : TYPES
      specs.push([name, spec, [0], types])
    }
  }
  for (const [name, spec, keys, types] of specs) {
    test(`${name}, seed ${seed}`, () => {
      for (let round = 0; round < 2; round++) {
        const random = createRandom(seed + round)
        const memory = queryMemory()
        queryMemoryOf = memory
        // One row in fifty has the key of half of the build side: pairs stay few.
        const build = randomRows(random, 6000, 5000).filter(
          (r) => r[0] !== 7n || random.chance(0.01),
        )
        const probe = randomRows(random, 5000, 8000)
        const filler = Array.from(
          { length: 5000 },
          (_, i): Row => [BigInt(1e6 + i), 'x', 1, 1n, -1n],
        )
        const rows = [...build.filter((r) => round === 1 || r[0] !== null), ...filler]
        const plainContext = operatorContext(memory)
        const tight: OperatorContext = {
          ...operatorContext(memory, { spill: testSpill(folder, memory) }),
          freeBytes: () => 60_000,
        }
        const plainState = buildSide(rows, plainContext, keys, spec)
        const state = buildSide(rows, tight, keys, spec)
        expect(plainState.spilled).toBeUndefined()
        expect(state.spilled).toBeDefined()
        const join = (context: OperatorContext, build: unknown): Row[] => {
          const stateOf = () => [build]
          return run(createOperator(spec, { ...context, stateOf }, pages), probe, random, 0).rows
        }
        const expected = join(plainContext, plainState)
        // NOT IN over a null is never true.
        if (name !== 'anti join aware of nulls' || round === 0) {
          expect(expected.length).toBeGreaterThan(0)
        }
        const sort = (found: readonly Row[]) => multiset(found, types)
        expect(sort(join(tight, state)), `seed ${seed + round}`).toEqual(sort(expected))
        memory.releaseAll()
      }
    })
  }
})
