import { caseWhen, comparison, constant, TRUE } from '../../expressions/ir-build.js'
import { BIGINT, BOOLEAN } from '../../spi/index.js'
import type { BoundRecursion, BoundRecursiveReference } from '../analyzer/bound.js'
import { failure } from '../analyzer/failure.js'
import type { PlanNode } from '../plan/node.js'
import { symbolReference } from '../plan/symbol.js'
import { distinct } from './aggregation-planner.js'
import type { PlannerState, RelationPlan } from './sub-plan.js'
import type { PlanRelation } from './subquery-planner.js'
import type { OuterReferences } from './translation.js'

/** A recursive reference inside its step: the plan of the step before, made anew. */
export const recursiveReferencePlan = (
  state: PlannerState,
  reference: BoundRecursiveReference,
): RelationPlan => state.recursion.get(reference.id)!()

/**
 * Unrolls a recursion: the anchor, and each step over the one before it, up to the depth limit. Rows of a step beyond it
 * fail the query.
 * @source Trino RelationPlanner.planExpand
 */
export function planRecursion(
  state: PlannerState,
  recursion: BoundRecursion,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const { id } = recursion.stepReference
  const planStep = (depth: number): RelationPlan => {
    if (depth === 0) return planRelation(state, recursion.anchor, outer)
    const before = state.recursion.get(id)
    state.recursion.set(id, () => planStep(depth - 1))
    const plan = planRelation(state, recursion.step, outer)
    if (before === undefined) state.recursion.delete(id)
    else state.recursion.set(id, before)
    return plan
  }
  const { maxRecursionDepth } = state
  const plans = Array.from({ length: maxRecursionDepth + 1 }, (_, depth) => planStep(depth))
  plans.push(refuseRows(state, planStep(maxRecursionDepth + 1)))
  const symbols = recursion.fields.map((f) => state.symbols.newSymbol(f.name ?? 'field', f.type))
  const node: PlanNode = {
    kind: 'setOperation',
    id: state.ids.next(),
    operation: 'union',
    distinct: false,
    sources: plans.map((p) => p.node),
    outputs: symbols,
    inputs: plans.map((p) => p.symbols),
  }
  return { node: recursion.distinct ? distinct(state, node, symbols) : node, symbols }
}

/** A row of this plan is one step too many. The condition reads a window function, so that it is never moved below it. */
function refuseRows(state: PlannerState, plan: RelationPlan): RelationPlan {
  const count = state.registry.resolve('count', [])
  const symbol = state.symbols.newSymbol('count', BIGINT)
  const window: PlanNode = {
    kind: 'window',
    id: state.ids.next(),
    source: plan.node,
    partitionBy: [],
    orderBy: [],
    functions: [
      {
        symbol,
        function: count,
        args: [],
        frame: {
          unit: 'rows',
          start: { kind: 'unbounded preceding' },
          end: { kind: 'unbounded following' },
        },
        ignoreNulls: false,
      },
    ],
  }
  const predicate = caseWhen(
    [
      {
        condition: comparison('>=', symbolReference(symbol), constant(BIGINT, 0n)),
        result: failure(
          state.registry,
          'NOT_SUPPORTED',
          `Recursion depth limit exceeded (${state.maxRecursionDepth}). Use 'max_recursion_depth' session property to modify the limit.`,
          BOOLEAN,
        ),
      },
    ],
    TRUE,
  )
  return {
    ...plan,
    node: { kind: 'filter', id: state.ids.next(), source: window, predicate },
  }
}
