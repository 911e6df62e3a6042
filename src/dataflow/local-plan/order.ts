import type { ChannelOrder } from '../../operators/spec.js'
import type { LimitNode, OffsetNode, SortNode, TopNNode } from '../../planner/plan/node.js'
import { isBoundType } from '../bound-domain.js'
import type { SourceSpec } from '../pipeline.js'
import {
  channelOrder,
  collected,
  endPipeline,
  gather,
  type LocalPlanContext,
  type Stream,
  typesOf,
  withOperator,
} from './stream.js'

/**
 * Each driver sorts its rows; the runs are merged. What is known of them is asked for between the two. Where nothing above collects
 * rows again, several drivers merge, each every so manieth page, and the calling thread takes their pages in turns.
 */
export function planSort(node: SortNode, context: LocalPlanContext): Stream {
  const { onlyStreamsAbove } = context
  context.onlyStreamsAbove = false
  const stream = context.plan(node.source)
  const orderBy = channelOrder(stream.layout, node.orderBy)
  const types = typesOf(stream.layout)
  const sorted = withOperator(stream, { kind: 'sort', planNodeId: node.id, orderBy, types })
  const isSampled = node.id === context.sampledSort
  if (!stream.parallel && !isSampled) return sorted
  const pipeline = endPipeline(context, sorted, { kind: 'collect', types })
  if (isSampled) context.sortedRuns = { pipeline, orderBy, types }
  const merged: Stream = {
    source: { kind: 'merge', pipeline, types, orderBy },
    operators: [],
    layout: stream.layout,
    parallel: false,
    callerBound: false,
    dependsOn: [pipeline],
  }
  if (!stream.parallel || !onlyStreamsAbove) return merged
  return throughChannel(context, { ...merged, parallel: true })
}

/**
 * Each driver keeps its first rows, and tells the others and the scan how late rows may still come; one driver keeps the first of those.
 */
export function planTopN(node: TopNNode, context: LocalPlanContext): Stream {
  const stream = context.plan(node.source)
  const orderBy = channelOrder(stream.layout, node.orderBy)
  const operator = {
    kind: 'topN',
    planNodeId: node.id,
    orderBy,
    types: typesOf(stream.layout),
    count: node.count,
  } as const
  if (!stream.parallel) return withOperator(stream, operator)
  const source = boundSource(stream, orderBy[0]!)
  const first = withOperator({ ...stream, source }, { ...operator, sharesBound: true })
  return withOperator(collected(context, first, false), operator)
}

/** The source of rows that are ordered by one of its columns first, which is told the bound. */
function boundSource({ source, operators, layout }: Stream, first: ChannelOrder): SourceSpec {
  const { ascending, nullsFirst } = first
  const type = layout[first.channel]!.type
  if (source.kind !== 'scan' || source.isTableFunction === true || !isBoundType(type)) return source
  let { channel } = first
  for (const operator of operators.toReversed()) {
    if (operator.kind !== 'filterProject') return source
    const projection = operator.projections[channel]!
    if (projection.kind !== 'input') return source
    channel = projection.channel
  }
  const column = source.columns[channel]
  return { ...source, boundBy: { column, type, ascending, nullsFirst } }
}

export function planLimit(node: LimitNode, context: LocalPlanContext): Stream {
  const stream = context.plan(node.source)
  const operator = {
    kind: 'limit',
    planNodeId: node.id,
    count: node.count,
    ...(node.tiesOrderBy === undefined
      ? {}
      : { ties: channelOrder(stream.layout, node.tiesOrderBy) }),
  } as const
  const first = withOperator(stream, operator)
  return stream.parallel ? withOperator(passedOn(context, first), operator) : first
}

export function planOffset(node: OffsetNode, context: LocalPlanContext): Stream {
  const stream = context.plan(node.source)
  const single = stream.parallel ? passedOn(context, stream) : stream
  return withOperator(single, { kind: 'offset', planNodeId: node.id, count: node.count })
}

/**
 * Brings rows into one driver. Where nothing above collects rows again, the calling thread takes them page by page, so
 * that the first ones come at once and a met LIMIT stops the producers.
 */
function passedOn(context: LocalPlanContext, stream: Stream): Stream {
  return context.onlyStreamsAbove ? throughChannel(context, stream) : gather(context, stream)
}

/** What the drivers of a stream give, page by page, in the calling thread. */
function throughChannel(context: LocalPlanContext, stream: Stream): Stream {
  const types = typesOf(stream.layout)
  const pipeline = endPipeline(context, stream, { kind: 'channel', types })
  return {
    source: { kind: 'channel', pipeline, types },
    operators: [],
    layout: stream.layout,
    parallel: false,
    callerBound: true,
    dependsOn: [pipeline],
  }
}
