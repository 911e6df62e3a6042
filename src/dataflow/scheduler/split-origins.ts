import type { PlanFragment } from '../../planner/plan/fragment.js'
import type { PlanNode, TableReference } from '../../planner/plan/node.js'
import { sourcesOf } from '../../planner/plan/structure.js'
import type { ConnectorSplitSource } from '../../spi/index.js'
import type { TaskNode } from '../task/task-request.js'
import { SplitAssigner } from './split-assigner.js'

/** What a connector gives splits of: a table, or a table function without table arguments. */
export interface SplitOrigin {
  readonly table: TableReference
  readonly isTableFunction: boolean
  /** What joins may say of its columns: filters by their ids. */
  readonly dynamicFilters: readonly { readonly id: string; readonly column: unknown }[]
}

/** Makes what hands the splits of a fragment's scans to its tasks, by plan node. @param nodes of the tasks */
export function assignersOf(
  fragment: PlanFragment,
  nodes: readonly TaskNode[],
  openSplits: (origin: SplitOrigin) => Promise<ConnectorSplitSource>,
): ReadonlyMap<string, SplitAssigner> {
  const names = nodeNames(nodes)
  return new Map(
    originsOf(fragment.root).map(([planNodeId, origin]) => [
      planNodeId,
      new SplitAssigner(
        () => openSplits(origin),
        names,
        nodes.length,
        fragment.partitionedScans.includes(planNodeId)
          ? nodes.map(({ nodeId }) => nodeId)
          : undefined,
      ),
    ]),
  )
}

function originsOf(node: PlanNode): readonly (readonly [string, SplitOrigin])[] {
  if (node.kind === 'tableScan') {
    const dynamicFilters = (node.dynamicFilters ?? []).map(({ id, symbol }) => ({
      id,
      column: node.columns[node.outputs.findIndex(({ name }) => name === symbol.name)],
    }))
    return [[node.id, { table: node.table, isTableFunction: false, dynamicFilters }]]
  }
  if (node.kind === 'tableFunction' && node.sources.length === 0) {
    const { name, ...reference } = node.function
    const table = { ...reference, table: name }
    return [[node.id, { table, isTableFunction: true, dynamicFilters: [] }]]
  }
  return sourcesOf(node).flatMap(originsOf)
}

/** The names by which splits call nodes. */
const nodeNames = (nodes: readonly TaskNode[]): ReadonlyMap<string, string> =>
  new Map(nodes.flatMap(({ nodeId, uri }) => [nodeId, new URL(uri).host].map((n) => [n, nodeId])))
