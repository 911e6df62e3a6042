import { describe, expect, test } from 'vitest'
import { withLanes } from '../../../../src/dataflow/scheduler/reader-lanes.js'
import type { OutputPartitioning, PlanFragment } from '../../../../src/planner/plan/fragment.js'
import type { PlanNode, RemoteSourceNode } from '../../../../src/planner/plan/node.js'
import type { PlanSymbol } from '../../../../src/planner/plan/symbol.js'
import { BIGINT } from '../../../../src/spi/index.js'

const symbol = (name: string): PlanSymbol => ({ name, type: BIGINT })
const [a, b, c] = ['a', 'b', 'c'].map(symbol) as [PlanSymbol, PlanSymbol, PlanSymbol]
const hash = (...keys: PlanSymbol[]): OutputPartitioning => ({ kind: 'hash', keys })

const fragment = (id: number, root: PlanNode, output: OutputPartitioning): PlanFragment => ({
  id,
  root,
  partitioning: 'hash',
  output,
  partitionedScans: [],
  nodeRows: new Map(),
  inputBytes: 0,
})

const rows = (outputs: readonly PlanSymbol[]): PlanNode => ({
  kind: 'values',
  id: 'values',
  outputs,
  rows: [],
})

const window = (source: PlanNode): PlanNode => ({
  kind: 'window',
  id: 'window',
  source,
  partitionBy: [],
  orderBy: [],
  functions: [],
})

/** A window over what fragments hand over whose columns are `a`, `b`; its own columns for them are `b`, `c`. */
function plan(
  outputs: readonly OutputPartitioning[],
  options: { readonly over?: (source: PlanNode) => PlanNode; readonly concatenates?: true } = {},
) {
  const { over = window, concatenates } = options
  const source: RemoteSourceNode = {
    kind: 'remoteSource',
    id: 'remote',
    fragments: outputs.map((_, i) => i + 1),
    outputs: [b, c],
    ...(concatenates === undefined ? {} : { concatenates }),
  }
  const root = over(source)
  return [
    fragment(0, root, { kind: 'single' }),
    ...outputs.map((output, i) => fragment(i + 1, rows([a, b]), output)),
  ]
}

/** The lanes that a source has, and those of the fragments that it reads. */
function lanesOf(fragments: readonly PlanFragment[], consumers = 3, lanes = 2) {
  const counts = new Map(fragments.map(({ id }) => [id, id === 0 ? 1 : consumers]))
  const [first, ...others] = withLanes(fragments, lanes, counts)
  const remote = (node: PlanNode): RemoteSourceNode =>
    node.kind === 'remoteSource' ? node : remote((node as PlanNode & { source: PlanNode }).source)
  return {
    source: remote(first!.root).lanes,
    outputs: others.map(({ output }) => (output as { lanes?: number }).lanes),
  }
}

describe('lanes', () => {
  test('are cut where the drivers of the tasks that read share their rows by keys', () => {
    expect(lanesOf(plan([hash(b)]))).toEqual({ source: { count: 2, keys: [c] }, outputs: [2] })
    expect(lanesOf(plan([hash(b, a), hash(b, a)]))).toEqual({
      source: { count: 2, keys: [c, b] },
      outputs: [2, 2],
    })
  })

  const NONE = (count = 1) => ({ source: undefined, outputs: Array(count).fill(undefined) })

  test('are not cut where other nodes read', () => {
    expect(lanesOf(plan([hash(a)], { over: (source) => source }))).toEqual(NONE())
    const limited = (source: PlanNode): PlanNode =>
      window({ kind: 'limit', id: 'limit', source, count: 3 } as PlanNode)
    expect(lanesOf(plan([hash(a)], { over: limited }))).toEqual(NONE())
  })

  test('are not cut where rows of a key may be in several tasks, or fragments are cut by different keys', () => {
    for (const output of [
      { ...hash(a), spreadsNulls: true },
      { ...hash(a), heavyKeys: { spread: [1], replicated: [] } },
      { kind: 'arbitrary' },
      hash(),
    ] as OutputPartitioning[]) {
      expect(lanesOf(plan([output]))).toEqual(NONE())
      expect(lanesOf(plan([hash(a), output]))).toEqual(NONE(2))
    }
    expect(lanesOf(plan([hash(a), hash(b)]))).toEqual(NONE(2))
    expect(lanesOf(plan([hash(a, b), hash(b, a)]))).toEqual(NONE(2))
  })

  test('are not cut where one task reads, task after task is read, or parts would be many', () => {
    expect(lanesOf(plan([hash(a)]), 1)).toEqual(NONE())
    expect(lanesOf(plan([hash(a)], { concatenates: true }))).toEqual(NONE())
    expect(lanesOf(plan([hash(a)]), 8, 8).outputs).toEqual([8])
    expect(lanesOf(plan([hash(a)]), 8, 9)).toEqual(NONE())
    expect(lanesOf(plan([hash(a)]), 3, 1)).toEqual(NONE())
    expect(lanesOf(plan([hash(a)]), 3, 0)).toEqual(NONE())
  })
})
