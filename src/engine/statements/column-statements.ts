import type { NodeBase, QualifiedName } from '../../planner/parser/ast/index.js'
import {
  type ColumnMetadata,
  type ColumnPosition,
  displayTypeName,
  MillraceError,
  type SqlType,
} from '../../spi/index.js'
import type { TableLookup } from '../catalog/metadata.js'
import { nodesOf } from '../execution/distributed-run.js'
import { columnType } from './column-type.js'
import { ambiguous, canDropField, candidates, fieldNames, fieldType } from './field-path.js'
import type { ColumnStatementKinds } from './kinds.js'
import { errorAt, tableName } from './names.js'
import { writableMetadata } from './schema-statements.js'
import type { StatementContext, StatementHandlers, StatementOf } from './statement.js'
import { newColumn } from './table-definition.js'
import { done, requireTable } from './table-statements.js'
import { unsupported } from './unsupported.js'

const lowerName = (name: QualifiedName): string[] =>
  name.parts.map((part) => part.value.toLowerCase())

const missingColumn = (node: NodeBase, name: string): MillraceError =>
  errorAt(node, 'COLUMN_NOT_FOUND', `Column '${name}' does not exist`)

const visibleColumns = (table: TableLookup): readonly ColumnMetadata[] =>
  table.tableMetadata.columns.filter((column) => column.hidden !== true)

/** The handle of a column that the statement may change. @throws COLUMN_NOT_FOUND, NOT_SUPPORTED for hidden ones */
function columnHandle(node: NodeBase, table: TableLookup, name: string, verb: string): unknown {
  const column = table.tableMetadata.columns.find((candidate) => candidate.name === name)
  if (column === undefined) throw missingColumn(node, name)
  if (column.hidden === true) throw errorAt(node, 'NOT_SUPPORTED', `Cannot ${verb} hidden column`)
  return table.columnHandles.get(name)
}

/** The type of a column that is in the table. */
const typeOf = (table: TableLookup, name: string): SqlType =>
  table.tableMetadata.columns.find((column) => column.name === name)!.type

/** What stays is written anew where the coordinator has it: brings parts there that lie on other nodes. */
async function gatherParts(table: TableLookup, context: StatementContext): Promise<void> {
  const { catalog, schema, name } = table.name
  const reference = { catalog, schema, table: name, handle: table.handle }
  if (nodesOf(context.catalogs, reference).length > 0) {
    await context.services.gather(reference, context)
  }
}

/** @source Trino AddColumnTask, RenameColumnTask, DropColumnTask, SetColumnTypeTask, DropNotNullConstraintTask */
export const columnHandlers: StatementHandlers<ColumnStatementKinds> = {
  async addColumn(node, context) {
    const table = await requireTable(context, node, node.name, node.tableExists)
    if (table === undefined) return done('ADD COLUMN')
    await context.access?.check(table.name.catalog, 'checkCanAddColumn', tableName(table.name))
    await addColumn(node, table, context)
    return done('ADD COLUMN')
  },

  async renameColumn(node, context) {
    const table = await requireTable(context, node, node.table, node.tableExists)
    if (table === undefined) return done('RENAME COLUMN')
    await context.access?.check(table.name.catalog, 'checkCanRenameColumn', tableName(table.name))
    const [source, ...fields] = lowerName(node.source)
    if (source === undefined) throw unsupported('renaming columns')
    const target = node.target.value.toLowerCase()
    const exists = table.columnHandles.has(source)
    if (!exists && node.columnExists) return done('RENAME COLUMN')
    const handle = columnHandle(node, table, source, 'rename')
    if (fields.length > 0) {
      await renameField(node, table, context)
      return done('RENAME COLUMN')
    }
    if (table.columnHandles.has(target)) {
      throw errorAt(node, 'COLUMN_ALREADY_EXISTS', `Column '${target}' already exists`)
    }
    const { catalog } = table.name
    const metadata = await writableMetadata(context, catalog)
    if (metadata.renameColumn === undefined) throw unsupported('renaming columns')
    await metadata.renameColumn(context.connectorSession(catalog), table.handle, handle, target)
    return done('RENAME COLUMN')
  },

  async dropColumn(node, context) {
    const table = await requireTable(context, node, node.table, node.tableExists)
    if (table === undefined) return done('DROP COLUMN')
    await context.access?.check(table.name.catalog, 'checkCanDropColumn', tableName(table.name))
    const [name, ...fields] = lowerName(node.field)
    if (name === undefined) throw unsupported('dropping columns')
    if (!table.columnHandles.has(name) && node.columnExists) return done('DROP COLUMN')
    const handle = columnHandle(node, table, name, 'drop')
    if (fields.length > 0) {
      await dropField(node, table, context)
      return done('DROP COLUMN')
    }
    if (visibleColumns(table).length <= 1) {
      throw errorAt(node, 'NOT_SUPPORTED', 'Cannot drop the only column in a table')
    }
    const { catalog } = table.name
    const metadata = await writableMetadata(context, catalog)
    if (metadata.dropColumn === undefined) throw unsupported('dropping columns')
    await gatherParts(table, context)
    await metadata.dropColumn(context.connectorSession(catalog), table.handle, handle)
    return done('DROP COLUMN')
  },

  async setColumnType(node, context) {
    const table = await requireTable(context, node, node.tableName, node.tableExists)
    if (table === undefined) return done('SET COLUMN TYPE')
    await context.access?.check(table.name.catalog, 'checkCanAlterColumn', tableName(table.name))
    const path = lowerName(node.columnName)
    const [name] = path
    if (name === undefined || !table.columnHandles.has(name)) {
      throw missingColumn(node, path.join('.'))
    }
    const handle = columnHandle(node, table, name, 'alter')
    const type = columnType(node.type, node.type, path.join('.'))
    if (type.kind === 'unknown') {
      const message = `Unknown type 'unknown' for column '${path.join('.')}'`
      throw errorAt(node.type, 'COLUMN_TYPE_UNKNOWN', message)
    }
    const { catalog } = table.name
    const metadata = await writableMetadata(context, catalog)
    if (path.length > 1) {
      const fields = path.slice(1)
      fieldType({ node, columnType: typeOf(table, name), fields, shown: path })
      if (metadata.setFieldType === undefined) throw unsupported('setting field types')
      await metadata.setFieldType(context.connectorSession(catalog), table.handle, path, type)
      return done('SET COLUMN TYPE')
    }
    if (metadata.setColumnType === undefined) throw unsupported('setting column types')
    await metadata.setColumnType(context.connectorSession(catalog), table.handle, handle, type)
    return done('SET COLUMN TYPE')
  },

  async dropNotNullConstraint(node, context) {
    const table = await requireTable(context, node, node.table, node.tableExists)
    if (table === undefined) return done('DROP NOT NULL')
    await context.access?.check(table.name.catalog, 'checkCanAlterColumn', tableName(table.name))
    const name = node.column.value.toLowerCase()
    const handle = columnHandle(node, table, name, 'alter')
    const column = table.tableMetadata.columns.find((candidate) => candidate.name === name)
    if (column?.nullable !== false) {
      throw errorAt(node, 'NOT_SUPPORTED', 'Column is already nullable')
    }
    const { catalog } = table.name
    const metadata = await writableMetadata(context, catalog)
    if (metadata.dropNotNullConstraint === undefined) {
      throw unsupported('dropping a not null constraint')
    }
    await metadata.dropNotNullConstraint(context.connectorSession(catalog), table.handle, handle)
    return done('DROP NOT NULL')
  },
}

async function addColumn(
  node: StatementOf<'addColumn'>,
  table: TableLookup,
  context: StatementContext,
): Promise<void> {
  if (node.column.name.parts.length > 1) {
    await addField(node, table, context)
    return
  }
  const { catalog } = table.name
  const column = await newColumn(node.column, catalog, context)
  if (table.columnHandles.has(column.name)) {
    if (node.columnNotExists) return
    throw errorAt(node, 'COLUMN_ALREADY_EXISTS', `Column '${column.name}' already exists`)
  }
  const metadata = await writableMetadata(context, catalog)
  if (metadata.addColumn === undefined) throw unsupported('adding columns')
  const position = positionOf(node, table)
  if (position.kind !== 'last') await gatherParts(table, context)
  const session = context.connectorSession(catalog)
  const { properties } = table.tableMetadata
  const type =
    (await metadata.getSupportedType?.(session, properties ?? {}, column.type)) ?? column.type
  await metadata.addColumn(session, table.handle, { ...column, type }, position)
}

async function addField(
  node: StatementOf<'addColumn'>,
  table: TableLookup,
  context: StatementContext,
): Promise<void> {
  const path = lowerName(node.column.name)
  const name = path[0]!
  const type = columnType(node.column.type, node.column, name)
  if (!table.columnHandles.has(name)) throw missingColumn(node, name)
  if (node.position !== undefined && node.position.type !== 'last') {
    const message = 'Specifying column position is not supported for nested columns'
    throw errorAt(node, 'NOT_SUPPORTED', message)
  }
  const shown = fieldNames(node.column.name)
  const field = path.at(-1)!
  const within = fieldType({
    node,
    columnType: typeOf(table, name),
    fields: shown.slice(0, -1),
    shown,
  })
  if (within.kind !== 'row') {
    throw new MillraceError('NOT_SUPPORTED', `Unsupported type: ${displayTypeName(within)}`)
  }
  if (candidates(within, field, 'through arrays').length > 0) {
    if (node.columnNotExists) return
    throw errorAt(node, 'COLUMN_ALREADY_EXISTS', `Field '${field}' already exists`)
  }
  const { catalog } = table.name
  const metadata = await writableMetadata(context, catalog)
  if (metadata.addField === undefined) throw unsupported('adding fields')
  await gatherParts(table, context)
  await metadata.addField(
    context.connectorSession(catalog),
    table.handle,
    path.slice(0, -1),
    field,
    type,
    node.columnNotExists,
  )
}

/** Fields of arrays' elements can't be renamed. @source Trino RenameColumnTask */
async function renameField(
  node: StatementOf<'renameColumn'>,
  table: TableLookup,
  context: StatementContext,
): Promise<void> {
  const path = lowerName(node.source)
  const name = path[0]!
  const columnType = typeOf(table, name)
  const target = node.target.value.toLowerCase()
  const fields = path.slice(1, -1)
  const within = fieldType({ node, columnType, fields, shown: path }, 'rows only')
  const found = candidates(within, path.at(-1)!, 'rows only')
  if (found.length === 0) {
    if (node.columnExists) return
    // The column's name, where the field's would be meant: as Trino says it.
    throw errorAt(node, 'COLUMN_NOT_FOUND', `Field '${name}' does not exist`)
  }
  if (found.length > 1) throw ambiguous(node, path, columnType)
  if (candidates(within, target, 'rows only').length > 0) {
    throw errorAt(node, 'COLUMN_ALREADY_EXISTS', `Field '${target}' already exists`)
  }
  const { catalog } = table.name
  const metadata = await writableMetadata(context, catalog)
  if (metadata.renameField === undefined) throw unsupported('renaming fields')
  await metadata.renameField(context.connectorSession(catalog), table.handle, path, target)
}

async function dropField(
  node: StatementOf<'dropColumn'>,
  table: TableLookup,
  context: StatementContext,
): Promise<void> {
  const name = lowerName(node.field)[0]!
  const fields = fieldNames(node.field)
  const path = { node, columnType: typeOf(table, name), fields, shown: fields }
  if (!canDropField(path, node.columnExists)) return
  const { catalog } = table.name
  const metadata = await writableMetadata(context, catalog)
  if (metadata.dropField === undefined) throw unsupported('dropping fields')
  await gatherParts(table, context)
  const handle = columnHandle(node, table, name, 'drop')
  await metadata.dropField(context.connectorSession(catalog), table.handle, handle, fields)
}

function positionOf(node: StatementOf<'addColumn'>, table: TableLookup): ColumnPosition {
  const { position } = node
  if (position === undefined || position.type === 'last') return { kind: 'last' }
  if (position.type === 'first') return { kind: 'first' }
  const column = position.column.value.toLowerCase()
  if (!table.columnHandles.has(column)) {
    // Trino's sentence ends here, too.
    throw errorAt(node, 'COLUMN_NOT_FOUND', `Column '${position.column.value}' does not`)
  }
  return { kind: 'after', column }
}
