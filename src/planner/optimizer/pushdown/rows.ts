import type { ConnectorSortItem } from '../../../spi/index.js'
import type { LimitNode, PlanNode, SampleNode, TableScanNode, TopNNode } from '../../plan/node.js'
import type { OptimizerContext } from '../context.js'

type Over<N extends PlanNode> = N & { readonly source: TableScanNode }

const onHandle = (scan: TableScanNode, handle: unknown): TableScanNode => ({
  ...scan,
  table: { ...scan.table, handle },
})

const noted = (scan: TableScanNode, note: string): TableScanNode => ({
  ...scan,
  pushdownNotes: [...new Set([...(scan.pushdownNotes ?? []), note])],
})

/** Columns by the names of their symbols, as connectors are told them. */
export const scanAssignments = (scan: TableScanNode): Readonly<Record<string, unknown>> =>
  Object.fromEntries(scan.outputs.map((symbol, i) => [symbol.name, scan.columns[i]]))

/** Offers a limit; a connector that guarantees it makes the engine's own needless. @source Trino PushLimitIntoTableScan */
export async function pushLimit(
  node: Over<LimitNode>,
  context: OptimizerContext,
): Promise<PlanNode | undefined> {
  if (node.tiesOrderBy !== undefined) return undefined
  const result = await context.metadata.applyLimit(node.source.table, node.count)
  if (result === undefined) return undefined
  const scan = noted(onHandle(node.source, result.handle), `pushed: LIMIT ${node.count}`)
  return result.limitGuaranteed ? scan : { ...node, source: scan }
}

export const sortItemsOf = ({ orderBy }: TopNNode): readonly ConnectorSortItem[] =>
  orderBy.map(({ symbol, ascending, nullsFirst }) => ({
    name: symbol.name,
    ascending,
    nullsFirst,
  }))

/** Offers a TopN. @source Trino PushTopNIntoTableScan */
export async function pushTopN(
  node: Over<TopNNode>,
  context: OptimizerContext,
): Promise<PlanNode | undefined> {
  const items = sortItemsOf(node)
  const assignments = scanAssignments(node.source)
  const result = await context.metadata.applyTopN(node.source.table, node.count, items, assignments)
  if (result === undefined) return undefined
  const scan = noted(onHandle(node.source, result.handle), `pushed: ORDER BY … LIMIT ${node.count}`)
  return result.topNGuaranteed ? scan : { ...node, source: scan }
}

/** Offers a sample; a connector that takes it does it. @source Trino PushSampleIntoTableScan */
export async function pushSample(
  node: Over<SampleNode>,
  context: OptimizerContext,
): Promise<PlanNode | undefined> {
  const type = node.type === 'system' ? 'SYSTEM' : 'BERNOULLI'
  const result = await context.metadata.applySample(node.source.table, type, node.ratio)
  return result && noted(onHandle(node.source, result.handle), `pushed: TABLESAMPLE ${type}`)
}
