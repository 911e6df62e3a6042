import type { PatternRecognitionNode, SortItem } from '../../planner/plan/node.js'
import { outputsOf } from '../../planner/plan/structure.js'
import { isOrderable } from '../../spi/index.js'
import { planSort } from './order.js'
import {
  channelOrder,
  channelsOf,
  frameBoundSpec,
  gather,
  type LocalPlanContext,
  type Stream,
  typesOf,
  withOperator,
} from './stream.js'

/** Sorts by partition and order, in as many drivers as there are, and matches in one, partition after partition. */
export function planPatternRecognition(
  node: PatternRecognitionNode,
  context: LocalPlanContext,
): Stream {
  const partition = node.partitionBy.map(
    (symbol): SortItem => ({
      symbol,
      ascending: true,
      nullsFirst: false,
    }),
  )
  const names = new Set(partition.map((item) => item.symbol.name))
  const orderBy = [...partition, ...node.orderBy.filter((item) => !names.has(item.symbol.name))]
  const stream = node.partitionBy.some((symbol) => !isOrderable(symbol.type))
    ? groupedStream(node, context)
    : orderBy.length === 0
      ? gather(context, context.plan(node.source))
      : planSort({ kind: 'sort', id: node.id, source: node.source, orderBy }, context)
  const { layout } = stream
  return withOperator(
    stream,
    {
      kind: 'patternRecognition',
      planNodeId: node.id,
      types: typesOf(layout),
      partitionBy: channelsOf(layout, node.partitionBy),
      inputs: channelsOf(layout, node.inputs),
      columns: channelsOf(layout, node.columns),
      pattern: node.spec,
      ...(node.frame === undefined ? {} : { frameEnd: frameBoundSpec(node.frame.end, layout) }),
    },
    outputsOf(node),
  )
}

/** Where keys have no order: a window without functions, which puts equal keys beside each other. */
function groupedStream(node: PatternRecognitionNode, context: LocalPlanContext): Stream {
  const stream = gather(context, context.plan(node.source))
  return withOperator(stream, {
    kind: 'window',
    planNodeId: node.id,
    types: typesOf(stream.layout),
    partitionBy: channelsOf(stream.layout, node.partitionBy),
    orderBy: channelOrder(stream.layout, node.orderBy),
    functions: [],
  })
}
