import type { QualifiedObjectName } from '../../planner/metadata.js'
import type { ColumnDefinition, LikeClause, NodeBase } from '../../planner/parser/ast/index.js'
import {
  type ColumnMetadata,
  type ConnectorTableMetadata,
  denialOf,
  type Properties,
  permissionDenied,
  typeName,
} from '../../spi/index.js'
import { lookUpTable, printName, type TableLookup } from '../catalog/metadata.js'
import { columnType } from './column-type.js'
import { errorAt, qualifiedObjectName, tableName } from './names.js'
import { evaluateProperties } from './properties.js'
import type { StatementContext, StatementOf } from './statement.js'

/** The table that CREATE TABLE describes. @throws what names and types that are wrong throw, at their places */
export async function newTable(
  node: StatementOf<'createTable'>,
  name: QualifiedObjectName,
  context: StatementContext,
): Promise<ConnectorTableMetadata> {
  const { connector } = context.catalogs.get(name.catalog)
  const columns = new Map<string, ColumnMetadata>()
  let inherited: Properties = {}
  let hasInherited = false
  const add = (at: NodeBase, column: ColumnMetadata) => {
    if (columns.has(column.name)) {
      throw errorAt(
        at,
        'DUPLICATE_COLUMN_NAME',
        `Column name '${column.name}' specified more than once`,
      )
    }
    columns.set(column.name, column)
  }
  for (const element of node.elements) {
    if (element.kind === 'columnDefinition') {
      if (element.name.parts.length > 1) {
        const written = element.name.parts.map((part) => part.value).join('.')
        throw errorAt(node, 'NOT_SUPPORTED', `Column name '${written}' must not be qualified`)
      }
      add(element, await newColumn(element, name.catalog, context))
      continue
    }
    const source = await likeSource(node, element, name, context)
    if (element.propertiesOption === 'INCLUDING') {
      if (hasInherited) {
        throw errorAt(
          node,
          'NOT_SUPPORTED',
          'Only one LIKE clause can specify INCLUDING PROPERTIES',
        )
      }
      hasInherited = true
      inherited = source.tableMetadata.properties ?? {}
    }
    for (const { name: columnName, type, nullable, comment, hidden } of source.tableMetadata
      .columns) {
      if (hidden === true) continue
      add(element, {
        name: columnName,
        type,
        ...(nullable === undefined ? {} : { nullable }),
        ...(comment === undefined ? {} : { comment }),
      })
    }
  }
  const properties = await evaluateProperties(
    {
      catalog: name.catalog,
      what: 'table',
      code: 'INVALID_TABLE_PROPERTY',
      definitions: connector.getTableProperties?.(),
    },
    node.properties,
    context,
  )
  return {
    table: { schema: name.schema, table: name.name },
    columns: [...columns.values()],
    properties: { ...inherited, ...properties },
    ...(node.comment === undefined ? {} : { comment: node.comment }),
  }
}

async function likeSource(
  node: StatementOf<'createTable'>,
  element: LikeClause,
  name: QualifiedObjectName,
  context: StatementContext,
): Promise<TableLookup> {
  const source = qualifiedObjectName(context.session, node, element.tableName)
  if (context.catalogs.find(source.catalog) === undefined) {
    throw errorAt(node, 'CATALOG_NOT_FOUND', `LIKE table catalog '${source.catalog}' not found`)
  }
  const table = await lookUpTable(context, source)
  if (table === undefined) {
    throw errorAt(node, 'TABLE_NOT_FOUND', `LIKE table '${printName(source)}' does not exist`)
  }
  await checkReference(table, context)
  if (element.propertiesOption === 'INCLUDING' && source.catalog !== name.catalog) {
    throw errorAt(
      node,
      'NOT_SUPPORTED',
      'CREATE TABLE LIKE table INCLUDING PROPERTIES across catalogs is not supported',
    )
  }
  return table
}

/** Whoever makes a table like another learns its columns. @throws PERMISSION_DENIED */
async function checkReference(
  { name, tableMetadata }: TableLookup,
  { access }: StatementContext,
): Promise<void> {
  const columns = tableMetadata.columns.map((column) => column.name)
  try {
    await access?.check(name.catalog, 'checkCanSelectFromColumns', tableName(name), columns)
  } catch (error) {
    if (denialOf(error) === undefined) throw error
    throw permissionDenied(`Cannot reference columns of table ${printName(name)}`, error)
  }
}

/** The column that a definition of CREATE TABLE or ADD COLUMN makes. */
export async function newColumn(
  element: ColumnDefinition,
  catalog: string,
  context: StatementContext,
): Promise<ColumnMetadata> {
  const name = element.name.parts
    .map((part) => part.value)
    .join('.')
    .toLowerCase()
  const type = columnType(element.type, element, name)
  if (type.kind === 'unknown') {
    throw errorAt(
      element,
      'COLUMN_TYPE_UNKNOWN',
      `Unknown type '${typeName(type)}' for column '${name}'`,
    )
  }
  const { connector } = context.catalogs.get(catalog)
  if (!element.nullable && !connector.getCapabilities?.().includes('NOT_NULL_COLUMN_CONSTRAINT')) {
    throw errorAt(
      element,
      'NOT_SUPPORTED',
      `Catalog '${catalog}' does not support non-null column for column name '${name}'`,
    )
  }
  const properties = await evaluateProperties(
    {
      catalog,
      what: 'column',
      code: 'INVALID_COLUMN_PROPERTY',
      definitions: connector.getColumnProperties?.(),
    },
    element.properties,
    context,
  )
  return {
    name,
    type,
    nullable: element.nullable,
    properties,
    ...(element.comment === undefined ? {} : { comment: element.comment }),
  }
}
