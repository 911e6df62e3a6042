import { describe, expect, test } from 'vitest'
import {
  endPipeline,
  type LocalPlanContext,
  type Stream,
  withOperator,
} from '../../../../src/dataflow/local-plan/stream.js'
import type { SinkSpec } from '../../../../src/dataflow/pipeline.js'
import { input } from '../../../../src/expressions/ir-build.js'
import type { OperatorSpec } from '../../../../src/operators/spec.js'
import { BIGINT } from '../../../../src/spi/index.js'

const context = (): LocalPlanContext => ({
  threads: 2,
  pipelines: [],
  nextPipelineId: 0,
  nextScanId: 0,
  maySpill: false,
  isThreadBound: () => false,
  isSmall: () => false,
  tableRows: () => undefined,
  estimatedRows: () => undefined,
  keyFilters: new Map(),
  intermediateType: () => BIGINT,
  onlyStreamsAbove: false,
  plan: () => {
    throw new Error('nothing is planned below')
  },
})

const stream = (operators: readonly OperatorSpec[]): Stream => ({
  source: { kind: 'values', planNodeId: '0', types: [BIGINT], rows: [] },
  operators,
  layout: [{ name: 'a', type: BIGINT }],
  parallel: true,
  callerBound: false,
  dependsOn: [],
})

describe('the end of a pipeline', () => {
  const filter = {
    kind: 'filterProject',
    planNodeId: '1',
    projections: [input(0, BIGINT)],
  } as const
  const limit = { kind: 'limit', planNodeId: '2', count: 10 } as const
  const types = [BIGINT]
  const topN = { kind: 'topN', planNodeId: '4', orderBy: [], types, count: 10 } as const
  const joinsSmallPages = (operators: readonly OperatorSpec[], sink: SinkSpec) => {
    const plan = context()
    endPipeline(plan, stream(operators), sink)
    return plan.pipelines[0]!.operators.flatMap((o) =>
      o.kind === 'filterProject' ? [o.joinsSmallPages === true] : [],
    )
  }

  test('has filters put small pages together where nobody waits for rows', () => {
    expect(joinsSmallPages([filter, filter], { kind: 'collect', types })).toEqual([true, true])
    const keyFilters = { kind: 'keyFilters', planNodeId: '3', types, keyChannels: [0] } as const
    expect(joinsSmallPages([filter], keyFilters)).toEqual([true])
  })

  test('but not where rows are passed on as they come, or few are enough', () => {
    expect(joinsSmallPages([filter], { kind: 'output', types })).toEqual([false])
    expect(joinsSmallPages([filter], { kind: 'channel', types })).toEqual([false])
    expect(joinsSmallPages([filter, limit], { kind: 'collect', types })).toEqual([false])
    expect(joinsSmallPages([limit, filter, topN], { kind: 'output', types })).toEqual([false])
  })

  test('nor after what collects them, in a pipeline whose pages are seen', () => {
    expect(joinsSmallPages([filter, topN, filter], { kind: 'output', types })).toEqual([
      true,
      false,
    ])
    expect(joinsSmallPages([filter, topN, filter, limit], { kind: 'channel', types })).toEqual([
      true,
      false,
    ])
  })
})

describe('rows that are divided by keys', () => {
  const symbols = (...names: string[]) => names.map((name) => ({ name, type: BIGINT }))
  const [a] = symbols('a')
  const shared: Stream = { ...stream([]), layout: symbols('a', 'b'), sharedBy: [a!] }
  const project = (...channels: number[]) =>
    ({
      kind: 'filterProject',
      planNodeId: '1',
      projections: channels.map((channel) => input(channel, BIGINT)),
    }) as const
  const sharedBy = (operator: OperatorSpec, ...names: string[]) =>
    withOperator(shared, operator, symbols(...names)).sharedBy

  test('stay so while the keys are passed on as they are', () => {
    expect(sharedBy(project(1, 0), 'b', 'a')).toEqual([a])
    expect(sharedBy(project(1), 'b')).toBe(undefined)
    expect(sharedBy(project(1), 'a')).toBe(undefined)
    const grouped = {
      kind: 'aggregation',
      planNodeId: '2',
      step: 'single',
      keyChannels: [0],
      keyTypes: [BIGINT],
      aggregates: [],
      globalRow: false,
      outputTypes: [BIGINT],
    } as const
    expect(sharedBy(grouped, 'a')).toEqual([a])
    expect(sharedBy(grouped, 'c', 'a')).toBe(undefined)
  })

  test('but not beside rows that have nulls in their place', () => {
    const join = {
      kind: 'lookupJoin',
      planNodeId: '3',
      type: 'full',
      indexPipeline: 0,
      probeKeys: [0],
      probeTypes: [BIGINT, BIGINT],
      buildTypes: [BIGINT],
      probeOutputs: [0, 1],
      buildOutputs: [0],
    } as const
    expect(sharedBy(join, 'a', 'b', 'c')).toBe(undefined)
  })
})
