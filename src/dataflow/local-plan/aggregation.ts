import { input } from '../../expressions/ir-build.js'
import { stateTypes } from '../../operators/aggregation/aggregation.js'
import { isHashable } from '../../operators/keys/key-hash.js'
import type { AggregateSpec, AggregationSpec } from '../../operators/spec.js'
import type { AggregateCall, AggregationNode } from '../../planner/plan/node.js'
import { outputsOf } from '../../planner/plan/structure.js'
import type { PlanSymbol } from '../../planner/plan/symbol.js'
import {
  bindInputs,
  canDivide,
  channelOf,
  channelOrder,
  channelsOf,
  comesToAll,
  gather,
  gatherByKey,
  isAmong,
  isSharedAmong,
  type LocalPlanContext,
  type Stream,
  typesOf,
  withOperator,
} from './stream.js'

/**
 * One step in a single driver; in several, a partial step in each and a final one over what they collected, unless an
 * aggregate (DISTINCT, ORDER BY) needs all rows of a group in one place, or rows that have been collected anyway are hardly more than
 * their groups. Where groups are many, the drivers share them.
 * A fragment that has one of the steps only does that one.
 */
export function planAggregation(node: AggregationNode, context: LocalPlanContext): Stream {
  const stream = planSource(node, context)
  if (node.states !== undefined) return planStep(node, stream, node.states, context)
  if (isSharedBy(stream, node)) return oneStep(node, stream)
  const needsAllRows = node.aggregations.some(
    ({ call }) => call.distinct || call.orderBy !== undefined,
  )
  return stream.parallel && !needsAllRows && !isDividedAtOnce(node, stream, context)
    ? twoSteps(node, stream, context)
    : oneStep(node, inOnePlace(node, stream, context.estimatedRows(node.source), context))
}

/** What a fragment does of an aggregation, or what a plan does of it above and below a join. */
function planStep(
  node: AggregationNode,
  stream: Stream,
  states: States,
  context: LocalPlanContext,
): Stream {
  if (node.step === 'partial') return partialStep(node, stream, states)
  if (node.step === 'intermediate') return intermediateStep(node, stream, states)
  if (isSharedBy(stream, node)) return finalStep(node, stream, states)
  // States that other tasks send have been put together there; those of a join come as often as it gives them.
  const fewer =
    stream.parallel && node.source.kind !== 'remoteSource'
      ? intermediateStep(node, stream, states)
      : stream
  return finalStep(node, inOnePlace(node, fewer, context.estimatedRows(node), context), states)
}

/** Groups that are enough for each driver to have about as many rows as the others. */
const WANTED_GROUPS_MIN = 1000

/** What is grouped by more keys below, as for DISTINCT, had better be divided by the keys of this one: then it stays so. */
function planSource(node: AggregationNode, context: LocalPlanContext): Stream {
  const before = context.sharingWanted
  const groups = context.estimatedRows(node) ?? 0
  context.sharingWanted = groups < WANTED_GROUPS_MIN ? [] : node.groupingKeys
  const stream = context.plan(node.source)
  context.sharingWanted = before
  return stream
}

/** Whether all rows of each group are in one driver already. */
const isSharedBy = (stream: Stream, node: AggregationNode): boolean =>
  node.globalGroupingSets.length === 0 && isSharedAmong(stream, node.groupingKeys)

/** Rows of a group in one driver, and all in one where a row comes for no input. */
function inOnePlace(
  node: AggregationNode,
  stream: Stream,
  rows: number | undefined,
  context: LocalPlanContext,
): Stream {
  return node.globalGroupingSets.length > 0
    ? gather(context, stream)
    : gatherByKey(context, stream, sharingKeys(node, context), rows, node.id)
}

/** Any of the grouping's keys keep its groups together. */
function sharingKeys(
  { groupingKeys }: AggregationNode,
  { sharingWanted }: LocalPlanContext,
): readonly PlanSymbol[] {
  const isUseful = sharingWanted.some(({ type }) => isHashable(type))
  return isUseful && isAmong(sharingWanted, groupingKeys) ? sharingWanted : groupingKeys
}

const aggregateSpec = (call: AggregateCall, stream: Stream): AggregateSpec => ({
  function: call.function,
  args: call.args.map((arg) => bindInputs(arg, stream.layout)),
  distinct: call.distinct,
  ...(call.filter === undefined ? {} : { filterChannel: channelOf(stream.layout, call.filter) }),
  ...(call.mask === undefined ? {} : { maskChannel: channelOf(stream.layout, call.mask) }),
  ...(call.orderBy === undefined ? {} : { orderBy: channelOrder(stream.layout, call.orderBy) }),
})

function baseSpec(node: AggregationNode, stream: Stream) {
  return {
    kind: 'aggregation',
    planNodeId: node.id,
    keyChannels: channelsOf(stream.layout, node.groupingKeys),
    keyTypes: typesOf(node.groupingKeys),
  } as const
}

/** Grouping sets without keys give a row even for no input. */
function globalSpec(
  node: AggregationNode,
): Pick<AggregationSpec, 'globalRow' | 'globalGroupIds' | 'groupIdKey'> {
  if (node.groupingKeys.length === 0) return { globalRow: node.globalGroupingSets.length > 0 }
  if (node.globalGroupingSets.length === 0 || node.groupIdSymbol === undefined) {
    return { globalRow: false }
  }
  return {
    globalRow: true,
    globalGroupIds: node.globalGroupingSets,
    groupIdKey: channelOf(node.groupingKeys, node.groupIdSymbol),
  }
}

function oneStep(node: AggregationNode, stream: Stream): Stream {
  const layout = outputsOf(node)
  return withOperator(
    stream,
    {
      ...baseSpec(node, stream),
      ...globalSpec(node),
      step: 'single',
      aggregates: node.aggregations.map((a) => aggregateSpec(a.call, stream)),
      outputTypes: typesOf(layout),
    },
    layout,
  )
}

function twoSteps(node: AggregationNode, stream: Stream, context: LocalPlanContext): Stream {
  const states = node.aggregations.map(({ symbol, call }) =>
    stateTypes(call.function, context.intermediateType).map((type, i) => ({
      name: `${symbol.name}$state${i}`,
      type,
    })),
  )
  const partial = partialStep(node, stream, states, hasFewRepeats(node, context))
  return finalStep(node, inOnePlace(node, partial, context.estimatedRows(node), context), states)
}

type States = readonly (readonly PlanSymbol[])[]

/** A part of the rows that groups are fewer than where it pays to find them before the rows are divided by keys. */
const REPEATING_PART = 0.8

function hasFewRepeats(node: AggregationNode, context: LocalPlanContext): boolean {
  const groups = context.estimatedRows(node)
  const rows = context.estimatedRows(node.source)
  return groups !== undefined && rows !== undefined && groups > rows * REPEATING_PART
}

/** Whether a step before rows are divided by keys would only copy them: each driver takes its own where they lie. */
function isDividedAtOnce(node: AggregationNode, stream: Stream, context: LocalPlanContext) {
  const rows = context.estimatedRows(node.source)
  return (
    node.globalGroupingSets.length === 0 &&
    comesToAll(stream) &&
    canDivide(node.groupingKeys, rows) &&
    hasFewRepeats(node, context)
  )
}

/** States of the groups of each driver. */
function partialStep(
  node: AggregationNode,
  stream: Stream,
  states: States,
  expectsFewRepeats = false,
): Stream {
  const layout = [...node.groupingKeys, ...states.flat()]
  return withOperator(
    stream,
    {
      ...baseSpec(node, stream),
      globalRow: false,
      step: 'partial',
      ...(expectsFewRepeats ? { expectsFewRepeats } : {}),
      aggregates: node.aggregations.map((a) => aggregateSpec(a.call, stream)),
      outputTypes: typesOf(layout),
    },
    layout,
  )
}

/** States of each driver's groups, put together. */
function intermediateStep(node: AggregationNode, stream: Stream, states: States): Stream {
  const layout = [...node.groupingKeys, ...states.flat()]
  return withOperator(
    stream,
    {
      ...baseSpec(node, stream),
      globalRow: false,
      step: 'intermediate',
      aggregates: mergingSpecs(node, stream, states),
      outputTypes: typesOf(layout),
    },
    layout,
  )
}

const mergingSpecs = (
  node: AggregationNode,
  stream: Stream,
  states: States,
): readonly AggregateSpec[] =>
  node.aggregations.map((a, i) => ({
    function: a.call.function,
    args: states[i]!.map((state) => input(channelOf(stream.layout, state), state.type)),
    distinct: false,
  }))

function finalStep(node: AggregationNode, stream: Stream, states: States): Stream {
  const layout = [...node.groupingKeys, ...node.aggregations.map((a) => a.symbol)]
  return withOperator(
    stream,
    {
      ...baseSpec(node, stream),
      ...globalSpec(node),
      step: 'final',
      aggregates: mergingSpecs(node, stream, states),
      outputTypes: typesOf(layout),
    },
    layout,
  )
}
