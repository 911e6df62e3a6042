import type { TableScanNode, ValuesNode } from '../../planner/plan/node.js'
import type { LocalPlanContext, Stream } from './stream.js'
import { typesOf } from './stream.js'

export function planTableScan(node: TableScanNode, context: LocalPlanContext): Stream {
  const callerBound = context.isThreadBound(node.table.catalog)
  return {
    source: {
      kind: 'scan',
      planNodeId: node.id,
      scanId: context.nextScanId++,
      table: node.table,
      columns: node.columns,
      types: typesOf(node.outputs),
      dynamicFilters: [],
    },
    operators: [],
    layout: node.outputs,
    parallel: context.threads > 0 && !callerBound,
    callerBound,
    dependsOn: [],
  }
}

export const planValues = (node: ValuesNode): Stream => ({
  source: { kind: 'values', planNodeId: node.id, types: typesOf(node.outputs), rows: node.rows },
  operators: [],
  layout: node.outputs,
  parallel: false,
  callerBound: false,
  dependsOn: [],
})
