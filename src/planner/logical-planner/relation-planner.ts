import type { Expression } from '../../expressions/ir.js'
import { coerce } from '../../expressions/ir-build.js'
import { collectSymbols } from '../../expressions/ir-walk.js'
import { visibleFields } from '../analyzer/analysis.js'
import type {
  BoundProjection,
  BoundRelation,
  BoundSetOperation,
  BoundTable,
  BoundValues,
} from '../analyzer/bound.js'
import type { PlanNode, SetOperationNode } from '../plan/node.js'
import { distinct } from './aggregation-planner.js'
import { planJoin } from './join-planner.js'
import { planPatternRecognition } from './pattern-recognition-planner.js'
import { planRecursion, recursiveReferencePlan } from './recursion-planner.js'
import { planQuery, planSelect } from './select-planner.js'
import {
  type PlannerState,
  project,
  projectSymbols,
  type RelationPlan,
  singleRow,
} from './sub-plan.js'
import { planSubqueries, visibleSymbols } from './subquery-planner.js'
import { planTableFunction } from './table-function-planner.js'
import { type OuterReferences, translate, translationOf } from './translation.js'
import { planUnnest } from './unnest-planner.js'

/**
 * Plans a relation. Planned twice it gives two plans with symbols of their own.
 * @source Trino io.trino.sql.planner.RelationPlanner
 */
export function planRelation(
  state: PlannerState,
  relation: BoundRelation,
  outer: OuterReferences | undefined,
): RelationPlan {
  switch (relation.kind) {
    case 'table':
      return planTable(state, relation)
    case 'values':
      return planValues(state, relation, outer)
    case 'join':
      return planJoin(state, relation, outer, planRelation)
    case 'unnest': {
      const input = { node: singleRow(state), translation: translationOf([], [], outer) }
      return planUnnest(state, relation, input, [], 'inner', planRelation)
    }
    case 'sample': {
      const source = planRelation(state, relation.source, outer)
      const { type, ratio } = relation
      return {
        ...source,
        node: { kind: 'sample', id: state.ids.next(), source: source.node, type, ratio },
      }
    }
    case 'reference': {
      const source = planRelation(state, relation.source, outer)
      return { node: source.node, symbols: visibleSymbols(relation.source, source) }
    }
    case 'recursion':
      return planRecursion(state, relation, outer, planRelation)
    case 'recursiveReference':
      return recursiveReferencePlan(state, relation)
    case 'setOperation':
      return planSetOperation(state, relation, outer)
    case 'select':
      return planSelect(state, relation, outer, planRelation)
    case 'query':
      return planQuery(state, relation, outer, planRelation)
    case 'patternRecognition':
      return planPatternRecognition(state, relation, outer, planRelation)
    case 'tableFunction':
      return planTableFunction(state, relation, outer, planRelation)
    case 'projection':
      return planProjection(state, relation, outer)
  }
}

function planTable(state: PlannerState, relation: BoundTable): RelationPlan {
  const symbols = relation.fields.map((f, i) =>
    state.symbols.newSymbol(relation.columnNames[i] ?? 'column', f.type),
  )
  return {
    symbols,
    node: {
      kind: 'tableScan',
      id: state.ids.next(),
      table: relation.table,
      outputs: symbols,
      columns: relation.columns,
    },
  }
}

/** Rows that need more than constants are projections of a single row each. */
function planValues(
  state: PlannerState,
  relation: BoundValues,
  outer: OuterReferences | undefined,
): RelationPlan {
  const isSimple = relation.rows.every((row) => row.every((e) => collectSymbols(e).size === 0))
  if (!isSimple) return planComputedValues(state, relation, outer)
  const symbols = relation.fields.map((f) => state.symbols.newSymbol(f.name ?? 'field', f.type))
  return {
    symbols,
    node: { kind: 'values', id: state.ids.next(), outputs: symbols, rows: relation.rows },
  }
}

function planComputedValues(
  state: PlannerState,
  relation: BoundValues,
  outer: OuterReferences | undefined,
): RelationPlan {
  const rows = relation.rows.map((expressions): RelationPlan => {
    const start = { node: singleRow(state), translation: translationOf([], [], outer) }
    const plan = planSubqueries(state, start, expressions, planRelation)
    const assignments = expressions.map((e, i) => ({
      symbol: state.symbols.newSymbol(relation.fields[i]!.name ?? 'field', e.type),
      expression: translate(e, plan.translation),
    }))
    return {
      node: project(state, plan.node, assignments),
      symbols: assignments.map((a) => a.symbol),
    }
  })
  return rows.length === 1 ? rows[0]! : unionAll(state, relation, rows)
}

/** All rows of plans of one shape. */
function unionAll(
  state: PlannerState,
  { fields }: Pick<BoundRelation, 'fields'>,
  plans: readonly RelationPlan[],
): RelationPlan {
  const symbols = fields.map((f) => state.symbols.newSymbol(f.name ?? 'field', f.type))
  return {
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
}

function planSetOperation(
  state: PlannerState,
  relation: BoundSetOperation,
  outer: OuterReferences | undefined,
): RelationPlan {
  const sources = relation.sources.map((source) => {
    const planned = planRelation(state, source, outer)
    const columns = visibleSymbols(source, planned)
    const expressions = visibleFields(source.fields).map(
      (f, i): Expression =>
        coerce({ kind: 'symbol', name: f.id, type: f.type }, relation.fields[i]!.type),
    )
    const translation = translationOf(visibleFields(source.fields), columns, outer)
    return projectSymbols(state, { node: planned.node, translation }, expressions)
  })
  const outputs = relation.fields.map((f) => state.symbols.newSymbol(f.name ?? 'field', f.type))
  const isUnion = relation.operation === 'union'
  const node: SetOperationNode = {
    kind: 'setOperation',
    id: state.ids.next(),
    operation: relation.operation,
    distinct: !isUnion && relation.distinct,
    sources: sources.map((s) => s.plan.node),
    outputs,
    inputs: sources.map((s) => s.symbols),
  }
  const all: PlanNode = isUnion && relation.distinct ? distinct(state, node, outputs) : node
  return { node: all, symbols: outputs }
}

function planProjection(
  state: PlannerState,
  relation: BoundProjection,
  outer: OuterReferences | undefined,
): RelationPlan {
  const source = planRelation(state, relation.source, outer)
  const translation = translationOf(relation.source.fields, source.symbols, outer)
  const { plan, symbols } = projectSymbols(
    state,
    { node: source.node, translation },
    relation.expressions,
  )
  return { node: plan.node, symbols }
}
