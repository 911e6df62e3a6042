import type { OperatorSpec } from '../../operators/spec.js'
import type {
  AssignUniqueIdNode,
  EnforceSingleRowNode,
  GroupIdNode,
  MarkDistinctNode,
  PlanNode,
  RowNumberNode,
  SampleNode,
  TopNRankingNode,
  UnnestNode,
  WindowNode,
} from '../../planner/plan/node.js'
import { outputsOf } from '../../planner/plan/structure.js'
import type { PlanSymbol } from '../../planner/plan/symbol.js'
import {
  bindInputs,
  channelOf,
  channelOrder,
  channelsOf,
  frameBoundSpec,
  gather,
  gatherByKey,
  type LocalPlanContext,
  type Stream,
  typesOf,
  withOperator,
} from './stream.js'

/** Nodes that add columns or change rows, one operator each. */

export function planEnforceSingleRow(
  node: EnforceSingleRowNode,
  context: LocalPlanContext,
): Stream {
  const stream = gather(context, context.plan(node.source))
  return withOperator(stream, {
    kind: 'enforceSingleRow',
    planNodeId: node.id,
    types: typesOf(stream.layout),
  })
}

export function planAssignUniqueId(node: AssignUniqueIdNode, context: LocalPlanContext): Stream {
  const stream = context.plan(node.source)
  const operator = { kind: 'assignUniqueId', planNodeId: node.id } as const
  return withOperator(stream, operator, outputsOf(node))
}

/** The rows of a node's source, those with equal keys in one driver. */
const byKey = (
  node: PlanNode & { readonly source: PlanNode },
  keys: readonly PlanSymbol[],
  context: LocalPlanContext,
): Stream =>
  gatherByKey(context, context.plan(node.source), keys, context.estimatedRows(node.source), node.id)

export function planMarkDistinct(node: MarkDistinctNode, context: LocalPlanContext): Stream {
  const stream = byKey(node, node.distinctSymbols, context)
  return withOperator(
    stream,
    {
      kind: 'markDistinct',
      planNodeId: node.id,
      channels: channelsOf(stream.layout, node.distinctSymbols),
      types: typesOf(stream.layout),
    },
    outputsOf(node),
  )
}

export function planGroupId(node: GroupIdNode, context: LocalPlanContext): Stream {
  const stream = context.plan(node.source)
  const sets = node.groupingSets.map((set) =>
    node.groupingColumns.map((column) =>
      set.some((symbol) => symbol.name === column.output.name)
        ? channelOf(stream.layout, column.input)
        : -1,
    ),
  )
  const operator = {
    kind: 'groupId',
    planNodeId: node.id,
    sets,
    keyTypes: node.groupingColumns.map((column) => column.output.type),
    argumentChannels: channelsOf(stream.layout, node.aggregationArguments),
  } as const
  return withOperator(stream, operator, outputsOf(node))
}

export function planWindow(node: WindowNode, context: LocalPlanContext): Stream {
  const stream = byKey(node, node.partitionBy, context)
  const { layout } = stream
  const operator: OperatorSpec = {
    kind: 'window',
    planNodeId: node.id,
    types: typesOf(layout),
    partitionBy: channelsOf(layout, node.partitionBy),
    orderBy: channelOrder(layout, node.orderBy),
    functions: node.functions.map((f) => ({
      function: f.function,
      args: f.args.map((arg) => bindInputs(arg, layout)),
      frame: {
        unit: f.frame.unit,
        start: frameBoundSpec(f.frame.start, layout),
        end: frameBoundSpec(f.frame.end, layout),
      },
      ignoreNulls: f.ignoreNulls,
      ...(f.distinct === true ? { distinct: true } : {}),
      ...(f.orderBy === undefined ? {} : { orderBy: channelOrder(layout, f.orderBy) }),
      ...(f.filter === undefined ? {} : { filterChannel: channelOf(layout, f.filter) }),
    })),
  }
  return withOperator(stream, operator, outputsOf(node))
}

export function planRowNumber(node: RowNumberNode, context: LocalPlanContext): Stream {
  const stream = byKey(node, node.partitionBy, context)
  const operator: OperatorSpec = {
    kind: 'rowNumber',
    planNodeId: node.id,
    types: typesOf(stream.layout),
    partitionBy: channelsOf(stream.layout, node.partitionBy),
    ...(node.maxRowsPerPartition === undefined
      ? {}
      : { maxRowsPerPartition: node.maxRowsPerPartition }),
  }
  return withOperator(stream, operator, outputsOf(node))
}

export function planTopNRanking(node: TopNRankingNode, context: LocalPlanContext): Stream {
  const stream = byKey(node, node.partitionBy, context)
  const operator: OperatorSpec = {
    kind: 'topNRanking',
    planNodeId: node.id,
    types: typesOf(stream.layout),
    ranking: node.ranking,
    partitionBy: channelsOf(stream.layout, node.partitionBy),
    orderBy: channelOrder(stream.layout, node.orderBy),
    maxRanking: node.maxRanking,
  }
  return withOperator(stream, operator, outputsOf(node))
}

export function planUnnest(node: UnnestNode, context: LocalPlanContext): Stream {
  const stream = context.plan(node.source)
  const operator: OperatorSpec = {
    kind: 'unnest',
    planNodeId: node.id,
    types: typesOf(stream.layout),
    replicated: channelsOf(stream.layout, node.replicated),
    unnested: channelsOf(
      stream.layout,
      node.mappings.map((m) => m.input),
    ),
    ordinality: node.ordinality !== undefined,
    type: node.type,
  }
  return withOperator(stream, operator, outputsOf(node))
}

export function planSample(node: SampleNode, context: LocalPlanContext): Stream {
  const stream = context.plan(node.source)
  return withOperator(stream, { kind: 'sample', planNodeId: node.id, ratio: node.ratio })
}
