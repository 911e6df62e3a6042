import type { AggregationNode, PlanNode } from '../plan/node.js'
import { outputsOf, withSources } from '../plan/structure.js'
import type { ExchangeContext } from './add-exchanges.js'
import { type Distributed, keepsTogether, restrict } from './distribution.js'

/**
 * Groups in the tasks where their rows are, if each group's rows are in one; otherwise states are made where the rows are and
 * put together where the group belongs. What needs all rows of a group at once (DISTINCT, ORDER BY) gets the rows themselves.
 */
export function distributeAggregation(
  node: AggregationNode,
  context: ExchangeContext,
): Distributed {
  const source = context.plan(node.source)
  // Sets without keys give their row once, also where there is no input at all.
  const isGlobal = node.groupingKeys.length === 0 || node.globalGroupingSets.length > 0
  const { kind } = source.distribution
  if (kind === 'single' || (!isGlobal && keepsTogether(source.distribution, node.groupingKeys))) {
    return grouped(node, context.keep(source))
  }
  const move = (moved: Distributed): Distributed =>
    isGlobal ? context.gather(moved) : context.repartition(moved, node.groupingKeys)
  const needsRows =
    !context.prefersPartialAggregation ||
    node.aggregations.some(({ call }) => call.distinct || call.orderBy !== undefined)
  return needsRows ? grouped(node, move(source)) : inTwoSteps(node, source, move, context)
}

function grouped(node: AggregationNode, source: Distributed): Distributed {
  const planned = withSources(node, [source.node])
  return {
    ...source,
    node: planned,
    distribution: restrict(source.distribution, outputsOf(planned)),
  }
}

function inTwoSteps(
  node: AggregationNode,
  source: Distributed,
  move: (source: Distributed) => Distributed,
  context: ExchangeContext,
): Distributed {
  const states = node.aggregations.map(({ symbol, call }) =>
    context
      .stateTypes(call.function)
      .map((type, i) => ({ name: `${symbol.name}$state${i}`, type })),
  )
  const partial: PlanNode = {
    ...node,
    id: context.ids.next(),
    source: source.node,
    step: 'partial',
    states,
    globalGroupingSets: [],
  }
  const moved = move({ ...source, node: partial })
  return { ...moved, node: { ...node, source: moved.node, step: 'final', states } }
}
