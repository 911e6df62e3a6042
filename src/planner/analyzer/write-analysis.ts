import { canCoerce, isCompatible } from '../../expressions/coercion.js'
import { coerce, nullConstant } from '../../expressions/ir-build.js'
import { type SqlType, typeName } from '../../spi/index.js'
import type {
  CreateTableRequest,
  QualifiedObjectName,
  ResolvedColumn,
  ResolvedTable,
} from '../metadata.js'
import type {
  CreateTableAsSelect,
  Identifier,
  Insert,
  NodeBase,
  Property,
} from '../parser/ast/index.js'
import { type Analysis, analyze, expressionContext, newField, visibleFields } from './analysis.js'
import type { BoundRelation, Field } from './bound.js'
import { checkColumnNames } from './clause-check.js'
import { fieldReference } from './column-analysis.js'
import { evaluateConstant } from './constant-evaluation.js'
import { nameKey, qualifiedText, qualify } from './metadata-collection.js'
import type { BoundRowChange } from './row-change-analysis.js'
import { rootScope } from './scope.js'
import { semanticError } from './semantic-error.js'
import { findTable } from './table-analysis.js'
import { orRefused, refuseSecurity, rowFilter, tableSecurity } from './table-security.js'

export type BoundWrite = BoundCreateTable | BoundInsert | BoundRowChange

export interface BoundCreateTable {
  readonly kind: 'createTable'
  /** Absent: the table is there already and IF NOT EXISTS stands. */
  readonly source?: BoundRelation
  readonly request: CreateTableRequest
  readonly withData: boolean
}

export interface BoundInsert {
  readonly kind: 'insert'
  readonly source: BoundRelation
  readonly table: ResolvedTable
  /** All columns of the table with the field of the source that feeds each; without one it is NULL. */
  readonly columns: readonly { readonly column: ResolvedColumn; readonly input?: Field }[]
}

/**
 * CREATE TABLE AS.
 * @throws MillraceError TABLE_ALREADY_EXISTS, MISSING_COLUMN_NAME, DUPLICATE_COLUMN_NAME, COLUMN_TYPE_UNKNOWN
 * @source Trino StatementAnalyzer.visitCreateTableAsSelect
 */
export function analyzeCreateTable(
  node: CreateTableAsSelect,
  analysis: Analysis,
): BoundCreateTable {
  const name = qualify(node.name, analysis.session, node)
  const found = analysis.metadata.relations.get(nameKey(name))
  if (found?.catalogExists === false) {
    throw semanticError('CATALOG_NOT_FOUND', node, `Catalog '${name.catalog}' not found`)
  }
  const request = {
    name,
    saveMode: node.saveMode,
    properties: node.properties.map((property) => analyzeProperty(property, analysis)),
    ...(node.comment === undefined ? {} : { comment: node.comment }),
  }
  if (found?.relation !== undefined && node.saveMode !== 'REPLACE') {
    if (node.saveMode === 'IGNORE') {
      return { kind: 'createTable', request: { ...request, columns: [] }, withData: false }
    }
    throw semanticError(
      'TABLE_ALREADY_EXISTS',
      node,
      `Destination table '${qualifiedText(name)}' already exists`,
    )
  }
  const source = analysis.analyzeQuery(node.query, rootScope, {})
  const columns = tableColumns(visibleFields(source.fields), node, node.columnAliases)
  return {
    kind: 'createTable',
    source,
    request: { ...request, columns },
    withData: node.withData,
  }
}

function analyzeProperty(
  property: Property,
  analysis: Analysis,
): CreateTableRequest['properties'][number] {
  const name = property.name.value.toLowerCase()
  if (property.value === undefined) return { name }
  const value = analyze(property.value, expressionContext(analysis, rootScope))
  return { name, value: evaluateConstant(value, analysis, property.value) }
}

/**
 * The columns of a table or view made of a query.
 * @throws MillraceError at `node`: MISSING_COLUMN_NAME, DUPLICATE_COLUMN_NAME, COLUMN_TYPE_UNKNOWN; at an alias:
 *   MISMATCHED_COLUMN_ALIASES, DUPLICATE_COLUMN_NAME
 */
export function tableColumns(
  fields: readonly Field[],
  node: NodeBase,
  aliases?: readonly Identifier[],
): readonly { readonly name: string; readonly type: SqlType }[] {
  if (aliases !== undefined) checkColumnNames(aliases, fields.length)
  const seen = new Set<string>()
  return fields.map((field, i) => {
    const name = (aliases?.[i]?.value ?? field.name)?.toLowerCase()
    if (name === undefined) {
      throw semanticError(
        'MISSING_COLUMN_NAME',
        node,
        `Column name not specified at position ${i + 1}`,
      )
    }
    if (seen.has(name)) {
      throw semanticError(
        'DUPLICATE_COLUMN_NAME',
        node,
        `Column name '${name}' specified more than once`,
      )
    }
    seen.add(name)
    if (field.type.kind === 'unknown') {
      throw semanticError('COLUMN_TYPE_UNKNOWN', node, `Column type is unknown: ${name}`)
    }
    return { name, type: field.type }
  })
}

/** @source Trino StatementAnalyzer.visitInsert */
export function analyzeInsert(node: Insert, analysis: Analysis): BoundInsert {
  refuseInsertIntoView(node, analysis)
  const source = analysis.analyzeQuery(node.query, rootScope, {})
  const table = findTable(node.table, analysis).relation as ResolvedTable
  const { access } = analysis
  access?.uses.add('insert', access.accessor, table.name, [])
  const inputs = visibleFields(source.fields)
  const visible = table.columns.filter((column) => column.hidden !== true)
  const targets = insertColumns(node, visible)
  const types = targets.map((column) => column.type)
  const isMatch =
    types.length === inputs.length && inputs.every((f, i) => canInsert(f.type, types[i]!))
  if (!isMatch) {
    const list = (all: readonly SqlType[]) => all.map(typeName).join(', ')
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Insert query has mismatched column types: Table: [${list(types)}], Query: [${list(inputs.map((f) => f.type))}]`,
    )
  }
  const inputByName = new Map(targets.map((column, i) => [column.name, inputs[i]!]))
  const columns = visible.map((column) => {
    const input = inputByName.get(column.name)
    return input === undefined ? { column } : { column, input }
  })
  return checkedInsert(node, { kind: 'insert', source, table, columns }, analysis)
}

/** Of a table with row filters, rows that could not be seen afterwards can't be inserted. */
function checkedInsert(node: Insert, insert: BoundInsert, analysis: Analysis): BoundInsert {
  const { table, source, columns } = insert
  const security = tableSecurity(table.name, analysis)
  if (security === undefined) return insert
  const message = 'Insert into table with column masks is not supported'
  refuseSecurity(table.name, node, analysis, { mask: message })
  const fields = columns.map(({ column }) => newField(analysis, column.type, column.name))
  const rows: BoundRelation = {
    kind: 'projection',
    source,
    expressions: columns.map(({ column, input }) =>
      input === undefined ? nullConstant(column.type) : coerce(fieldReference(input), column.type),
    ),
    fields,
  }
  const condition = rowFilter({ name: table.name, node: node.table, fields }, security, analysis)
  if (condition === undefined) return insert
  return {
    ...insert,
    source: {
      kind: 'select',
      from: rows,
      where: orRefused(condition, analysis),
      outputs: fields.map(fieldReference),
      fields,
      distinct: false,
      orderBy: [],
    },
    columns: columns.map(({ column }, i) => ({ column, input: fields[i]! })),
  }
}

function refuseInsertIntoView(node: Insert, analysis: Analysis): void {
  const name: QualifiedObjectName = qualify(node.table.name, analysis.session, node)
  const found = analysis.metadata.relations.get(nameKey(name))
  if (found?.relation?.isMaterializedView === true) {
    throw semanticError('NOT_SUPPORTED', node, 'Inserting into materialized views is not supported')
  }
  if (found?.relation?.kind === 'view') {
    throw semanticError('NOT_SUPPORTED', node, 'Inserting into views is not supported')
  }
}

function insertColumns(
  node: Insert,
  columns: readonly ResolvedColumn[],
): readonly ResolvedColumn[] {
  if (node.columns === undefined) return columns
  const byName = new Map(columns.map((column) => [column.name, column]))
  const seen = new Set<string>()
  return node.columns.map(({ value }) => {
    const name = value.toLowerCase()
    const column = byName.get(name)
    if (column === undefined) {
      throw semanticError(
        'COLUMN_NOT_FOUND',
        node,
        `Insert column name does not exist in target table: ${name}`,
      )
    }
    if (seen.has(name)) {
      throw semanticError(
        'DUPLICATE_COLUMN_NAME',
        node,
        `Insert column name is specified more than once: ${name}`,
      )
    }
    seen.add(name)
    return column
  })
}

/** Values of types with a bounded text inside are never cut, so these must coerce; others need a common type. */
export const canInsert = (from: SqlType, to: SqlType): boolean =>
  hasNestedBoundedText(to) ? canCoerce(from, to) : isCompatible(from, to)

function hasNestedBoundedText(type: SqlType): boolean {
  const isBounded = (t: SqlType): boolean =>
    t.kind === 'char' || (t.kind === 'varchar' && t.length !== undefined) || hasNestedBoundedText(t)
  switch (type.kind) {
    case 'array':
      return isBounded(type.element)
    case 'map':
      return isBounded(type.key) || isBounded(type.value)
    case 'row':
      return type.fields.some((f) => isBounded(f.type))
    default:
      return false
  }
}
