import { describe, expect, test } from 'vitest'
import {
  endPipeline,
  type LocalPlanContext,
  type Stream,
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
