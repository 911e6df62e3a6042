import { expect, test } from 'vitest'
import { neededBytes, workBytesPerRow } from '../../../../src/dataflow/memory/driver-memory.js'
import { OperatorAccount } from '../../../../src/dataflow/memory/operator-account.js'
import type { QueryMemory } from '../../../../src/dataflow/memory/query-memory.js'
import { CHUNK_BYTES } from '../../../../src/dataflow/memory/shared-memory.js'
import { placePage } from '../../../../src/dataflow/page-sink.js'
import { builtinRegistry } from '../../../../src/expressions/functions/index.js'
import { input } from '../../../../src/expressions/ir-build.js'
import { createOperator } from '../../../../src/operators/create-operator.js'
import type { Operator, OperatorContext } from '../../../../src/operators/operator.js'
import type { AggregateSpec, OperatorSpec } from '../../../../src/operators/spec.js'
import {
  BIGINT,
  blockOf,
  DOUBLE,
  decimalType,
  INTEGER,
  type Page,
  type SqlType,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { readCollectedPage } from '../../../support/collected-state.js'
import { operatorContext, queryMemory } from '../../../support/operator-environment.js'
import { SEED } from '../../../support/seed.js'
import { temporaryFolder, testSpill } from '../../../support/spill.js'
import { createRandom } from '../../kernel-support/cells.js'

/** What operators of a query that may spill claim is no more than what is reserved for them before. */

const folder = temporaryFolder()
const LIMIT_BYTES = 128 * 2 ** 20
/** What arenas take before they need it, of what is free, and what the first of their chunks leave unfilled. */
const AHEAD_PART = 1 / 32
const FIRST_CHUNKS_BYTES = 4 * CHUNK_BYTES
const ROWS = 120_000
const TYPES: readonly SqlType[] = [BIGINT, VARCHAR, DOUBLE, decimalType(38, 2), INTEGER]
const ALL = [0, 1, 2, 3, 4]

const orderOf = (...channels: readonly number[]) =>
  channels.map((channel) => ({ channel, ascending: channel % 2 === 0, nullsFirst: channel === 1 }))

function call(name: string, channel: number, distinct = false): AggregateSpec {
  const type = TYPES[channel]!
  const fn = builtinRegistry().resolve(name, [type])
  return { function: fn, args: [input(channel, type)], distinct }
}

const grouped = (keyChannels: readonly number[], ...aggregates: AggregateSpec[]): OperatorSpec => ({
  kind: 'aggregation',
  planNodeId: '1',
  step: 'single',
  keyChannels,
  keyTypes: keyChannels.map((channel) => TYPES[channel]!),
  aggregates,
  outputTypes: [
    ...keyChannels.map((channel) => TYPES[channel]!),
    ...aggregates.map((aggregate) => aggregate.function.returnType),
  ],
  globalRow: false,
})

const SPECS: Readonly<Record<string, OperatorSpec>> = {
  'sort by one key': { kind: 'sort', planNodeId: '1', orderBy: orderOf(0), types: TYPES },
  'sort by five': { kind: 'sort', planNodeId: '1', orderBy: orderOf(...ALL), types: TYPES },
  'top-N': { kind: 'topN', planNodeId: '1', orderBy: orderOf(2, 1), types: TYPES, count: 15_000 },
  'top-N by five keys': {
    kind: 'topN',
    planNodeId: '1',
    orderBy: orderOf(3, 2, 1, 0, 4),
    types: TYPES,
    count: 40_000,
  },
  'groups of integers': grouped([0], call('count', 2)),
  'groups of texts': grouped([1], call('sum', 0), call('max', 1)),
  'groups of two keys': grouped([2, 4], call('count', 2)),
  'groups of an integer and a text': grouped([0, 1], call('count', 2)),
  'distinct arguments': grouped([4], call('count', 1, true), call('count', 0, true)),
}

interface Kind {
  /** Rows before this one have as many texts as values of the first column: from there on they are others'. */
  readonly decidedRows: number
  readonly values: number
  /** The first column's values come in their order, again and again. */
  readonly rising: boolean
}

function* pages(
  memory: QueryMemory,
  { decidedRows, values, rising }: Kind,
  seed: number,
): Generator<Page> {
  const { below } = createRandom(seed)
  const arena = memory.createArena()
  const row = (at: number): Value[] => {
    const key = rising ? at % values : below(values)
    const text = at < decidedRows ? key : below(values)
    return [
      BigInt(key) * 7n,
      text % 50 === 1 ? null : `${text}`.padEnd(48, ' of a text'),
      key / 3,
      BigInt(below(1e9)) * 10n ** 18n,
      BigInt(at % 30),
    ]
  }
  for (let from = 0; from < ROWS; ) {
    const rowCount = Math.min(ROWS - from, 1 + below(8192))
    const rows = Array.from({ length: rowCount }, (_, i) => row(from + i))
    arena.reset()
    const blocks = TYPES.map((type, c) =>
      blockOf(
        type,
        rows.map((values) => values[c]!),
        arena,
      ),
    )
    yield { rowCount, blocks }
    from += rowCount
  }
  arena.close()
}

/** What the query held at most while `work` was done, above what it held before; undefined: not more than once before. */
function grownBy(memory: QueryMemory, work: () => void): number | undefined {
  const { usedBytes, peakBytes } = memory
  work()
  return memory.peakBytes > peakBytes ? memory.peakBytes - usedBytes : undefined
}

const KINDS: readonly Kind[] = [
  { decidedRows: ROWS, values: 1e6, rising: false },
  { decidedRows: 90_000, values: 1e6, rising: false },
  { decidedRows: 110_000, values: 110_000, rising: true },
  { decidedRows: 0, values: 20_000, rising: false },
]

for (const [name, spec] of Object.entries(SPECS)) {
  test(`${name}: no more is claimed than was reserved, seed ${SEED}`, () => {
    let checks = 0
    for (const kind of KINDS) {
      const memory = queryMemory(LIMIT_BYTES)
      const account = new OperatorAccount(memory)
      const context: OperatorContext = {
        ...operatorContext(memory, { spill: testSpill(folder, memory) }),
        createArena: () => account.createArena(),
        createScope: () => account.createScope(),
        freeBytes: () => account.freeBytes,
        reserve: (bytes) => account.reserve(bytes),
      }
      const operator: Operator = createOperator(spec, context, {
        read: readCollectedPage,
        place: placePage,
      })
      const check = (reserved: number, work: () => void): void => {
        const ahead = memory.freeBytes * AHEAD_PART + FIRST_CHUNKS_BYTES
        const grown = grownBy(memory, work)
        if (grown === undefined) return
        checks += 1
        const at = `${JSON.stringify(kind)}, check ${checks}`
        expect(grown, at).toBeLessThanOrEqual(reserved + ahead)
      }
      for (const page of pages(memory, kind, SEED)) {
        const reserved = neededBytes(operator) + page.rowCount * workBytesPerRow(page)
        expect(account.reserve(reserved)).toBe(true)
        check(reserved, () => Array.from(operator.process(page)))
      }
      const reserved = neededBytes(operator)
      account.reserve(reserved)
      const results = operator.finish()[Symbol.iterator]()
      check(reserved, () => results.next())
      operator.close()
      memory.releaseAll()
    }
    expect(checks).toBeGreaterThan(3 * KINDS.length)
  })
}
