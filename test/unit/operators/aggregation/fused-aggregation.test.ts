import { describe, expect, test } from 'vitest'
import type { QueryMemory } from '../../../../src/dataflow/memory/query-memory.js'
import { BUILTIN_FUNCTIONS } from '../../../../src/expressions/functions/index.js'
import type { Expression } from '../../../../src/expressions/ir.js'
import {
  call,
  caseWhen,
  cast,
  comparison,
  constant,
  input,
  isNull,
} from '../../../../src/expressions/ir-build.js'
import { createRegistry } from '../../../../src/expressions/registry.js'
import { AggregationOperator } from '../../../../src/operators/aggregation/aggregation.js'
import { FilterProjectOperator } from '../../../../src/operators/filter-project.js'
import { gatherBlock } from '../../../../src/operators/kernels/gather.js'
import { isAbsorbed } from '../../../../src/operators/operator.js'
import type {
  AggregateSpec,
  AggregationSpec,
  FilterProjectSpec,
} from '../../../../src/operators/spec.js'
import {
  type Arena,
  BIGINT,
  type Block,
  BOOLEAN,
  blockOf,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  MillraceError,
  type Page,
  readValue,
  SMALLINT,
  type SqlType,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { testContext, testMemory } from '../../../support/memory.js'
import { showValue } from '../../../support/operator-test.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { randomBlock, randomValidity } from '../../kernel-support/random-blocks.js'

const registry = createRegistry(BUILTIN_FUNCTIONS)
const MONEY = decimalType(12, 2)
const LONG = decimalType(25, 2)

/** Channels of the input: keys, then what is computed with. */
const TYPES = [
  VARCHAR,
  VARCHAR,
  SMALLINT,
  INTEGER,
  BIGINT,
  MONEY,
  MONEY,
  LONG,
  BOOLEAN,
  DOUBLE,
  DATE,
] as const
const inputs: readonly Expression[] = TYPES.map((type, channel) => input(channel, type))
const [TEXT, OTHER_TEXT, SMALL, INT, BIG, PRICE, DISCOUNT, WIDE, FLAG, FLOAT, DAY] = inputs

const of = (name: string, ...args: readonly Expression[]): Expression =>
  call(
    registry.resolve(
      name,
      args.map((arg) => arg.type),
    ),
    args,
  )
const revenue = of('$multiply', PRICE!, of('$subtract', constant(MONEY, 100n), DISCOUNT!))

const KEYS: readonly Expression[] = [
  BIG!,
  TEXT!,
  OTHER_TEXT!,
  SMALL!,
  of('$modulus', INT!, constant(INTEGER, 7)),
  FLOAT!,
  // Of one column, by whose values rows may be numbered.
  DAY!,
  of('year', DAY!),
  of('month', DAY!),
  cast(SMALL!, DOUBLE),
  comparison('<', SMALL!, constant(SMALLINT, 1)),
  of('$divide', constant(INTEGER, 7), cast(SMALL!, INTEGER)),
  caseWhen([{ condition: isNull(SMALL!), result: constant(INTEGER, 9) }], constant(INTEGER, 3)),
]
const ARGUMENTS: readonly Expression[] = [
  INT!,
  BIG!,
  PRICE!,
  WIDE!,
  revenue,
  of('$multiply', revenue, DISCOUNT!),
  of('$add', INT!, INT!),
  of('$divide', BIG!, cast(of('$subtract', INT!, constant(INTEGER, 1)), BIGINT)),
  caseWhen([{ condition: comparison('>', INT!, constant(INTEGER, 0)), result: PRICE! }], PRICE!),
]
const CONDITIONS: readonly Expression[] = [
  comparison('>', INT!, constant(INTEGER, -5)),
  comparison('<', PRICE!, DISCOUNT!),
  comparison('=', TEXT!, constant(VARCHAR, 'b')),
]

function randomKey(random: Random, type: SqlType, rowCount: number, arena: Arena): Block {
  const values =
    type.kind === 'varchar'
      ? Array.from({ length: 3 }, () => random.pick(['a', 'b', 'c', null]))
      : Array.from({ length: 4 }, () => random.below(5) - 2)
  const entries = blockOf(type, values, arena)
  if (entries.encoding !== 'flat') throw new Error('entries are flat')
  if (random.chance(0.1)) return { encoding: 'constant', type, rowCount, value: entries }
  const Codes = random.pick([Uint8Array, Uint16Array, Int32Array])
  const bytes = arena.allocate(rowCount * Codes.BYTES_PER_ELEMENT)
  const codes = new Codes(bytes.buffer, bytes.byteOffset, rowCount)
  for (let i = 0; i < rowCount; i++) codes[i] = random.below(values.length)
  const validity = randomValidity(random, rowCount, random.pick([0, 0, 0.2]), arena)
  const block = { encoding: 'dictionary', type, rowCount, codes, dictionary: entries } as const
  if (random.chance(type.kind === 'varchar' ? 0.9 : 0.5)) return { ...block, validity }
  const positions = new Int32Array(rowCount).map((_, i) => codes[i]!)
  return gatherBlock(entries, importInt32(positions, arena), rowCount, arena)
}

function importInt32(values: Int32Array, arena: Arena): Int32Array {
  const bytes = arena.allocate(values.byteLength)
  const out = new Int32Array(bytes.buffer, bytes.byteOffset, values.length)
  out.set(values)
  return out
}

function randomPage(random: Random, arena: Arena): Page {
  const rowCount = 1 + random.below(300)
  // Of sums that leave their type there are some, of bigints that leave 64 bits in a page too.
  const magnitudes = random.pick([[10], [10, 1000], [10, 1e5, 1e9], [1e9, 1e18]])
  const nulls = random.pick([0, 0, 0.1])
  const blocks = TYPES.map((type, channel) =>
    channel < 3
      ? randomKey(random, type, rowCount, arena)
      : randomBlock(random, type, rowCount, arena, {
          magnitudes,
          nulls,
          encodings: ['flat', 'flat', 'flat', 'constant', 'dictionary'],
        }),
  )
  return random.chance(0.5) ? { rowCount, blocks } : clustered(random, { rowCount, blocks }, arena)
}

/** Rows of other columns, with keys of which neighbours often have the same. */
function clustered(random: Random, { rowCount, blocks }: Page, arena: Arena): Page {
  const longest = random.pick([3, 8, 50])
  const positions = importInt32(new Int32Array(rowCount), arena)
  for (let row = 0; row < rowCount; ) {
    const end = row + 1 + random.below(longest)
    positions.fill(random.below(rowCount), row, end)
    row = end
  }
  const isClustered = (channel: number) =>
    [TEXT, OTHER_TEXT, SMALL, BIG, DAY].includes(inputs[channel])
  return {
    rowCount,
    blocks: blocks.map((block, channel) =>
      isClustered(channel) ? gatherBlock(block, positions, rowCount, arena) : block,
    ),
  }
}

interface Plan {
  readonly filterProject: Pick<FilterProjectSpec, 'filter' | 'projections' | 'joinsSmallPages'>
  readonly aggregation: AggregationSpec
}

function randomPlan(random: Random): Plan {
  const keys = KEYS.filter((key) => random.chance(key === FLOAT ? 0.05 : 0.2))
  const values = ARGUMENTS.filter(() => random.chance(0.35))
  const hasGuard = random.chance(0.3)
  const guard = random.chance(0.5) ? FLAG! : CONDITIONS[1]!
  const projections = [...keys, ...values, ...(hasGuard ? [guard] : [])]
  const aggregates = values.flatMap((value, i): AggregateSpec[] => {
    const channel = keys.length + i
    const filter = hasGuard && random.chance(0.5) ? { filterChannel: projections.length - 1 } : {}
    // What no aggregate reads a loop does not compute; plans have none of it.
    const always = random.pick(['sum', 'avg', 'count'])
    return ['sum', 'avg', 'count'].flatMap((name) =>
      name === always || random.chance(0.4)
        ? [
            {
              function: registry.resolve(name, [value.type]),
              args: [input(channel, value.type)],
              distinct: false,
              ...filter,
            },
          ]
        : [],
    )
  })
  const count = { function: registry.resolve('count', []), args: [], distinct: false }
  const filter = random.chance(0.7) ? { filter: random.pick(CONDITIONS) } : {}
  return {
    filterProject: {
      projections,
      ...filter,
      ...(random.chance(0.5) ? { joinsSmallPages: true } : {}),
    },
    aggregation: {
      kind: 'aggregation',
      planNodeId: '2',
      step: 'single',
      keyChannels: keys.map((_, i) => i),
      keyTypes: keys.map(({ type }) => type),
      aggregates: [...aggregates, count],
      outputTypes: [],
      globalRow: false,
    },
  }
}

/** Rows of the result, in any order, or what is wrong with a value. */
function resultOf(
  memory: QueryMemory,
  plan: Plan,
  pages: readonly Page[],
  isFused: boolean,
): readonly string[] {
  const context = testContext(memory, isFused ? {} : { expressionTarget: 'interpreter' })
  const spec = { kind: 'filterProject', planNodeId: '1', ...plan.filterProject } as const
  const rows = new FilterProjectOperator(spec, context)
  const aggregation = new AggregationOperator(plan.aggregation, context)
  if (isFused) rows.feeds(aggregation)
  const scratch = memory.createArena()
  const add = (outputs: Iterable<Page>) => {
    for (const page of outputs) {
      if (isAbsorbed(page)) fusedPages++
      if (isFused) aggregation.process(page)
      else for (const part of fewRows(page, scratch)) aggregation.process(part)
    }
  }
  try {
    for (const page of pages) add(rows.process(page))
    add(rows.finish())
    return [...aggregation.finish()]
      .flatMap(({ rowCount, blocks }) =>
        Array.from({ length: rowCount }, (_, row) =>
          blocks.map((block) => showValue(readValue(block, row))).join(' '),
        ),
      )
      .sort()
  } catch (error) {
    if (error instanceof MillraceError) return [error.code]
    throw error
  } finally {
    rows.close()
    aggregation.close()
    scratch.close()
  }
}
let fusedPages = 0

/** Pages of so few rows that no loop is worth it. */
function* fewRows(page: Page, arena: Arena): Generator<Page> {
  for (let from = 0; from < page.rowCount; from += 3) {
    const rowCount = Math.min(3, page.rowCount - from)
    const positions = importInt32(
      Int32Array.from({ length: rowCount }, (_, i) => from + i),
      arena,
    )
    yield {
      rowCount,
      blocks: page.blocks.map((block) => gatherBlock(block, positions, rowCount, arena)),
    }
  }
}

test(`one loop gives what operators one after another do, from seed ${SEED}`, () => {
  fusedPages = 0
  const memory = testMemory()
  const failed = new Set<string>()
  for (let seed = SEED; seed < SEED + 120; seed++) {
    const random = createRandom(seed)
    memory.releaseAll()
    const arena = memory.createArena()
    const plan = randomPlan(random)
    const pages = Array.from({ length: 1 + random.below(4) }, () => randomPage(random, arena))
    const expected = resultOf(memory, plan, pages, false)
    if (expected.length === 1 && /^[A-Z_]+$/.test(expected[0]!)) failed.add(expected[0]!)
    expect(resultOf(memory, plan, pages, true), `seed ${seed}`).toEqual(expected)
  }
  memory.releaseAll()
  expect(fusedPages).toBeGreaterThan(30)
  expect([...failed]).toContain('NUMERIC_VALUE_OUT_OF_RANGE')
})

describe('keys of many values', () => {
  const count = { function: registry.resolve('count', []), args: [], distinct: false }
  const sum = {
    function: registry.resolve('sum', [INTEGER]),
    args: [input(1, INTEGER)],
    distinct: false,
  }
  const spec: AggregationSpec = {
    kind: 'aggregation',
    planNodeId: '2',
    step: 'single',
    keyChannels: [0],
    keyTypes: [BIGINT],
    aggregates: [sum, count],
    outputTypes: [],
    globalRow: false,
  }
  const projections = [input(0, BIGINT), input(1, INTEGER)]

  /** A page of `runs` runs of `length` rows, from a key on, whose values are 1, 2, 3 … */
  function page(first: number, runs: number, length: number, arena: Arena): Page {
    const rowCount = runs * length
    const keys = Array.from({ length: rowCount }, (_, i) =>
      BigInt(first + 7 * Math.floor(i / length)),
    )
    const values = Array.from({ length: rowCount }, (_, i) => i + 1)
    return { rowCount, blocks: [blockOf(BIGINT, keys, arena), blockOf(INTEGER, values, arena)] }
  }

  /** Adds pages one by one. @returns for each whether its rows were taken unmade, and the groups */
  function added(memory: QueryMemory, pages: readonly Page[]) {
    const operator = new AggregationOperator(spec, testContext(memory, {}))
    const selectionOf = ({ rowCount }: Page) => ({ count: rowCount, positions: null })
    const absorbed = pages.map((p) => {
      const isAbsorbedPage =
        operator.absorb({ page: p, selection: selectionOf(p), projections }) === p.rowCount
      if (!isAbsorbedPage) operator.process(p)
      return isAbsorbedPage
    })
    const groups = [...operator.finish()].flatMap(({ rowCount, blocks }) =>
      Array.from({ length: rowCount }, (_, row) => blocks.map((block) => readValue(block, row))),
    )
    operator.close()
    return { absorbed, groups }
  }

  test('runs of equal keys are added up before their group is looked for, also across pages and where keys come again', () => {
    const memory = testMemory()
    const arena = memory.createArena()
    const pages = [page(1, 100, 4, arena), page(1 + 7 * 99, 2, 40, arena), page(-50, 40, 2, arena)]
    const { absorbed, groups } = added(memory, pages)
    expect(absorbed).toEqual([true, true, true])
    expect(groups).toHaveLength(100 + 1 + 40)
    expect(groups.slice(0, 2)).toEqual([
      [1n, 10n, 4n],
      [8n, 26n, 4n],
    ])
    // The last four of the first page and the first forty of the second.
    expect(groups[99]).toEqual([1n + 7n * 99n, 397n + 398n + 399n + 400n + 820n, 44n])
    memory.releaseAll()
  })

  test('short runs are not, nor looked for in the pages that follow, at first in one, then in more', () => {
    const memory = testMemory()
    const arena = memory.createArena()
    const short = page(1, 100, 1, arena)
    const long = page(1, 20, 5, arena)
    const { absorbed, groups } = added(memory, [
      ...[short, long, long],
      ...[short, long, short, long, long, long],
    ])
    expect(absorbed).toEqual([
      ...[false, false, true],
      ...[false, false, false, false, false, true],
    ])
    expect(groups).toHaveLength(100)
    expect(groups[0]).toEqual([1n, 3n + 6n * 15n, 3n + 6n * 5n])
    memory.releaseAll()
  })

  test('pages of groups end where pages of clustered keys have, unless these are small', () => {
    const memory = testMemory()
    const arena = memory.createArena()
    const context = testContext(memory, { outputPageRows: 100 })
    const operator = new AggregationOperator({ ...spec, step: 'partial' }, context)
    let first = 0
    for (const runs of [70, 150, 10, 10, 10, 60]) {
      operator.process(page(first, runs, 3, arena))
      // There is room between pages for those of others.
      first += 7 * runs + 500
    }
    expect([...operator.finish()].map(({ rowCount }) => rowCount)).toEqual([70, 100, 50, 30, 60])
    operator.close()
    memory.releaseAll()
  })
})
