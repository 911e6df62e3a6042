import type { BoundUnnest } from '../analyzer/bound.js'
import type { UnnestNode } from '../plan/node.js'
import type { PlanSymbol } from '../plan/symbol.js'
import { type PlannerState, projectSymbols, type RelationPlan, type SubPlan } from './sub-plan.js'
import { type PlanRelation, planSubqueries } from './subquery-planner.js'

/** UNNEST over each row of the input; the symbols are those of the unnest's own fields. */
export function planUnnest(
  state: PlannerState,
  unnest: BoundUnnest,
  input: SubPlan,
  replicated: readonly PlanSymbol[],
  type: UnnestNode['type'],
  planRelation: PlanRelation,
): RelationPlan {
  const expressions = unnest.collections.map((c) => c.expression)
  const withInner = planSubqueries(state, input, expressions, planRelation)
  const projected = projectSymbols(state, withInner, expressions)
  const mappings = unnest.collections.map(({ fields }, i) => ({
    input: projected.symbols[i]!,
    outputs: fields.map((f) => state.symbols.newSymbol(f.name ?? 'field', f.type)),
  }))
  const ordinality =
    unnest.ordinality && state.symbols.newSymbol('ordinality', unnest.ordinality.type)
  const node: UnnestNode = {
    kind: 'unnest',
    id: state.ids.next(),
    source: projected.plan.node,
    replicated,
    mappings,
    type,
    ...(ordinality === undefined ? {} : { ordinality }),
  }
  const symbols = [
    ...mappings.flatMap((m) => m.outputs),
    ...(ordinality === undefined ? [] : [ordinality]),
  ]
  return { node, symbols }
}
