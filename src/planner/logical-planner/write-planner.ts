import { constant, nullConstant } from '../../expressions/ir-build.js'
import { BIGINT } from '../../spi/index.js'
import { qualifiedText } from '../analyzer/metadata-collection.js'
import type { BoundCreateTable, BoundInsert, BoundWrite } from '../analyzer/write-analysis.js'
import type { InsertRequest } from '../metadata.js'
import type { Assignment, PlanNode } from '../plan/node.js'
import { symbolReference } from '../plan/symbol.js'
import { planRelation } from './relation-planner.js'
import { planRowChange } from './row-change-planner.js'
import { type PlannerState, project, type RelationPlan } from './sub-plan.js'
import { visibleSymbols } from './subquery-planner.js'
import { requireValues, storedAs, writer } from './writer.js'

/**
 * The writer and the finish over a write's query; the one output counts the rows.
 * @source Trino io.trino.sql.planner.LogicalPlanner.createTableWriterPlan
 */
export function planWrite(state: PlannerState, write: BoundWrite): RelationPlan {
  switch (write.kind) {
    case 'createTable':
      return planCreate(state, write)
    case 'insert':
      return planInsert(state, write)
    case 'rowChange':
      return planRowChange(state, write)
  }
}

function planCreate(state: PlannerState, write: BoundCreateTable): RelationPlan {
  if (write.source === undefined) return noRows(state)
  const source = planRelation(state, write.source, undefined)
  const { columns, name } = write.request
  const assignments = visibleSymbols(write.source, source).map(
    (symbol, i): Assignment => ({
      symbol: state.symbols.newSymbol(columns[i]!.name, symbol.type),
      expression: symbolReference(symbol),
    }),
  )
  let node: PlanNode = project(state, source.node, assignments)
  if (!write.withData) node = { kind: 'limit', id: state.ids.next(), source: node, count: 0 }
  return writer(
    state,
    node,
    assignments.map((a) => a.symbol),
    columns.map((c) => c.name),
    {
      kind: 'create',
      catalog: name.catalog,
      name: qualifiedText(name),
      handle: write.request,
    },
  )
}

/** IF NOT EXISTS with the table there: a count of no rows. */
function noRows(state: PlannerState): RelationPlan {
  const symbol = state.symbols.newSymbol('rows', BIGINT)
  return {
    symbols: [symbol],
    node: {
      kind: 'values',
      id: state.ids.next(),
      outputs: [symbol],
      rows: [[constant(BIGINT, 0n)]],
    },
  }
}

function planInsert(state: PlannerState, write: BoundInsert): RelationPlan {
  const source = planRelation(state, write.source, undefined)
  const symbolOf = new Map(write.source.fields.map((f, i) => [f.id, source.symbols[i]!]))
  const assignments = write.columns.map(
    ({ column, input }): Assignment => ({
      symbol: state.symbols.newSymbol(column.name, column.type),
      expression:
        input === undefined
          ? nullConstant(column.type)
          : storedAs(state.registry, symbolReference(symbolOf.get(input.id)!), column.type),
    }),
  )
  const columns = write.columns.map(({ column }, i) => ({
    column,
    symbol: assignments[i]!.symbol,
  }))
  const node = requireValues(state, project(state, source.node, assignments), columns)
  const { table, name } = write.table
  const request: InsertRequest = { name, table, columns: write.columns.map((c) => c.column) }
  return writer(
    state,
    node,
    assignments.map((a) => a.symbol),
    write.columns.map((c) => c.column.name),
    { kind: 'insert', catalog: table.catalog, name: qualifiedText(name), handle: request },
  )
}
