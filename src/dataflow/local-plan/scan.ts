import type { FilterProjectSpec } from '../../operators/spec.js'
import type { RemoteSourceNode, TableScanNode, ValuesNode } from '../../planner/plan/node.js'
import { channelOf, channelOrder, type LocalPlanContext, type Stream, typesOf } from './stream.js'

/** A scan alone: what is over it applies its {@link keyFilters}. */
export function planScan(node: TableScanNode, context: LocalPlanContext): Stream {
  const callerBound = context.isThreadBound(node.table.catalog)
  const rows = context.tableRows(node)
  return {
    source: {
      kind: 'scan',
      planNodeId: node.id,
      scanId: context.nextScanId++,
      table: node.table,
      columns: node.columns,
      types: typesOf(node.outputs),
      ...(rows === undefined ? {} : { expectedRows: rows }),
      dynamicFilters: keyFilters(node, context).map(({ channel, ...ref }) => ({
        ...ref,
        column: node.columns[channel],
      })),
      knownDomains: (node.dynamicFilters ?? []).flatMap(({ id, symbol }) => {
        const domain = context.knownFilters[id]
        if (domain === undefined) return []
        return [{ column: node.columns[channelOf(node.outputs, symbol)], domain }]
      }),
    },
    operators: [],
    layout: node.outputs,
    parallel: context.threads > 1 && !callerBound && !context.isSmall(node),
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

/** Whether the rows of other fragments come in an order that one driver has to keep. */
export const comesInOrder = ({ orderBy, concatenates }: RemoteSourceNode): boolean =>
  orderBy !== undefined || concatenates === true

/**
 * What other fragments hand over: worker threads get it, unless it comes in order or is little, or the rows only flow to the
 * consumer, who is in the calling thread as the connections are.
 */
export function planRemoteSource(node: RemoteSourceNode, context: LocalPlanContext): Stream {
  const parallel =
    context.threads > 1 &&
    !comesInOrder(node) &&
    !context.onlyStreamsAbove &&
    !context.isSmall(node)
  // With fewer lanes than threads, some would have nothing to do.
  const lanes =
    parallel && node.lanes !== undefined && node.lanes.count >= context.threads
      ? node.lanes
      : undefined
  return {
    source: {
      kind: 'remote',
      planNodeId: node.id,
      fragments: node.fragments,
      types: typesOf(node.outputs),
      ...(node.orderBy === undefined ? {} : { orderBy: channelOrder(node.outputs, node.orderBy) }),
      ...(node.concatenates ? { concatenates: true } : {}),
      ...(lanes === undefined ? {} : { lanes: lanes.count }),
    },
    operators: [],
    layout: node.outputs,
    parallel,
    ...(lanes === undefined ? {} : { sharedBy: lanes.keys }),
    callerBound: !parallel,
    dependsOn: [],
  }
}

/** What joins further up, if their keys are known before the scan runs, say about its columns. */
export const keyFilters = (
  node: TableScanNode,
  context: LocalPlanContext,
): NonNullable<FilterProjectSpec['keyFilters']> =>
  (node.dynamicFilters ?? []).flatMap(({ id, symbol }) => {
    const filter = context.keyFilters.get(id)
    return filter === undefined ? [] : [{ ...filter, channel: channelOf(node.outputs, symbol) }]
  })
