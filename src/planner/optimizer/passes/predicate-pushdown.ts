import type { Expression } from '../../../expressions/ir.js'
import type {
  AggregationNode,
  FilterNode,
  GroupIdNode,
  PlanNode,
  ProjectNode,
  SetOperationNode,
  UnnestNode,
} from '../../plan/node.js'
import { outputsOf, sourcesOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { emptyValues, filterOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import {
  and,
  conjunctsOf,
  isFalse,
  namesOf,
  readsOnly,
  symbolOf,
} from '../expression/predicates.js'
import { simplifyPredicate } from '../expression/simplify.js'
import { childrenOf, isDeterministic, substitute, symbolsOf } from '../expression/tree.js'
import { pushIntoJoin } from './predicate-pushdown-join.js'
import { pushIntoSemiJoin } from './predicate-pushdown-semi-join.js'

/**
 * Moves every conjunct as near to the scans as it may go, in one walk from the top: through projections, unions,
 * aggregations, windows, into the sides of joins with the equalities that the whole join knows, turning outer joins whose
 * padded rows a conjunct drops into inner ones, and cross joins under an equality into equi-joins.
 * @source Trino PredicatePushDown
 */
export const pushDownPredicates = (plan: PlanNode, context: OptimizerContext): PlanNode =>
  push(plan, [], context)

/**
 * Gives a plan for the rows of `node` for which all conjuncts are true.
 * @param conjuncts over the node's outputs
 */
export function push(
  node: PlanNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  switch (node.kind) {
    case 'filter':
      return pushIntoFilter(node, conjuncts, context)
    case 'project':
      return pushIntoProject(node, conjuncts, context)
    case 'join':
      return pushIntoJoin(node, conjuncts, context)
    case 'semiJoin':
      return pushIntoSemiJoin(node, conjuncts, context)
    case 'aggregation':
      return pushIntoAggregation(node, conjuncts, context)
    case 'setOperation':
      return pushIntoSetOperation(node, conjuncts, context)
    case 'unnest':
      return pushIntoUnnest(node, conjuncts, context)
    case 'groupId':
      return pushIntoGroupId(node, conjuncts, context)
    case 'markDistinct':
      return through(node, conjuncts, namesOf(node.distinctSymbols), context)
    case 'window':
    case 'patternRecognition':
    case 'rowNumber':
    case 'topNRanking':
      return through(node, conjuncts, namesOf(node.partitionBy), context)
    case 'sort':
    case 'exchange':
    case 'assignUniqueId':
    case 'asyncCall':
      return through(node, conjuncts, namesOf(outputsOf(node.source)), context)
    case 'sample':
      // A Bernoulli sample decides row by row; a system sample by units that a filter would change.
      return through(
        node,
        conjuncts,
        node.type === 'bernoulli' ? namesOf(outputsOf(node.source)) : new Set(),
        context,
      )
    default:
      return stop(node, conjuncts, context)
  }
}

/** Leaves the conjuncts above the node, and starts anew below it. */
export function stop(
  node: PlanNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  const sources = sourcesOf(node)
  const over = withSources(
    node,
    sources.map((source) => push(source, [], context)),
  )
  return filterOver(context, over, conjuncts)
}

/** Passes on the deterministic conjuncts over `names`, which the node gives from its source unchanged. */
function through(
  node: PlanNode & { readonly source: PlanNode },
  conjuncts: readonly Expression[],
  names: ReadonlySet<string>,
  context: OptimizerContext,
): PlanNode {
  const down = conjuncts.filter(
    (e) => isDeterministic(e) && symbolsOf(e).size > 0 && readsOnly(e, names),
  )
  const up = conjuncts.filter((e) => !down.includes(e))
  const over = withSources(node, [push(node.source, down, context)])
  return filterOver(context, over, up)
}

function pushIntoFilter(
  node: FilterNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  // The filter's own terms come first: they are evaluated first, which guards the others against errors.
  const all = simplifyPredicate(and([node.predicate, ...conjuncts]), context.evaluate)
  if (isFalse(all)) return emptyValues(context, outputsOf(node))
  const pushed = push(node.source, conjunctsOf(all), context)
  // Keep the filter's identity where it stayed in its place, for plans that nothing changes.
  if (pushed.kind === 'filter' && pushed.source.kind === node.source.kind) {
    return { ...pushed, id: node.id }
  }
  return pushed
}

function pushIntoProject(
  node: ProjectNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  const assigned = new Map(node.assignments.map((a) => [a.symbol.name, a.expression]))
  const movable = (e: Expression): boolean => {
    if (!isDeterministic(e)) return false
    for (const name of symbolsOf(e)) {
      const expression = assigned.get(name)
      if (expression === undefined || !isDeterministic(expression)) return false
      // Computing something twice for a row costs more than the rows it saves.
      const trivial = expression.kind === 'symbol' || expression.kind === 'constant'
      if (!trivial && countUses(e, name) > 1) return false
    }
    return true
  }
  const down = conjuncts.filter(movable)
  const up = conjuncts.filter((e) => !down.includes(e))
  const inlined = down.map((e) => substitute(e, (name) => assigned.get(name)))
  const predicate = simplifyPredicate(and(inlined), context.evaluate)
  if (isFalse(predicate)) return emptyValues(context, outputsOf(node))
  const over = withSources(node, [push(node.source, conjunctsOf(predicate), context)])
  return filterOver(context, over, up)
}

function countUses(e: Expression, name: string): number {
  if (e.kind === 'symbol') return e.name === name ? 1 : 0
  const uses = childrenOf(e).reduce((sum, child) => sum + countUses(child, name), 0)
  return e.kind === 'lambda' ? 2 * uses : uses
}

function pushIntoAggregation(
  node: AggregationNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  // A global grouping set gives its row whatever the source has, so nothing may be dropped below it.
  if (node.globalGroupingSets.length > 0) return stop(node, conjuncts, context)
  const keys = new Set(namesOf(node.groupingKeys))
  if (node.groupIdSymbol !== undefined) keys.delete(node.groupIdSymbol.name)
  return through(node, conjuncts, keys, context)
}

function pushIntoSetOperation(
  node: SetOperationNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  const down = conjuncts.filter(isDeterministic)
  const up = conjuncts.filter((e) => !isDeterministic(e))
  const place = new Map(node.outputs.map((symbol, i) => [symbol.name, i]))
  const sources = node.sources.map((source, s) => {
    const inputs = node.inputs[s] as readonly PlanSymbol[]
    const mapped = down.map((e) =>
      substitute(e, (name) => symbolOf(inputs[place.get(name) as number] as PlanSymbol)),
    )
    const predicate = simplifyPredicate(and(mapped), context.evaluate)
    if (isFalse(predicate)) return emptyValues(context, outputsOf(source))
    return push(source, conjunctsOf(predicate), context)
  })
  return filterOver(context, withSources(node, sources), up)
}

function pushIntoUnnest(
  node: UnnestNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  return through(node, conjuncts, namesOf(node.replicated), context)
}

/** A column that is a key of every grouping set has its source's value in every copy of the row. */
function pushIntoGroupId(
  node: GroupIdNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  const sets = node.groupingSets.map(namesOf)
  const inputs = new Map<string, Expression>()
  for (const { output, input } of node.groupingColumns) {
    if (sets.every((set) => set.has(output.name))) inputs.set(output.name, symbolOf(input))
  }
  const down = conjuncts.filter(
    (e) => isDeterministic(e) && symbolsOf(e).size > 0 && readsOnly(e, new Set(inputs.keys())),
  )
  const up = conjuncts.filter((e) => !down.includes(e))
  const moved = down.map((e) => substitute(e, (name) => inputs.get(name)))
  return filterOver(context, withSources(node, [push(node.source, moved, context)]), up)
}
