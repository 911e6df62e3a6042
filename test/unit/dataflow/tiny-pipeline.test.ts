import { describe, expect, test } from 'vitest'
import type { PipelineSpec, ScanSource } from '../../../src/dataflow/pipeline.js'
import { driverCountOf, isTaken, isTiny } from '../../../src/dataflow/tiny-pipeline.js'
import type { Expression } from '../../../src/expressions/ir.js'
import { FALSE } from '../../../src/expressions/ir-build.js'
import type { LookupJoinSpec, OperatorSpec } from '../../../src/operators/spec.js'
import { BIGINT } from '../../../src/spi/index.js'

const scan = (expectedRows?: number): ScanSource => ({
  kind: 'scan',
  planNodeId: '0',
  scanId: 0,
  table: { catalog: 'memory', schema: 'default', table: 't', handle: {} },
  columns: [],
  types: [BIGINT],
  ...(expectedRows === undefined ? {} : { expectedRows }),
  dynamicFilters: [],
})
const pipeline = (
  source: PipelineSpec['source'],
  operators: readonly OperatorSpec[] = [],
  drivers: PipelineSpec['drivers'] = 'one',
): PipelineSpec => ({
  id: 1,
  source,
  operators,
  sink: { kind: 'collect', types: [BIGINT] },
  drivers,
  dependsOn: [],
})
const join = (type: LookupJoinSpec['type']): OperatorSpec => ({
  kind: 'lookupJoin',
  planNodeId: '1',
  type,
  indexPipeline: 0,
  probeKeys: [0],
  probeTypes: [BIGINT],
  buildTypes: [BIGINT],
  probeOutputs: [0],
  buildOutputs: [],
})
const built = (rowCount: number, isUnique: boolean, spilled?: object) =>
  new Map([[0, [{ index: { rowCount, next: isUnique ? 0 : 64 }, spilled }]]])

describe('what the calling thread runs itself', () => {
  test('few rows that are known to be few, in one driver', () => {
    expect(isTiny(pipeline(scan(25)), new Map())).toBe(true)
    expect(isTiny(pipeline(scan()), new Map())).toBe(false)
    expect(isTiny(pipeline(scan(5000)), new Map())).toBe(false)
    expect(isTiny(pipeline(scan(25), [], 'all'), new Map())).toBe(false)
    const values = { kind: 'values', planNodeId: '0', types: [], rows: [[]] } as const
    expect(isTiny(pipeline(values), new Map())).toBe(false)
    const collected = { kind: 'collected', pipelines: [7], types: [BIGINT] } as const
    const states = (rowCount: number) => new Map([[7, [{ rowCount }, { rowCount: 4000 }]]])
    expect(isTiny(pipeline(collected), states(96))).toBe(true)
    expect(isTiny(pipeline(collected), states(97))).toBe(false)
    // A driver in every thread was planned for more rows than have come.
    expect(isTiny(pipeline(collected, [], 'all'), states(96))).toBe(true)
    expect(isTiny(pipeline(collected, [], 'all'), states(97))).toBe(false)
    expect(isTiny(pipeline(collected, [], 'caller'), states(96))).toBe(false)
  })

  test('a small table where others have come first, unless all of it is sorted', () => {
    const later = (source: ScanSource, operators: readonly OperatorSpec[] = []) =>
      isTiny({ ...pipeline(source, operators), dependsOn: [0] }, new Map())
    expect(later(scan(16_384))).toBe(true)
    expect(later(scan(16_385))).toBe(false)
    const sort: OperatorSpec = { kind: 'sort', planNodeId: '3', orderBy: [], types: [BIGINT] }
    expect(later(scan(4096), [sort])).toBe(true)
    expect(later(scan(4097), [sort])).toBe(false)
    const filtered = {
      ...scan(4097),
      dynamicFilters: [{ pipeline: 0, keyIndex: 0, column: 'a' }],
    }
    expect(later(filtered, [sort])).toBe(true)
  })

  test('what is collected already and only becomes an index or a filter', () => {
    const source = { kind: 'collected', pipelines: [7], types: [BIGINT] } as const
    const sink = { kind: 'keyFilters', planNodeId: '4', types: [BIGINT], keyChannels: [0] } as const
    const build = (rowCount: number, operators: readonly OperatorSpec[] = []) =>
      isTiny({ ...pipeline(source, operators), sink }, new Map([[7, [{ rowCount }]]]))
    expect(build(32_768)).toBe(true)
    expect(build(32_769)).toBe(false)
    expect(build(5000, [{ kind: 'filterProject', planNodeId: '5', projections: [] }])).toBe(false)
  })

  test('joins by what they may give at most', () => {
    const small = pipeline(scan(100), [join('inner')])
    expect(isTiny(small, built(1_000_000, true))).toBe(true)
    expect(isTiny(small, built(40, false))).toBe(true)
    expect(isTiny(small, built(41, false))).toBe(false)
    expect(isTiny(small, built(40, true, {}))).toBe(false)
    // The build side's rows without a match come too.
    expect(isTiny(pipeline(scan(100), [join('right')]), built(10, true))).toBe(false)
    const unnest: OperatorSpec = {
      kind: 'unnest',
      planNodeId: '2',
      types: [BIGINT],
      replicated: [],
      unnested: [],
      ordinality: false,
      type: 'inner',
    }
    expect(isTiny(pipeline(scan(1), [unnest]), new Map())).toBe(false)
  })

  test('semi-joins by what they compare', () => {
    const semiJoin = (filter?: Expression): OperatorSpec => ({
      kind: 'semiJoin',
      planNodeId: '1',
      mode: 'semi',
      nullAware: false,
      indexPipeline: 0,
      probeKeys: [0],
      probeTypes: [BIGINT],
      buildTypes: [BIGINT],
      ...(filter === undefined ? {} : { filter }),
    })
    const keysOnly = pipeline(scan(4000), [semiJoin()])
    expect(isTiny(keysOnly, built(1_000_000, false))).toBe(true)
    expect(isTiny(keysOnly, built(0, true, {}))).toBe(false)
    const compared = pipeline(scan(100), [semiJoin(FALSE)])
    expect(isTiny(compared, built(1_000_000, true))).toBe(true)
    expect(isTiny(compared, built(40, false))).toBe(true)
    expect(isTiny(compared, built(41, false))).toBe(false)
  })
})

describe('drivers of what worker threads run', () => {
  const resources = (splitCount: number, freeBytes = 1e9) => ({
    splitCount,
    threads: 4,
    freeBytes,
  })
  const collected = { kind: 'collected', pipelines: [7], types: [BIGINT] } as const
  const states = (rowCount: number, pageCount: number, spilled?: object) =>
    new Map([
      [7, [{ rowCount, pages: new Array(pageCount), spilled, runs: [{ byteLength: 1e6 }] }]],
    ])

  test('one, or no more than there are splits or pages', () => {
    expect(driverCountOf(pipeline(scan()), new Map(), resources(90))).toBe(1)
    const count = (splits: number) =>
      driverCountOf(pipeline(scan(), [], 'all'), new Map(), resources(splits))
    expect([0, 1, 3, 4, 90, Number.POSITIVE_INFINITY].map(count)).toEqual([1, 1, 3, 4, 4, 4])
    const pages = pipeline(collected, [], 'all')
    expect(driverCountOf(pages, states(1e6, 2), resources(0))).toBe(2)
    expect(driverCountOf(pages, states(0, 0), resources(0))).toBe(1)
    expect(driverCountOf(pages, states(1e6, 0, {}), resources(0))).toBe(4)
    const union = { kind: 'union', branches: [] } as const
    expect(driverCountOf(pipeline(union, [], 'all'), new Map(), resources(0))).toBe(4)
  })

  test('one where each would read all of a few rows', () => {
    const shared = pipeline({ ...collected, everyDriver: true }, [], 'all')
    expect(driverCountOf(shared, states(19_999, 2), resources(0))).toBe(1)
    expect(driverCountOf(shared, states(20_000, 2), resources(0))).toBe(4)
  })

  test('a build is made together where it is large and surely fits the memory', () => {
    const sink: PipelineSpec['sink'] = {
      kind: 'joinIndex',
      planNodeId: '4',
      types: [BIGINT],
      keyChannels: [0],
      keysOnly: true,
      marksMatches: false,
      filterKeys: [],
      stablePages: true,
    }
    const types = (columns: number) => new Array(columns).fill(BIGINT)
    const count = (rows: number, columns: number, freeBytes?: number, spilled?: object) => {
      const source = { ...collected, types: types(columns), everyDriver: true } as const
      const build = { ...pipeline(source, [], 'all'), sink }
      return driverCountOf(build, states(rows, 2, spilled), resources(0, freeBytes))
    }
    expect([32_768, 32_769].map((rows) => count(rows, 8))).toEqual([1, 4])
    expect([131_071, 131_072].map((rows) => count(rows, 2))).toEqual([1, 4])
    expect([524_287, 524_288].map((rows) => count(rows, 1))).toEqual([1, 4])
    expect([10_000_001, 10_000_000].map((free) => count(100_000, 3, free))).toEqual([4, 1])
    expect(count(100_000, 3, 1e9, {})).toBe(1)
  })
})

describe('a driver that has not begun', () => {
  const collected = { kind: 'collected', pipelines: [2], types: [BIGINT] } as const
  const states = new Map<number, readonly unknown[]>([
    [
      2,
      [
        { rowCount: 9, pages: [1, 2] },
        { rowCount: 1, pages: [3] },
      ],
    ],
  ])
  const isDone = (of: PipelineSpec, counters: readonly number[], areTaken = false) =>
    isTaken(of, { areTaken, counters: Int32Array.from(counters) }, states, 3)

  test('is needed while there are splits or pages', () => {
    expect(isDone(pipeline(scan()), [], true)).toBe(true)
    expect(isDone(pipeline(scan()), [], false)).toBe(false)
    expect(isDone(pipeline(collected), [0, 0, 3])).toBe(true)
    expect(isDone(pipeline(collected), [9, 9, 2])).toBe(false)
    expect(isDone(pipeline({ ...collected, reader: 1 }), [0, 0, 3, 0, 2])).toBe(false)
    expect(isDone(pipeline({ ...collected, reader: 1 }), [0, 0, 0, 0, 3])).toBe(true)
  })

  test('is needed where each has its own rows, or all have to tell that they have ended', () => {
    expect(isDone(pipeline({ ...collected, everyDriver: true }), [9, 9, 9])).toBe(false)
    expect(isDone(pipeline(scan(), [join('inner')]), [], true)).toBe(true)
    for (const type of ['right', 'full'] as const) {
      expect(isDone(pipeline(scan(), [join(type)]), [], true)).toBe(false)
    }
    expect(isDone(pipeline({ kind: 'union', branches: [] }), [], true)).toBe(false)
  })
})
