import { describe, expect, test } from 'vitest'
import type { PipelineSpec } from '../../../src/dataflow/pipeline.js'
import { driverCountOf, isTaken } from '../../../src/dataflow/pipeline-drivers.js'
import { BIGINT } from '../../../src/spi/index.js'
import { join, pipeline, scan } from './pipeline-specs.js'

describe('drivers of what worker threads run', () => {
  const resources = (splitCount: number, freeBytes = 1e9) => ({
    splitCount,
    threads: 4,
    freeBytes,
    reserve: () => true,
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
