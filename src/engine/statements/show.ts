import { likeMatcher } from '../../expressions/value/like.js'
import type { QualifiedObjectName } from '../../planner/metadata.js'
import type { NodeBase } from '../../planner/parser/ast/index.js'
import { type ColumnMetadata, displayTypeName, varcharType } from '../../spi/index.js'
import { listRelations, listSchemas } from '../catalog/catalog-information.js'
import {
  findMaterializedView,
  findView,
  lookUpTable,
  printName,
  schemaExists,
} from '../catalog/metadata.js'
import type { ResultColumn } from '../result/result-column.js'
import { propertyValueText } from '../session/property-text.js'
import { findSystemProperty, SYSTEM_PROPERTIES } from '../session/session-properties.js'
import { schemaFunctionRows } from './function-rows.js'
import { functionRows, TABLE_FUNCTION_ROWS } from './function-signatures.js'
import type { ShowStatementKinds } from './kinds.js'
import { catalogSchemaName, errorAt, qualifiedObjectName, sessionCatalog } from './names.js'
import type { StatementContext, StatementHandlers } from './statement.js'
import { BOOLEAN, type StaticRow, staticResult, textType, VARCHAR } from './static-rows.js'

const varcharColumns = (...names: string[]): ResultColumn[] =>
  names.map((name) => ({ name, type: VARCHAR }))

/** Columns of the types that literals of these texts have together, or of greater lengths. */
const literalColumns = (
  names: readonly string[],
  rows: readonly StaticRow[],
  minLengths: readonly number[] = [],
): ResultColumn[] =>
  names.map((name, channel) => {
    if (typeof rows[0]?.[channel] === 'boolean') return { name, type: BOOLEAN }
    const lengths = rows.map((row) => [...String(row[channel] ?? '')].length)
    const length = lengths.reduce((a, b) => Math.max(a, b), minLengths[channel] ?? 0)
    return { name, type: varcharType(length) }
  })

/**
 * The lengths of the columns of SHOW FUNCTIONS and SHOW SESSION are those of the longest of all names and texts, whatever LIKE
 * keeps: clients that know the columns of a Trino 476 as it comes find them as wide here, where some of those are missing.
 */
const FUNCTION_LENGTHS = [31, 28, 78, 9, 0, 205]
const SESSION_LENGTHS = [57, 14, 14, 14, 162]

/** The test of LIKE, where there is one. */
const patternMatcher = (node: {
  readonly likePattern?: string
  readonly escape?: string
}): ((text: string) => boolean) =>
  node.likePattern === undefined ? () => true : likeMatcher(node.likePattern, node.escape)

const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** @throws CATALOG_NOT_FOUND at the node */
export function requireCatalog(context: StatementContext, node: NodeBase, catalog: string): void {
  if (context.catalogs.find(catalog) === undefined) {
    throw errorAt(node, 'CATALOG_NOT_FOUND', `Catalog '${catalog}' not found`)
  }
}

/** @throws CATALOG_NOT_FOUND, SCHEMA_NOT_FOUND at the node */
export async function requireSchema(
  context: StatementContext,
  node: NodeBase,
  name: { readonly catalog: string; readonly schema: string },
): Promise<void> {
  requireCatalog(context, node, name.catalog)
  if (!(await schemaExists(context, name.catalog, name.schema))) {
    throw errorAt(node, 'SCHEMA_NOT_FOUND', `Schema '${name.schema}' does not exist`)
  }
}

/** The columns of a table or view, hidden ones left out; undefined where there is none of the name. */
async function relationColumns(
  context: StatementContext,
  name: QualifiedObjectName,
): Promise<readonly { name: string; type: string; extra: string; comment: string }[] | undefined> {
  const view = (await findView(context, name)) ?? (await findMaterializedView(context, name))
  if (view !== undefined) {
    return view.columns.map((column) => ({
      name: column.name,
      type: displayTypeName(context.services.parseType(column.type)),
      extra: '',
      comment: column.comment ?? '',
    }))
  }
  const table = await lookUpTable(context, name)
  return table?.tableMetadata.columns
    .filter((column: ColumnMetadata) => column.hidden !== true)
    .map((column: ColumnMetadata) => ({
      name: column.name,
      type: displayTypeName(column.type),
      extra: column.extraInfo ?? '',
      comment: column.comment ?? '',
    }))
}

/** @throws PERMISSION_DENIED where the columns may not be known at all */
async function visibleColumns(
  name: QualifiedObjectName,
  columns: readonly { readonly name: string }[],
  { access }: StatementContext,
): Promise<(column: string) => boolean> {
  if (access === undefined) return () => true
  const table = { schema: name.schema, table: name.name }
  await access.check(name.catalog, 'checkCanShowColumns', table)
  const names = columns.map((column) => column.name)
  const visible = new Set(await access.filterColumns(name.catalog, table, names))
  return (column) => visible.has(column)
}

/**
 * SHOW and DESCRIBE, answered from the catalogs' metadata. Names and types of the columns are those of the queries that
 * Trino makes of them.
 * @source Trino ShowQueriesRewrite
 */
export const showHandlers: StatementHandlers<ShowStatementKinds> = {
  async showCatalogs(node, { catalogs, access }) {
    const matches = patternMatcher(node)
    const names = catalogs
      .list()
      .map((catalog) => catalog.name)
      .filter((name) => access?.canAccessCatalog(name) ?? true)
    return staticResult(
      [{ name: 'Catalog', type: textType(names) }],
      names.filter(matches).map((name) => [name]),
    )
  },

  async showSchemas(node, context) {
    const catalog = node.catalog?.value.toLowerCase() ?? sessionCatalog(context.session, node)
    context.catalogs.get(catalog)
    await context.access?.check(catalog, 'checkCanShowSchemas')
    const names = await listSchemas(context, catalog)
    return staticResult(
      varcharColumns('Schema'),
      names
        .filter(patternMatcher(node))
        .sort(compareText)
        .map((name) => [name]),
    )
  },

  async showTables(node, context) {
    const name = catalogSchemaName(context.session, node, node.schema)
    await requireSchema(context, node, name)
    await context.access?.check(name.catalog, 'checkCanShowTables', name.schema)
    const relations = await listRelations(context, name.catalog, { schema: name.schema })
    const matches = patternMatcher(node)
    const names = new Set(relations.map((relation) => relation.table))
    return staticResult(
      varcharColumns('Table'),
      [...names]
        .filter(matches)
        .sort(compareText)
        .map((table) => [table]),
    )
  },

  async showColumns(node, context) {
    const name = qualifiedObjectName(context.session, node, node.table)
    await requireSchema(context, node, name)
    const columns = await relationColumns(context, name)
    if (columns === undefined) {
      throw errorAt(node, 'TABLE_NOT_FOUND', `Table '${printName(name)}' does not exist`)
    }
    const isVisible = await visibleColumns(name, columns, context)
    const matches = patternMatcher(node)
    return staticResult(
      varcharColumns('Column', 'Type', 'Extra', 'Comment'),
      columns
        .filter((column) => matches(column.name) && isVisible(column.name))
        .map((column) => [column.name, column.type, column.extra, column.comment]),
    )
  },

  async showFunctions(node, context) {
    const names = [
      'Function',
      'Return Type',
      'Argument Types',
      'Function Type',
      'Deterministic',
      'Description',
    ]
    if (node.schema !== undefined) {
      const name = catalogSchemaName(context.session, node, node.schema)
      await context.access?.check(name.catalog, 'checkCanShowFunctions', name.schema)
      const found = await schemaFunctionRows(name, context)
      if (found.length > 0) {
        const matches = patternMatcher(node)
        return staticResult(
          literalColumns(names, found),
          found.filter((row) => matches(String(row[0]))),
        )
      }
      const columns = names.map((column) => ({
        name: column,
        type: column === 'Deterministic' ? BOOLEAN : VARCHAR,
      }))
      return staticResult(columns, [])
    }
    const rows = [
      ...context.services.functions.list().flatMap(functionRows),
      ...TABLE_FUNCTION_ROWS,
    ]
    const matches = patternMatcher(node)
    const sortKey = (row: StaticRow) =>
      `${String(row[0]).toLowerCase()}\0${row[1]}\0${row[2]}\0${row[3]}`
    return staticResult(
      literalColumns(names, rows, FUNCTION_LENGTHS),
      rows
        .filter((row) => matches(String(row[0])))
        .sort((a, b) => compareText(sortKey(a), sortKey(b))),
    )
  },

  async showSession(node, context) {
    const rows = [...systemPropertyRows(context), ...catalogPropertyRows(context)]
    const matches = patternMatcher(node)
    return staticResult(
      literalColumns(['Name', 'Value', 'Default', 'Type', 'Description'], rows, SESSION_LENGTHS),
      rows.filter((row) => matches(String(row[0]))),
    )
  },
}

function systemPropertyRows(context: StatementContext): StaticRow[] {
  const { propertyDefaults } = context.services
  const defaultOf = (name: string): string =>
    propertyDefaults.get(name) ?? findSystemProperty(name)!.defaultText
  return SYSTEM_PROPERTIES.filter((property) => !property.hidden).map((property) => [
    property.name,
    context.session.properties.get(property.name) ?? defaultOf(property.name),
    defaultOf(property.name),
    displayTypeName(property.type),
    property.description,
  ])
}

function catalogPropertyRows(context: StatementContext): StaticRow[] {
  const { catalogs, access } = context
  const visible = catalogs.list().filter(({ name }) => access?.canAccessCatalog(name) ?? true)
  return visible.flatMap(({ name, connector }) =>
    (connector.getSessionProperties?.() ?? [])
      .filter((property) => !property.hidden)
      .map((property) => {
        const defaultText =
          property.defaultValue === undefined
            ? ''
            : propertyValueText(property.type, property.encode(property.defaultValue))
        const set = context.session.catalogProperties.get(name)?.get(property.name)
        return [
          `${name}.${property.name}`,
          set ?? defaultText,
          defaultText,
          displayTypeName(property.type),
          property.description,
        ]
      }),
  )
}
