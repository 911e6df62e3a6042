import type { Expression } from '../../expressions/ir.js'
import {
  and,
  caseWhen,
  comparison,
  constant,
  isNull,
  not,
  nullConstant,
  or,
} from '../../expressions/ir-build.js'
import { BOOLEAN, INTEGER, MERGE_OPERATION, TINYINT } from '../../spi/index.js'
import { failure } from '../analyzer/failure.js'
import { qualifiedText } from '../analyzer/metadata-collection.js'
import type { BoundRowChange, BoundRowChangeCase } from '../analyzer/row-change-analysis.js'
import type { MergeRequest, ResolvedColumn } from '../metadata.js'
import type { Assignment } from '../plan/node.js'
import { outputsOf } from '../plan/structure.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'
import type { WriterTarget } from '../plan/writer-target.js'
import { planRelation } from './relation-planner.js'
import {
  filter,
  identity,
  type PlannerState,
  project,
  type RelationPlan,
  type SubPlan,
} from './sub-plan.js'
import { planSubqueries } from './subquery-planner.js'
import { lookUp, translate, translationOf } from './translation.js'
import { requireValues, storedAs, writer } from './writer.js'

/** The rows to change under construction, with the case that each falls under. */
interface Changes {
  readonly plan: SubPlan
  readonly rowId: PlanSymbol
  readonly cases: readonly BoundRowChangeCase[]
  /** INTEGER; absent where all rows fall under case 0. */
  readonly caseNumber?: PlanSymbol
}

/**
 * DELETE, UPDATE and MERGE: a page of the writer has the table's columns as they will be, the operation, the number of the
 * case and the row id. The operation decides which of them mean something: a deleted row has no columns, an inserted one
 * no row id.
 * @source Trino io.trino.sql.planner.QueryPlanner.plan(Delete), plan(Update), plan(Merge)
 */
export function planRowChange(state: PlannerState, change: BoundRowChange): RelationPlan {
  const changes = planChanges(state, change)
  const values = change.columns.map(({ column }, i) => newValue(state, change, changes, i, column))
  const operation = byCase(changes, TINYINT, (c) => constant(TINYINT, MERGE_OPERATION[c.operation]))
  const number: Expression =
    changes.caseNumber === undefined ? constant(INTEGER, 0) : symbolReference(changes.caseNumber)
  const written = change.columns.map(
    ({ column }, i): Assignment => ({
      symbol: state.symbols.newSymbol(column.name, column.type),
      expression: values[i]!,
    }),
  )
  const operationSymbol = state.symbols.newSymbol('operation', TINYINT)
  const numberSymbol = state.symbols.newSymbol('case_number', INTEGER)
  const projected = project(state, changes.plan.node, [
    ...written,
    { symbol: operationSymbol, expression: operation },
    { symbol: numberSymbol, expression: number },
    identity(changes.rowId),
  ])
  const assigned = change.columns.flatMap(({ column }, i) => {
    const numbers = assigningCases(changes.cases, column)
    if (numbers.length === 0) return []
    const entry = { column, symbol: written[i]!.symbol }
    if (changes.caseNumber === undefined) return [entry]
    const isCase = (n: number): Expression =>
      comparison('=', symbolReference(numberSymbol), constant(INTEGER, n))
    return [{ ...entry, isWritten: or(numbers.map(isCase)) }]
  })
  const node = requireValues(state, projected, assigned)
  return writer(
    state,
    node,
    [...written.map((a) => a.symbol), operationSymbol, numberSymbol, changes.rowId],
    [...change.columns.map(({ column }) => column.name), 'operation', 'case_number', 'rowid'],
    mergeTarget(change),
  )
}

/** Numbers of the cases that give the column a new value. */
const assigningCases = (
  cases: readonly BoundRowChangeCase[],
  { name }: ResolvedColumn,
): readonly number[] =>
  cases.flatMap((c, i) => (c.operation === 'insert' || c.values.has(name) ? [i] : []))

function planChanges(state: PlannerState, change: BoundRowChange): Changes {
  const { source, cases } = change
  const from = planRelation(state, source, undefined)
  let plan: SubPlan = {
    node: from.node,
    translation: translationOf(source.fields, from.symbols, undefined),
  }
  const rowId = lookUp(plan.translation, change.rowId.id)!
  if (change.where !== undefined) {
    plan = filter(state, planSubqueries(state, plan, [change.where], planRelation), change.where)
  }
  const withValues = (of: SubPlan): SubPlan =>
    planSubqueries(
      state,
      of,
      cases.flatMap((c) => [...c.values.values()]),
      planRelation,
    )
  if (change.operation !== 'MERGE') return { plan: withValues(plan), rowId, cases }
  const numbered = numberCases(state, plan, rowId, cases)
  const checked = refuseSecondMatch(state, numbered.plan, rowId, numbered.caseNumber)
  return { plan: withValues(checked), rowId, cases, caseNumber: numbered.caseNumber }
}

/** Of a row that no case is for. */
const NO_CASE = -1

/** Numbers each row by the first case that it falls under. */
function numberCases(
  state: PlannerState,
  from: SubPlan,
  rowId: PlanSymbol,
  cases: readonly BoundRowChangeCase[],
): { readonly plan: SubPlan; readonly caseNumber: PlanSymbol } {
  const conditions = cases.flatMap((c) => (c.condition === undefined ? [] : [c.condition]))
  const plan = planSubqueries(state, from, conditions, planRelation)
  const isUnmatched = isNull(symbolReference(rowId))
  const whens = cases.map((c, i) => ({
    condition: and([
      c.operation === 'insert' ? isUnmatched : not(isUnmatched),
      ...(c.condition === undefined ? [] : [translate(c.condition, plan.translation)]),
    ]),
    result: constant(INTEGER, i),
  }))
  const caseNumber = state.symbols.newSymbol('case_number', INTEGER)
  const node = project(state, plan.node, [
    ...outputsOf(plan.node).map(identity),
    { symbol: caseNumber, expression: caseWhen(whens, constant(INTEGER, NO_CASE)) },
  ])
  return { plan: { ...plan, node }, caseNumber }
}

/**
 * A row of the target may fall under each case once only, and once under none: rows of the source that match it under
 * different cases are no error. What falls under no case is left out.
 * @source Trino QueryPlanner.plan(Merge), which marks the distinct pairs of a target row and a case
 */
function refuseSecondMatch(
  state: PlannerState,
  plan: SubPlan,
  rowId: PlanSymbol,
  caseNumber: PlanSymbol,
): SubPlan {
  const marker = state.symbols.newSymbol('is_first', BOOLEAN)
  const isSecond = and([not(isNull(symbolReference(rowId))), not(symbolReference(marker))])
  const fail = failure(
    state.registry,
    'MERGE_TARGET_ROW_MULTIPLE_MATCHES',
    'One MERGE target table row matched more than one source row',
    BOOLEAN,
  )
  const hasCase = not(comparison('=', symbolReference(caseNumber), constant(INTEGER, NO_CASE)))
  return {
    ...plan,
    node: {
      kind: 'filter',
      id: state.ids.next(),
      source: {
        kind: 'markDistinct',
        id: state.ids.next(),
        source: plan.node,
        marker,
        distinctSymbols: [rowId, caseNumber],
      },
      // One expression: a condition apart would be pushed below the mark, and hide the second match of no case.
      predicate: caseWhen([{ condition: isSecond, result: fail }], hasCase),
    },
  }
}

/** What the case of each row says; only its own expressions are evaluated. */
function byCase(
  { cases, caseNumber }: Changes,
  type: Expression['type'],
  of: (c: BoundRowChangeCase) => Expression,
): Expression {
  if (caseNumber === undefined) return of(cases[0]!)
  const whens = cases.map((c, i) => ({
    condition: comparison('=', symbolReference(caseNumber), constant(INTEGER, i)),
    result: of(c),
  }))
  return caseWhen(whens, nullConstant(type))
}

/** The value that a column of the table gets. */
function newValue(
  state: PlannerState,
  change: BoundRowChange,
  changes: Changes,
  index: number,
  column: ResolvedColumn,
): Expression {
  const { type, name } = column
  const { translation } = changes.plan
  const statement = change.operation === 'UPDATE' ? 'UPDATE' : 'MERGE'
  return byCase(changes, type, (c) => {
    const value = c.values.get(name)
    if (value !== undefined) {
      return storedAs(state.registry, translate(value, translation), type, statement)
    }
    return c.operation === 'update' && change.rowChange.paradigm !== 'UPDATED_COLUMNS_ONLY'
      ? symbolReference(lookUp(translation, change.columns[index]!.field.id)!)
      : nullConstant(type)
  })
}

function mergeTarget({
  operation,
  table,
  rowChange,
  columns,
  cases,
}: BoundRowChange): WriterTarget {
  const handles = new Map(columns.map(({ column }) => [column.name, column.handle]))
  const updates = cases.flatMap((c, i) =>
    c.operation === 'update' ? [[i, [...c.values.keys()].map((n) => handles.get(n))] as const] : [],
  )
  const request: MergeRequest = {
    name: table.name,
    table: table.table,
    paradigm: rowChange.paradigm,
    columns: columns.map(({ column }) => column),
    updateCaseColumns: Object.fromEntries(updates),
  }
  return {
    kind: 'merge',
    operation,
    catalog: table.table.catalog,
    name: qualifiedText(table.name),
    handle: request,
  }
}
