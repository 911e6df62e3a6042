import type { TableScanNode, ValuesNode } from '../../planner/plan/node.js'
import { channelsOf, type LocalPlanContext, type Stream, typesOf, withOperator } from './stream.js'

/** A scan, and the dynamic filters that drop rows of it early. */
export const planTableScan = (node: TableScanNode, context: LocalPlanContext): Stream =>
  withDynamicFilters(planScan(node, context), node, context)

/** A scan alone; {@link withDynamicFilters} follows after the filters over it, which cost less a row. */
export function planScan(node: TableScanNode, context: LocalPlanContext): Stream {
  const callerBound = context.isThreadBound(node.table.catalog)
  return {
    source: {
      kind: 'scan',
      planNodeId: node.id,
      scanId: context.nextScanId++,
      table: node.table,
      columns: node.columns,
      types: typesOf(node.outputs),
    },
    operators: [],
    layout: node.outputs,
    parallel: context.threads > 0 && !callerBound && !context.isSmall(node),
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

/**
 * Drops rows whose keys are not in the index of a join further up: a semi-join in advance, where the index is built
 * before and all its keys are columns of the scan.
 */
export function withDynamicFilters(
  stream: Stream,
  node: TableScanNode,
  context: LocalPlanContext,
): Stream {
  const found = (node.dynamicFilters ?? []).flatMap(({ id, symbol }) => {
    const index = context.indexes.get(id)
    return index === undefined ? [] : [{ index, symbol }]
  })
  const pipelines = new Set(found.map(({ index }) => index.indexPipeline))
  let filtered = stream
  for (const indexPipeline of pipelines) {
    const keys = found.filter(({ index }) => index.indexPipeline === indexPipeline)
    const { keyCount, buildTypes } = keys[0]!.index
    const symbols = Array.from(
      { length: keyCount },
      (_, key) => keys.find(({ index }) => index.keyIndex === key)?.symbol,
    )
    if (!symbols.every((symbol) => symbol !== undefined)) continue
    const operator = {
      kind: 'semiJoin',
      planNodeId: node.id,
      mode: 'semi',
      nullAware: false,
      indexPipeline,
      probeKeys: channelsOf(filtered.layout, symbols),
      probeTypes: typesOf(filtered.layout),
      buildTypes,
    } as const
    filtered = {
      ...withOperator(filtered, operator),
      dependsOn: [...filtered.dependsOn, indexPipeline],
    }
  }
  return filtered
}
