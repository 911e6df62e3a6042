import type { BoundPatternRecognition, Field } from '../analyzer/bound.js'
import type { PlanSymbol } from '../plan/symbol.js'
import {
  type PlannerState,
  projectSymbols,
  type RelationPlan,
  type SubPlan,
  sortItems,
  uniqueSymbols,
} from './sub-plan.js'
import { type PlanRelation, planSubqueries } from './subquery-planner.js'
import { type OuterReferences, translationOf } from './translation.js'

/** @source Trino RelationPlanner.visitPatternRecognitionRelation */
export function planPatternRecognition(
  state: PlannerState,
  relation: BoundPatternRecognition,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const source = planRelation(state, relation.source, outer)
  const over: SubPlan = {
    node: source.node,
    translation: translationOf(relation.source.fields, source.symbols, outer),
  }
  const withSubqueries = planSubqueries(state, over, relation.inputs, planRelation)
  const inputs = projectSymbols(state, withSubqueries, relation.inputs)
  const byField = new Map(relation.source.fields.map((f, i) => [f.id, source.symbols[i]!]))
  const symbolOf = (field: Field): PlanSymbol => byField.get(field.id)!
  const { spec, measuresAt } = relation
  const measures = spec.measures.map((m, i) =>
    state.symbols.newSymbol(relation.fields[measuresAt + i]!.name ?? 'measure', m.expression.type),
  )
  const columns = relation.columns.map(symbolOf)
  const orderBy = sortItems(
    relation.orderBy,
    relation.orderBy.map((item) => symbolOf(item.field)),
  )
  return {
    symbols: [...columns.slice(0, measuresAt), ...measures, ...columns.slice(measuresAt)],
    node: {
      kind: 'patternRecognition',
      id: state.ids.next(),
      source: inputs.plan.node,
      partitionBy: uniqueSymbols(relation.partitionBy.map(symbolOf)),
      orderBy,
      inputs: inputs.symbols,
      columns: uniqueSymbols(columns),
      measures,
      spec,
    },
  }
}
