import type { BoundTableArgument, BoundTableFunction, Field } from '../analyzer/bound.js'
import { fieldReference } from '../analyzer/column-analysis.js'
import type { PlanNode, TableArgument } from '../plan/node.js'
import type { PlanSymbol } from '../plan/symbol.js'
import {
  type PlannerState,
  projectSymbols,
  type RelationPlan,
  sortItems,
  uniqueSymbols,
} from './sub-plan.js'
import type { PlanRelation } from './subquery-planner.js'
import { type OuterReferences, translationOf } from './translation.js'

/** @source Trino RelationPlanner.visitTableFunctionInvocation */
export function planTableFunction(
  state: PlannerState,
  relation: BoundTableFunction,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const properOutputs = relation.fields
    .slice(0, relation.properCount)
    .map((field) => state.symbols.newSymbol(field.name ?? 'field', field.type))
  const planned = relation.tables.map((table) => planTable(state, table, outer, planRelation))
  return {
    symbols: [...properOutputs, ...planned.flatMap(({ passed }) => passed)],
    node: {
      kind: 'tableFunction',
      id: state.ids.next(),
      function: relation.function,
      properOutputs,
      sources: planned.map(({ source }) => source),
      tables: planned.map(({ table }) => table),
      copartitions: relation.copartitions,
    },
  }
}

function planTable(
  state: PlannerState,
  bound: BoundTableArgument,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): {
  readonly source: PlanNode
  readonly table: TableArgument
  /** A symbol for each passed field; the node outputs each symbol once. */
  readonly passed: readonly PlanSymbol[]
} {
  const { name, rowSemantics, pruneWhenEmpty, passesThrough } = bound
  const source = planRelation(state, bound.source, outer)
  const translation = translationOf(bound.source.fields, source.symbols, outer)
  const symbolsOf = (fields: readonly Field[]) =>
    projectSymbols(state, { node: source.node, translation }, fields.map(fieldReference)).symbols
  const { plan, symbols: keys } = projectSymbols(
    state,
    { node: source.node, translation },
    bound.partitionBy,
  )
  const passed = symbolsOf(bound.passed)
  const orderSymbols = symbolsOf(bound.orderBy.map(({ field }) => field))
  return {
    source: plan.node,
    passed,
    table: {
      name,
      rowSemantics,
      pruneWhenEmpty,
      passesThrough,
      // A column that comes again divides nothing, but copartitioned lists go by position.
      partitionBy: keys,
      orderBy: sortItems(bound.orderBy, orderSymbols),
      required: symbolsOf(bound.required),
      passed: uniqueSymbols(passed),
    },
  }
}
