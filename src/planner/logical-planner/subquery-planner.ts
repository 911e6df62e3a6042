import type { Expression } from '../../expressions/ir.js'
import { coerce, row, TRUE } from '../../expressions/ir-build.js'
import { collectSymbols } from '../../expressions/ir-walk.js'
import { BOOLEAN } from '../../spi/index.js'
import type {
  BoundAsyncCall,
  BoundInSubquery,
  BoundQuantifiedSubquery,
  BoundRelation,
  BoundScalarSubquery,
  BoundSubquery,
} from '../analyzer/bound.js'
import type { ApplyNode, CorrelatedJoinNode, PlanNode, SetExpression } from '../plan/node.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'
import { planAsyncCalls } from './async-call-planner.js'
import {
  type PlannerState,
  project,
  projectSymbols,
  type RelationPlan,
  type SubPlan,
} from './sub-plan.js'
import { type OuterReferences, outerReferences, withSymbols } from './translation.js'

export type PlanRelation = (
  state: PlannerState,
  relation: BoundRelation,
  outer: OuterReferences | undefined,
) => RelationPlan

/**
 * Plans the subqueries of expressions over a plan: scalar ones joined to each row, the others applied as boolean columns; and their
 * asynchronous calls.
 * The optimizer takes the correlation out.
 * @source Trino io.trino.sql.planner.SubqueryPlanner
 */
export function planSubqueries(
  state: PlannerState,
  input: SubPlan,
  expressions: readonly Expression[],
  planRelation: PlanRelation,
): SubPlan {
  let plan = input
  const asyncCalls = new Map<string, BoundAsyncCall>()
  for (const expression of expressions) {
    for (const name of collectSymbols(expression).keys()) {
      const call = state.calls.get(name)
      if (call === undefined || plan.translation.symbols.has(name)) continue
      if (call.kind === 'asyncCall') asyncCalls.set(name, call)
      else if (isSubquery(call)) plan = planSubquery(state, plan, call, planRelation)
    }
  }
  if (asyncCalls.size === 0) return plan
  return planAsyncCalls(state, plan, [...asyncCalls.values()], (below, args) =>
    planSubqueries(state, below, args, planRelation),
  )
}

export const isSubquery = (call: { readonly kind: string }): call is BoundSubquery =>
  call.kind.endsWith('Subquery')

/** Tells whether an expression has what {@link planSubqueries} plans. */
export const hasSubquery = (state: PlannerState, expression: Expression): boolean =>
  [...collectSymbols(expression).keys()].some((name) => {
    const call = state.calls.get(name)
    return call !== undefined && (isSubquery(call) || call.kind === 'asyncCall')
  })

function planSubquery(
  state: PlannerState,
  input: SubPlan,
  subquery: BoundSubquery,
  planRelation: PlanRelation,
): SubPlan {
  switch (subquery.kind) {
    case 'scalarSubquery':
      return planScalar(state, input, subquery, planRelation)
    case 'existsSubquery': {
      const outer = outerReferences(input.translation)
      const { node } = planRelation(state, subquery.query, outer)
      return apply(state, input, subquery, node, outer, { kind: 'exists' })
    }
    case 'inSubquery':
    case 'quantifiedSubquery':
      return planComparison(state, input, subquery, planRelation)
  }
}

function planScalar(
  state: PlannerState,
  input: SubPlan,
  subquery: BoundScalarSubquery,
  planRelation: PlanRelation,
): SubPlan {
  const outer = outerReferences(input.translation)
  const planned = planRelation(state, subquery.query, outer)
  let node: PlanNode = { kind: 'enforceSingleRow', id: state.ids.next(), source: planned.node }
  const columns = visibleSymbols(subquery.query, planned)
  let value = columns[0]!
  if (columns.length > 1) {
    value = state.symbols.newSymbol('row', subquery.type)
    const expression = coerce(row(columns.map(symbolReference)), subquery.type)
    node = project(state, node, [{ symbol: value, expression }])
  }
  const join: CorrelatedJoinNode = {
    kind: 'correlatedJoin',
    id: state.ids.next(),
    type: 'inner',
    input: input.node,
    subquery: node,
    correlation: [...outer.used.values()],
    filter: TRUE,
    origin: { location: subquery.location },
  }
  return { node: join, translation: withSymbols(input.translation, [[subquery.id, value]]) }
}

export const visibleSymbols = (
  relation: BoundRelation,
  plan: RelationPlan,
): readonly PlanSymbol[] => plan.symbols.filter((_, i) => !relation.fields[i]!.hidden)

/** IN and quantified comparisons: the value is a symbol of the input, the subquery gives one column of its type. */
function planComparison(
  state: PlannerState,
  input: SubPlan,
  subquery: BoundInSubquery | BoundQuantifiedSubquery,
  planRelation: PlanRelation,
): SubPlan {
  const withInner = planSubqueries(state, input, [subquery.value], planRelation)
  const projected = projectSymbols(state, withInner, [subquery.value])
  const value = projected.symbols[0]!
  const outer = outerReferences(projected.plan.translation)
  const planned = planRelation(state, subquery.query, outer)
  const columns = visibleSymbols(subquery.query, planned)
  const compared = coerce(
    value.type.kind === 'row' ? row(columns.map(symbolReference)) : symbolReference(columns[0]!),
    value.type,
  )
  let reference = columns[0]!
  let { node } = planned
  if (compared.kind !== 'symbol') {
    reference = state.symbols.newSymbol('expr', value.type)
    node = project(state, node, [{ symbol: reference, expression: compared }])
  }
  const set: SetExpression =
    subquery.kind === 'inSubquery'
      ? { kind: 'in', value, reference }
      : {
          kind: 'quantified',
          operator: subquery.operator,
          quantifier: subquery.quantifier,
          value,
          reference,
        }
  return apply(state, projected.plan, subquery, node, outer, set)
}

function apply(
  state: PlannerState,
  input: SubPlan,
  { id, location }: BoundSubquery,
  subquery: PlanNode,
  outer: OuterReferences,
  set: SetExpression,
): SubPlan {
  const symbol = state.symbols.newSymbol('expr', BOOLEAN)
  const node: ApplyNode = {
    kind: 'apply',
    id: state.ids.next(),
    input: input.node,
    subquery,
    correlation: [...outer.used.values()],
    assignments: [{ symbol, set }],
    origin: { location },
  }
  return { node, translation: withSymbols(input.translation, [[id, symbol]]) }
}
