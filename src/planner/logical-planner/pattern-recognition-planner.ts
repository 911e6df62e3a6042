import type { BoundPatternRecognition, Field } from '../analyzer/bound.js'
import type { PlanSymbol } from '../plan/symbol.js'
import { type PlannerState, type RelationPlan, sortItems, uniqueSymbols } from './sub-plan.js'
import type { PlanRelation } from './subquery-planner.js'
import type { OuterReferences } from './translation.js'

/** @source Trino RelationPlanner.visitPatternRecognitionRelation */
export function planPatternRecognition(
  state: PlannerState,
  relation: BoundPatternRecognition,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const source = planRelation(state, relation.source, outer)
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
      source: source.node,
      partitionBy: uniqueSymbols(relation.partitionBy.map(symbolOf)),
      orderBy,
      inputs: relation.inputs.map(symbolOf),
      columns: uniqueSymbols(columns),
      measures,
      spec,
    },
  }
}
