import type { PipelineSpec, ScanSource } from '../../../src/dataflow/pipeline.js'
import type { LookupJoinSpec, OperatorSpec } from '../../../src/operators/spec.js'
import { BIGINT } from '../../../src/spi/index.js'

export const scan = (expectedRows?: number): ScanSource => ({
  kind: 'scan',
  planNodeId: '0',
  scanId: 0,
  table: { catalog: 'memory', schema: 'default', table: 't', handle: {} },
  columns: [],
  types: [BIGINT],
  ...(expectedRows === undefined ? {} : { expectedRows }),
  dynamicFilters: [],
})
export const pipeline = (
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
export const join = (type: LookupJoinSpec['type']): OperatorSpec => ({
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
