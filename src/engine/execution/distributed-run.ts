import type { CatalogDescriptor } from '../../dataflow/threads/messages.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { stateTypes } from '../../operators/aggregation/aggregation.js'
import type { Estimator } from '../../planner/cost/estimator.js'
import { scansOf } from '../../planner/cost/table-statistics.js'
import { fragmentPlan } from '../../planner/fragmenter/fragmenter.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import type {
  OutputNode,
  PlanNode,
  TableReference,
  TableWriterNode,
} from '../../planner/plan/node.js'
import { sourcesOf } from '../../planner/plan/structure.js'
import type { CatalogManager } from '../catalog/catalog-manager.js'
import type { QueryContext } from '../session/query-context.js'
import { dataSizeBytes, propertyText } from '../session/session-properties.js'

/** Whether only the node that plans queries can read a catalog. */
export function isCoordinatorOnly(catalogs: CatalogManager, name: string): boolean {
  const { connector, isLocal } = catalogs.get(name)
  // The engine's own catalogs show what is in this process, or its folder.
  if (name.startsWith('$')) return true
  return isLocal === true || connector.threadBound === true || connector.nodeBound === true
}

/** Whether a plan reads anything that several nodes can read. */
export const isDistributable = (plan: PlanNode, catalogs: CatalogManager): boolean =>
  scansOf(plan).some((scan) => !isCoordinatorOnly(catalogs, scan.table.catalog))

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

/** A plan that runs in one node. */
export const wholePlan = (plan: OutputNode): PlanFragment => ({
  id: 0,
  root: plan,
  partitioning: 'single',
  output: { kind: 'single' },
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
  },
): readonly PlanFragment[] {
  const { session } = context
  const { registry, catalogs, estimator, nodeCount } = options
  return fragmentPlan(plan, {
    estimator,
    nodeCount,
    joinDistributionType: propertyText(session, 'join_distribution_type').toUpperCase() as
      | 'AUTOMATIC'
      | 'BROADCAST'
      | 'PARTITIONED',
    joinMaxBroadcastTableBytes: dataSizeBytes(
      propertyText(session, 'join_max_broadcast_table_size'),
    ),
    isCoordinatorOnly: (table: TableReference) => isCoordinatorOnly(catalogs, table.catalog),
    stateTypes: (aggregate) =>
      stateTypes(aggregate, (resolved) => registry.intermediateType(resolved)),
  })
}

/** The catalogs that a fragment's nodes make to read its tables. */
export function catalogsOf(
  fragment: PlanFragment,
  catalogs: CatalogManager,
): readonly CatalogDescriptor[] {
  // What only the coordinator reads is there already.
  if (fragment.partitioning === 'coordinator') return []
  const names = new Set(scansOf(fragment.root).map((scan) => scan.table.catalog))
  return [...names].map((name) => {
    const { connectorName, config } = catalogs.get(name)
    return { name, connectorName, config }
  })
}
