import type { BoundRecursion, BoundRecursiveReference } from '../analyzer/bound.js'
import { distinct } from './aggregation-planner.js'
import type { PlannerState, RelationPlan } from './sub-plan.js'
import type { PlanRelation } from './subquery-planner.js'
import type { OuterReferences } from './translation.js'

type PlanReference = () => RelationPlan

/** How to plan what the innermost recursions' references read, by reference. */
const pending = new WeakMap<PlannerState, Map<string, PlanReference>>()

function referencesOf(state: PlannerState): Map<string, PlanReference> {
  let references = pending.get(state)
  if (references === undefined) pending.set(state, (references = new Map()))
  return references
}

/** A recursive reference inside its step: the plan of the step before, made anew. */
export function recursiveReferencePlan(
  state: PlannerState,
  reference: BoundRecursiveReference,
): RelationPlan {
  return referencesOf(state).get(reference.id)!()
}

/**
 * Unrolls a recursion: the anchor, and each step over the one before it, up to the depth limit. Rows of a step beyond it fail the
 * query.
 * @source Trino RelationPlanner.planExpand
 */
export function planRecursion(
  state: PlannerState,
  recursion: BoundRecursion,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const references = referencesOf(state)
  const planStep = (depth: number): RelationPlan => {
    if (depth === 0) return planRelation(state, recursion.anchor, outer)
    const before = references.get(recursion.stepReference.id)
    references.set(recursion.stepReference.id, () => planStep(depth - 1))
    const plan = planRelation(state, recursion.step, outer)
    if (before === undefined) references.delete(recursion.stepReference.id)
    else references.set(recursion.stepReference.id, before)
    return plan
  }
  const plans = Array.from({ length: state.maxRecursionDepth + 1 }, (_, depth) => planStep(depth))
  const symbols = recursion.fields.map((f) => state.symbols.newSymbol(f.name ?? 'field', f.type))
  const union: RelationPlan = {
    symbols,
    node: {
      kind: 'setOperation',
      id: state.ids.next(),
      operation: 'union',
      distinct: false,
      sources: plans.map((p) => p.node),
      outputs: symbols,
      inputs: plans.map((p) => p.symbols),
    },
  }
  return recursion.distinct ? { node: distinct(state, union.node, symbols), symbols } : union
}
