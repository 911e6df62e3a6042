import { describe, expect, test } from 'vitest'
import type { ScanSource } from '../../../src/dataflow/pipeline.js'
import { isTiny } from '../../../src/dataflow/tiny-pipeline.js'
import type { Expression } from '../../../src/expressions/ir.js'
import { FALSE } from '../../../src/expressions/ir-build.js'
import type { OperatorSpec } from '../../../src/operators/spec.js'
import { BIGINT } from '../../../src/spi/index.js'
import { join, pipeline, scan } from './pipeline-specs.js'

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

  test('few sorted rows to merge, if they are in memory', () => {
    const merge = { kind: 'merge', pipeline: 7, types: [BIGINT], orderBy: [] } as const
    const states = (rowCount: number, spilled?: object) =>
      new Map([[7, [{ rowCount }, { rowCount: 4000, spilled }]]])
    for (const drivers of ['one', 'all'] as const) {
      expect(isTiny(pipeline(merge, [], drivers), states(96))).toBe(true)
      expect(isTiny(pipeline(merge, [], drivers), states(97))).toBe(false)
      expect(isTiny(pipeline(merge, [], drivers), states(96, {}))).toBe(false)
    }
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
