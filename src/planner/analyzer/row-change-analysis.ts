import { canCoerce } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { and, coerce } from '../../expressions/ir-build.js'
import { BOOLEAN, MillraceError, type SqlType, typeName } from '../../spi/index.js'
import type { ResolvedColumn, ResolvedRowChange, ResolvedTable } from '../metadata.js'
import type {
  Expression as AstExpression,
  Delete,
  Identifier,
  Merge,
  MergeCase,
  NodeBase,
  Table,
  Update,
} from '../parser/ast/index.js'
import { type Analysis, analyze, expressionContext, newField } from './analysis.js'
import type { BoundRelation, BoundTable, Field } from './bound.js'
import { analyzeCondition, refuseCalls, refuseWrittenCalls } from './clause-check.js'
import { changedTable, nameKey, qualify } from './metadata-collection.js'
import { analyzeRelation } from './relation-analyzer.js'
import { relationScope, rootScope, type Scope } from './scope.js'
import { semanticError } from './semantic-error.js'
import { columnNames, findTable, tableFields } from './table-analysis.js'
import { refuseSecurity, rowFilter, tableSecurity } from './table-security.js'
import { canInsert } from './write-analysis.js'

/** DELETE, UPDATE or MERGE: rows of a table, by their row ids, and what becomes of them. */
export interface BoundRowChange {
  readonly kind: 'rowChange'
  readonly operation: 'DELETE' | 'UPDATE' | 'MERGE'
  readonly table: ResolvedTable
  readonly rowChange: ResolvedRowChange
  /** The visible columns, with the field of the target that has each. */
  readonly columns: readonly { readonly column: ResolvedColumn; readonly field: Field }[]
  /** Null in rows of a MERGE's source that match no row of the target. */
  readonly rowId: Field
  /** The target, or for MERGE the target joined with the source. */
  readonly source: BoundRelation
  readonly where?: Expression
  /** Of a row, the first whose condition holds is carried out; DELETE and UPDATE have one, for every row. */
  readonly cases: readonly BoundRowChangeCase[]
}

export interface BoundRowChangeCase {
  readonly operation: 'insert' | 'delete' | 'update'
  readonly condition?: Expression
  /** By column name; what an INSERT does not name is NULL, what an UPDATE does not stays. */
  readonly values: ReadonlyMap<string, Expression>
}

/** The target as a relation: its columns and, hidden and without a name, the row id. */
interface Target extends Pick<BoundRowChange, 'table' | 'rowChange' | 'columns' | 'rowId'> {
  readonly relation: BoundTable
}

const PHRASES = { delete: 'Deleting from', update: 'Updating', merge: 'Merging into' } as const

/**
 * The table whose rows a statement changes.
 * @throws MillraceError TABLE_NOT_FOUND; NOT_SUPPORTED for views and registered sources
 */
function targetTable(node: Delete | Update | Merge, analysis: Analysis): ResolvedTable {
  const table = changedTable(node)!
  const isBare = table.name.parts.length === 1
  if (isBare && analysis.metadata.registered.has(table.name.parts[0]!.value.toLowerCase())) {
    throw unsupportedRowChange()
  }
  const name = qualify(table.name, analysis.session, table)
  const found = analysis.metadata.relations.get(nameKey(name))
  const view =
    found?.relation?.isMaterializedView === true
      ? 'materialized views'
      : found?.relation?.kind === 'view'
        ? 'views'
        : undefined
  if (view !== undefined) {
    throw semanticError('NOT_SUPPORTED', node, `${PHRASES[node.kind]} ${view} is not supported`)
  }
  return findTable(table, analysis).relation as ResolvedTable
}

const unsupportedRowChange = (): MillraceError =>
  new MillraceError('NOT_SUPPORTED', 'This connector does not support modifying table rows')

/** @throws MillraceError NOT_SUPPORTED where the connector can't change rows */
function targetRelation(
  table: ResolvedTable,
  node: Table,
  qualifier: readonly string[],
  analysis: Analysis,
): Target {
  const { rowChange } = analysis.metadata
  if (rowChange === undefined) throw unsupportedRowChange()
  analysis.usedTables.set(nameKey(table.name), table)
  const fields = tableFields(table, qualifier, analysis)
  const rowId: Field = { ...newField(analysis, rowChange.rowId.type), hidden: true }
  const columns = table.columns.flatMap((column, i) =>
    column.hidden === true ? [] : [{ column, field: fields[i]! }],
  )
  if (columns.length === 0) throw semanticError('NOT_SUPPORTED', node, 'Table has no columns')
  return {
    table,
    rowChange,
    columns,
    rowId,
    relation: {
      kind: 'table',
      table: table.table,
      columnNames: [...columnNames(table), 'rowid'],
      columns: [...table.columns.map((column) => column.handle), rowChange.rowId.handle],
      fields: [...fields, rowId],
    },
  }
}

/** @param columns those that an UPDATE sets */
function noteWrite(
  operation: 'insert' | 'delete' | 'update',
  { name }: ResolvedTable,
  columns: Iterable<string>,
  { access }: Analysis,
): void {
  access?.uses.add(operation, access.accessor, name, columns)
}

const namesOf = (table: Table): readonly string[] =>
  table.name.parts.map((part) => part.value.toLowerCase())

function analyzeWhere(
  where: AstExpression | undefined,
  scope: Scope,
  analysis: Analysis,
): { readonly where?: Expression } {
  if (where === undefined) return {}
  refuseWrittenCalls(where, analysis.registry, 'WHERE clause')
  const context = expressionContext(analysis, scope)
  const condition = analyzeCondition(where, context, 'WHERE')
  return { where: condition }
}

/** The rows that may be seen, which are those that may be deleted; undefined: all. */
function visibleRows(
  node: Table,
  table: ResolvedTable,
  { fields }: BoundTable,
  analysis: Analysis,
): Expression | undefined {
  const security = tableSecurity(table.name, analysis)
  if (security === undefined) return undefined
  return rowFilter({ name: table.name, node, fields }, security, analysis)
}

/** From here on, columns of the rows that are changed can only be read by who may; filters have read them before. */
function noteReads(table: ResolvedTable, { fields }: BoundTable, { access }: Analysis): void {
  const columns = columnNames(table)
  access?.uses.addFields(access.accessor, table.name, fields.slice(0, columns.length), columns)
}

const bothOf = (
  a: Expression | undefined,
  b: Expression | undefined,
): { readonly where?: Expression } => {
  if (a === undefined || b === undefined) {
    const where = a ?? b
    return where === undefined ? {} : { where }
  }
  return { where: and([a, b]) }
}

/** @source Trino StatementAnalyzer.visitDelete */
export function analyzeDelete(node: Delete, analysis: Analysis): BoundRowChange {
  const table = targetTable(node, analysis)
  const { relation, ...target } = targetRelation(table, node.table, namesOf(node.table), analysis)
  noteWrite('delete', table, [], analysis)
  refuseSecurity(table.name, node, analysis, { mask: 'Delete from table with column mask' })
  const scope = relationScope(relation.fields, rootScope)
  const where = visibleRows(node.table, table, relation, analysis)
  noteReads(table, relation, analysis)
  const written = analyzeWhere(node.where, scope, analysis)
  return {
    kind: 'rowChange',
    operation: 'DELETE',
    ...target,
    source: relation,
    ...bothOf(where, written.where),
    cases: [{ operation: 'delete', values: new Map() }],
  }
}

/**
 * @throws MillraceError COLUMN_NOT_FOUND and DUPLICATE_COLUMN_NAME at the assignment, TYPE_MISMATCH at the statement
 * @source Trino StatementAnalyzer.visitUpdate
 */
export function analyzeUpdate(node: Update, analysis: Analysis): BoundRowChange {
  const table = targetTable(node, analysis)
  const byName = new Map(table.columns.map((column) => [column.name, column]))
  for (const { name } of node.assignments) {
    const column = name.value.toLowerCase()
    if (!byName.has(column)) {
      throw semanticError(
        'COLUMN_NOT_FOUND',
        name,
        `The UPDATE SET target column ${column} doesn't exist`,
      )
    }
  }
  const { relation, ...target } = targetRelation(table, node.table, namesOf(node.table), analysis)
  const names = new Set<string>()
  for (const { name } of node.assignments) {
    const column = name.value.toLowerCase()
    if (names.has(column)) {
      throw semanticError(
        'DUPLICATE_COLUMN_NAME',
        name,
        `The UPDATE SET target column ${column} is specified more than once`,
      )
    }
    names.add(column)
  }
  noteWrite('update', table, names, analysis)
  refuseSecurity(table.name, node, analysis, {
    filter: 'Updating a table with a row filter is not supported',
    mask: 'Updating a table with column masks is not supported',
  })
  const scope = relationScope(relation.fields, rootScope)
  noteReads(table, relation, analysis)
  const where = analyzeWhere(node.where, scope, analysis)
  const values = node.assignments.map(({ value }) => analyzeValue(value, scope, analysis, 'UPDATE'))
  const types = [...names].map((name) => byName.get(name)!.type)
  if (!values.every((value, i) => canInsert(value.type, types[i]!))) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `UPDATE table column types don't match SET expressions: Table: [${typeNames(types)}], Expressions: [${typeNames(values.map((value) => value.type))}]`,
    )
  }
  return {
    kind: 'rowChange',
    operation: 'UPDATE',
    ...target,
    source: relation,
    ...where,
    cases: [
      { operation: 'update', values: new Map([...names].map((name, i) => [name, values[i]!])) },
    ],
  }
}

const typeNames = (types: readonly SqlType[]): string => types.map(typeName).join(', ')

function analyzeValue(
  node: AstExpression,
  scope: Scope,
  analysis: Analysis,
  clause: string,
): Expression {
  const context = expressionContext(analysis, scope)
  const value = analyze(node, context)
  refuseCalls(context.met, node, clause)
  return value
}

/**
 * @throws MillraceError what Trino's analysis throws, at its places
 * @source Trino StatementAnalyzer.visitMerge
 */
export function analyzeMerge(node: Merge, analysis: Analysis): BoundRowChange {
  const table = targetTable(node, analysis)
  const written = changedTable(node)!
  const qualifier =
    node.target.kind === 'aliasedRelation'
      ? [node.target.alias.value.toLowerCase()]
      : namesOf(written)
  refuseSecurity(table.name, node, analysis, {
    filter: 'Cannot merge into a table with row filters',
    mask: 'Cannot merge into a table with column masks',
  })
  const { relation, ...target } = targetRelation(table, written, qualifier, analysis)
  noteReads(table, relation, analysis)
  const source = analyzeRelation(node.source, rootScope, analysis)
  const fields = [...relation.fields, ...source.fields]
  const scope = relationScope(fields, rootScope)
  const condition = mergeCondition(
    node.predicate,
    scope,
    analysis,
    'The MERGE predicate must evaluate to a boolean: actual type',
  )
  const cases = node.mergeCases.map((mergeCase, i) =>
    analyzeCase(mergeCase, i, node, target, scope, analysis),
  )
  for (const { operation, values } of cases) {
    noteWrite(operation, table, operation === 'update' ? values.keys() : [], analysis)
  }
  return {
    kind: 'rowChange',
    operation: 'MERGE',
    ...target,
    source: {
      kind: 'join',
      // Rows of the source without a match are kept where a case may insert them.
      type: cases.some((c) => c.operation === 'insert') ? 'right' : 'inner',
      left: relation,
      right: source,
      lateral: false,
      condition,
      fields,
    },
    cases,
  }
}

function mergeCondition(
  node: AstExpression,
  scope: Scope,
  analysis: Analysis,
  message: string,
): Expression {
  const condition = analyzeValue(node, scope, analysis, 'MERGE')
  if (!canCoerce(condition.type, BOOLEAN)) {
    throw semanticError('TYPE_MISMATCH', node, `${message} ${typeName(condition.type)}`)
  }
  return coerce(condition, BOOLEAN)
}

function analyzeCase(
  mergeCase: MergeCase,
  number: number,
  node: Merge,
  { columns }: Omit<Target, 'relation'>,
  scope: Scope,
  analysis: Analysis,
): BoundRowChangeCase {
  const byName = new Map(columns.map(({ column }) => [column.name, column]))
  const { names, expressions } = caseParts(mergeCase, [...byName.keys()])
  checkCaseColumns(names, expressions.length, byName, node)
  const condition =
    mergeCase.expression === undefined
      ? {}
      : {
          condition: mergeCondition(
            mergeCase.expression,
            scope,
            analysis,
            'WHERE clause predicate must evaluate to a boolean: actual type',
          ),
        }
  const values = expressions.map((e) => analyzeValue(e, scope, analysis, 'MERGE'))
  const types = names.map((name) => byName.get(name)!.type)
  if (!values.every((value, i) => canInsert(value.type, types[i]!))) {
    throw semanticError(
      'TYPE_MISMATCH',
      mergeCase,
      `MERGE table column types don't match for MERGE case ${number}, SET expressions: Table: [${typeNames(types)}], Expressions: [${typeNames(values.map((value) => value.type))}]`,
    )
  }
  return {
    operation: OPERATIONS[mergeCase.kind],
    ...condition,
    values: new Map(names.map((name, i) => [name, values[i]!])),
  }
}

const OPERATIONS = { mergeInsert: 'insert', mergeUpdate: 'update', mergeDelete: 'delete' } as const

const lower = (identifier: Identifier): string => identifier.value.toLowerCase()

function caseParts(
  mergeCase: MergeCase,
  all: readonly string[],
): { readonly names: readonly string[]; readonly expressions: readonly AstExpression[] } {
  switch (mergeCase.kind) {
    case 'mergeDelete':
      return { names: [], expressions: [] }
    case 'mergeUpdate':
      return {
        names: mergeCase.assignments.map(({ target }) => lower(target)),
        expressions: mergeCase.assignments.map(({ value }) => value),
      }
    case 'mergeInsert':
      return {
        names: mergeCase.columns.length === 0 ? all : mergeCase.columns.map(lower),
        expressions: mergeCase.values,
      }
  }
}

function checkCaseColumns(
  names: readonly string[],
  valueCount: number,
  byName: ReadonlyMap<string, ResolvedColumn>,
  node: NodeBase,
): void {
  if (names.length !== valueCount) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Number of merge columns (${names.length}) isn't equal to number of expressions (${valueCount})`,
    )
  }
  const seen = new Set<string>()
  for (const name of names) {
    if (!byName.has(name)) {
      throw semanticError(
        'COLUMN_NOT_FOUND',
        node,
        `Merge column name does not exist in target table: ${name}`,
      )
    }
    if (seen.has(name)) {
      throw semanticError(
        'DUPLICATE_COLUMN_NAME',
        node,
        `Merge column name is specified more than once: ${name}`,
      )
    }
    seen.add(name)
  }
}
