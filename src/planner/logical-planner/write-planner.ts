import type { Expression } from '../../expressions/ir.js'
import {
  call,
  caseWhen,
  cast,
  coerce,
  comparison,
  constant,
  isNull,
  nullConstant,
  TRUE,
} from '../../expressions/ir-build.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { BIGINT, BOOLEAN, type SqlType, typeName, VARBINARY, VARCHAR } from '../../spi/index.js'
import { failure } from '../analyzer/failure.js'
import { qualifiedText } from '../analyzer/metadata-collection.js'
import type { BoundCreateTable, BoundInsert, BoundWrite } from '../analyzer/write-analysis.js'
import type { InsertRequest } from '../metadata.js'
import type { Assignment, PlanNode, WriterTarget } from '../plan/node.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'
import { planRelation } from './relation-planner.js'
import { type PlannerState, project, type RelationPlan } from './sub-plan.js'
import { visibleSymbols } from './subquery-planner.js'

/**
 * The writer and the finish over a write's query; the one output counts the rows.
 * @source Trino io.trino.sql.planner.LogicalPlanner.createTableWriterPlan
 */
export function planWrite(state: PlannerState, write: BoundWrite): RelationPlan {
  return write.kind === 'createTable' ? planCreate(state, write) : planInsert(state, write)
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
  const node = requireValues(state, write, project(state, source.node, assignments), assignments)
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

/** NULL for a NOT NULL column fails. */
function requireValues(
  state: PlannerState,
  write: BoundInsert,
  source: PlanNode,
  assignments: readonly Assignment[],
): PlanNode {
  const whens = write.columns.flatMap(({ column }, i) =>
    column.nullable === false
      ? [
          {
            condition: isNull(symbolReference(assignments[i]!.symbol)),
            result: failure(
              state.registry,
              'CONSTRAINT_VIOLATION',
              `NULL value not allowed for NOT NULL column: ${column.name}`,
              BOOLEAN,
            ),
          },
        ]
      : [],
  )
  if (whens.length === 0) return source
  return { kind: 'filter', id: state.ids.next(), source, predicate: caseWhen(whens, TRUE) }
}

/** The value as the column's type; text longer than the column fails unless only blanks are cut. */
function storedAs(registry: FunctionRegistry, value: Expression, type: SqlType): Expression {
  const { type: from } = value
  const isText = (t: SqlType) => t.kind === 'varchar' || t.kind === 'char'
  const length = type.kind === 'varchar' || type.kind === 'char' ? type.length : undefined
  if (!isText(from) || length === undefined) return coerce(value, type)
  if ((from.kind === 'varchar' || from.kind === 'char') && (from.length ?? Infinity) <= length) {
    return coerce(value, type)
  }
  const trimmed = call(registry.resolve('rtrim', [VARCHAR]), [cast(value, VARCHAR)])
  const size = call(registry.resolve('length', [VARCHAR]), [coerce(trimmed, VARCHAR)])
  return caseWhen(
    [
      {
        condition: comparison('>', size, constant(BIGINT, BigInt(length))),
        result: failure(
          registry,
          'INVALID_CAST_ARGUMENT',
          `Cannot truncate non-space characters when casting from ${typeName(from)} to ${typeName(type)} on INSERT`,
          type,
        ),
      },
    ],
    cast(value, type),
  )
}

function writer(
  state: PlannerState,
  source: PlanNode,
  columns: readonly PlanSymbol[],
  columnNames: readonly string[],
  target: WriterTarget,
): RelationPlan {
  const partial = state.symbols.newSymbol('partialrows', BIGINT)
  const node: PlanNode = {
    kind: 'tableWriter',
    id: state.ids.next(),
    source,
    target,
    columns,
    columnNames,
    rowCountSymbol: partial,
    fragmentSymbol: state.symbols.newSymbol('fragment', VARBINARY),
  }
  const rowCountSymbol = state.symbols.newSymbol('rows', BIGINT)
  return {
    node: { kind: 'tableFinish', id: state.ids.next(), source: node, target, rowCountSymbol },
    symbols: [rowCountSymbol],
  }
}
