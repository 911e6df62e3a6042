import type { BoundQuery, BoundSelect } from '../analyzer/bound.js'
import type { PlanSymbol } from '../plan/symbol.js'
import { distinct, planAggregation } from './aggregation-planner.js'
import {
  filter,
  identity,
  limitRows,
  type PlannerState,
  project,
  projectSymbols,
  type RelationPlan,
  type SubPlan,
  singleRow,
  sort,
  uniqueSymbols,
} from './sub-plan.js'
import { hasSubquery, type PlanRelation, planSubqueries } from './subquery-planner.js'
import { type OuterReferences, translationOf, withSymbols } from './translation.js'
import { planWindows } from './window-planner.js'

/** @source Trino io.trino.sql.planner.QueryPlanner.plan(QuerySpecification) */
export function planSelect(
  state: PlannerState,
  written: BoundSelect,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const select = withoutIdleSubqueries(state, written)
  let plan = planFrom(state, select, outer, planRelation)
  if (select.where !== undefined) {
    plan = filter(state, planSubqueries(state, plan, [select.where], planRelation), select.where)
  }
  if (select.grouping !== undefined) {
    plan = planAggregation(state, plan, select, select.grouping, planRelation)
  }
  if (select.having !== undefined) {
    plan = filter(state, planSubqueries(state, plan, [select.having], planRelation), select.having)
  }
  plan = planWindows(state, plan, select.outputs, planRelation)
  plan = planSubqueries(state, plan, select.outputs, planRelation)
  const projected = projectSymbols(state, plan, select.outputs)
  const { symbols } = projected
  plan = {
    ...projected.plan,
    translation: withSymbols(
      projected.plan.translation,
      select.fields.map((f, i): [string, PlanSymbol] => [f.id, symbols[i]!]),
    ),
  }
  if (select.distinct) {
    const columns = project(state, plan.node, uniqueSymbols(symbols).map(identity))
    plan = { ...plan, node: distinct(state, columns, symbols) }
  }
  const keys = select.orderBy.map((item) => item.expression)
  plan = planWindows(state, plan, keys, planRelation)
  plan = planSubqueries(state, plan, keys, planRelation)
  const sorted = sort(state, plan, select.orderBy)
  const node = limitRows(state, sorted.plan.node, select, sorted.items)
  return { node: project(state, node, uniqueSymbols(symbols).map(identity)), symbols }
}

/** A subquery in a branch that constants rule out is never run: `IF(true, 1, (SELECT …))`. */
function withoutIdleSubqueries(state: PlannerState, select: BoundSelect): BoundSelect {
  if (select.grouping !== undefined || !select.outputs.some((e) => hasSubquery(state, e))) {
    return select
  }
  return {
    ...select,
    outputs: select.outputs.map((e) => (hasSubquery(state, e) ? state.fold(e) : e)),
  }
}

function planFrom(
  state: PlannerState,
  select: BoundSelect,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): SubPlan {
  if (select.from === undefined) {
    return { node: singleRow(state), translation: translationOf([], [], outer) }
  }
  const from = planRelation(state, select.from, outer)
  return {
    node: from.node,
    translation: translationOf(select.from.fields, from.symbols, outer),
  }
}

/** What follows a query body: ORDER BY, OFFSET, LIMIT. */
export function planQuery(
  state: PlannerState,
  query: BoundQuery,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const body = planRelation(state, query.body, outer)
  const byId = new Map(query.body.fields.map((f, i) => [f.id, body.symbols[i]!]))
  const symbols = query.fields.map((f) => byId.get(f.id)!)
  const translation = translationOf(query.body.fields, body.symbols, outer)
  const keys = query.orderBy.map((item) => item.expression)
  const plan = planSubqueries(state, { node: body.node, translation }, keys, planRelation)
  const sorted = sort(state, plan, query.orderBy)
  return { node: limitRows(state, sorted.plan.node, query, sorted.items), symbols }
}
