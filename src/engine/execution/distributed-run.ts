import type { CatalogDescriptor } from '../../dataflow/threads/messages.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { stateTypes } from '../../operators/aggregation/aggregation.js'
import type { Estimator } from '../../planner/cost/estimator.js'
import { scansOf } from '../../planner/cost/table-statistics.js'
import type { ScanPartitioning } from '../../planner/fragmenter/add-exchanges.js'
import { fragmentPlan } from '../../planner/fragmenter/fragmenter.js'
import type { SkewKnowledge } from '../../planner/fragmenter/skew-sample.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import type {
  OutputNode,
  PlanNode,
  TableReference,
  TableWriterNode,
} from '../../planner/plan/node.js'
import { sourcesOf } from '../../planner/plan/structure.js'
import { plainKey } from '../../spi/index.js'
import type { CatalogManager } from '../catalog/catalog-manager.js'
import type { QueryContext } from '../session/query-context.js'
import { propertyText } from '../session/session-properties.js'
import { dataSizeBytes } from '../session/system-property.js'

/** The nodes that alone have parts of a table; empty where it does not lie on several. */
export const nodesOf = (
  catalogs: CatalogManager,
  { catalog, handle }: TableReference,
): readonly string[] => catalogs.get(catalog).connector.nodesOf?.(handle) ?? []

/** Whether only the node that plans queries can read a table. */
export function isCoordinatorOnly(catalogs: CatalogManager, table: TableReference): boolean {
  const { connector, isLocal } = catalogs.get(table.catalog)
  // The engine's own catalogs show what is in this process, or its folder.
  if (table.catalog.startsWith('$')) return true
  if (isLocal === true || connector.threadBound === true) return true
  return connector.nodeBound === true && nodesOf(catalogs, table).length === 0
}

/** Whether a plan reads anything that several nodes can read. */
export const isDistributable = (plan: PlanNode, catalogs: CatalogManager): boolean =>
  scansOf(plan).some((scan) => !isCoordinatorOnly(catalogs, scan.table))

/** The nodes that alone can read parts of what a plan reads. */
export const nodesReadBy = (plan: PlanNode, catalogs: CatalogManager): ReadonlySet<string> =>
  new Set(scansOf(plan).flatMap(({ table }) => nodesOf(catalogs, table)))

/** A plan that writes, cut at its writer: the query whose rows are written. Undefined where it has none. */
export function writerOf(plan: PlanNode): TableWriterNode | undefined {
  if (plan.kind === 'tableWriter') return plan
  for (const source of sourcesOf(plan)) {
    const found = writerOf(source)
    if (found !== undefined) return found
  }
  return undefined
}

/** The rows that a writer takes, as a query. */
export const rowsToWrite = (writer: TableWriterNode): OutputNode => ({
  kind: 'output',
  id: writer.id,
  source: writer.source,
  columnNames: writer.columnNames,
  outputs: writer.columns,
})

/** What each task gives that writes its rows: their number, and what its sinks told. */
export const partsWritten = (writer: TableWriterNode): OutputNode => ({
  kind: 'output',
  id: `${Number(writer.id) + 1}`,
  // The connector's handle of the write comes with the tasks.
  source: { ...writer, target: { ...writer.target, handle: null } },
  columnNames: ['rows', 'fragment'],
  outputs: [writer.rowCountSymbol, writer.fragmentSymbol],
})

/** A plan that runs in one node. */
export const wholePlan = (plan: OutputNode): PlanFragment => ({
  id: 0,
  root: plan,
  partitioning: 'single',
  output: { kind: 'single' },
  partitionedScans: [],
  nodeRows: new Map(),
  inputBytes: 0,
})

/** The fragments of a plan over a number of nodes. */
export function fragmentsOf(
  plan: OutputNode,
  context: QueryContext,
  options: {
    readonly registry: FunctionRegistry
    readonly catalogs: CatalogManager
    readonly estimator: Estimator
    readonly nodeCount: number
    readonly partitionings: ReadonlyMap<string, ScanPartitioning>
    /** Tasks run again by themselves. */
    readonly retriesTasks: boolean
    readonly skew?: SkewKnowledge
  },
): readonly PlanFragment[] {
  const { session } = context
  const { registry, catalogs, estimator, nodeCount, partitionings, retriesTasks, skew } = options
  return fragmentPlan(plan, {
    estimator,
    nodeCount,
    partitionings,
    ...(skew === undefined ? {} : { skew }),
    joinDistributionType: propertyText(session, 'join_distribution_type').toUpperCase() as
      | 'AUTOMATIC'
      | 'BROADCAST'
      | 'PARTITIONED',
    joinMaxBroadcastTableBytes: dataSizeBytes(
      propertyText(session, 'join_max_broadcast_table_size'),
    ),
    prefersPartialAggregation: propertyText(session, 'prefer_partial_aggregation') === 'true',
    redistributesWrites: propertyText(session, 'redistribute_writes') === 'true',
    distributedSort: propertyText(session, 'distributed_sort') === 'true',
    // Ranges are agreed on by tasks that all run at once.
    sortDistributionType: retriesTasks
      ? 'MERGE'
      : (propertyText(session, 'sort_distribution_type').toUpperCase() as
          | 'AUTOMATIC'
          | 'MERGE'
          | 'RANGE'),
    isCoordinatorOnly: (table: TableReference) => isCoordinatorOnly(catalogs, table),
    stateTypes: (aggregate) =>
      stateTypes(aggregate, (resolved) => registry.intermediateType(resolved)),
  })
}

/** How connectors partition the scans of a plan, by plan node; those of which some key is not read are left out. */
export async function partitioningsOf(
  plan: PlanNode,
  context: QueryContext,
): Promise<ReadonlyMap<string, ScanPartitioning>> {
  const found = new Map<string, ScanPartitioning>()
  const names = ['colocated_join', 'use_table_scan_node_partitioning']
  if (names.some((name) => propertyText(context.session, name) !== 'true')) return found
  for (const { id, table, columns, outputs } of scansOf(plan)) {
    const metadata = await context.metadata(table.catalog)
    const session = context.connectorSession(table.catalog)
    const properties = await metadata.getTableProperties?.(session, table.handle)
    if (properties?.tablePartitioning === undefined) continue
    const { partitioningHandle, partitioningColumns } = properties.tablePartitioning
    const read = columns.map(plainKey)
    const keys = partitioningColumns.map((column) => outputs[read.indexOf(plainKey(column))]?.name)
    if (!keys.every((key) => key !== undefined)) continue
    found.set(id, { handle: plainKey([table.catalog, partitioningHandle]), keys })
  }
  return found
}

/** The catalogs that a fragment's nodes make to read its tables. */
export function catalogsOf(
  fragment: PlanFragment,
  catalogs: CatalogManager,
): readonly CatalogDescriptor[] {
  // What only the coordinator reads is there already.
  if (fragment.partitioning === 'coordinator') return []
  const writer = writerOf(fragment.root)
  const names = new Set([
    ...scansOf(fragment.root).map((scan) => scan.table.catalog),
    ...(writer === undefined ? [] : [writer.target.catalog]),
  ])
  return [...names].map((name) => {
    const { connectorName, config } = catalogs.get(name)
    return { name, connectorName, config }
  })
}
