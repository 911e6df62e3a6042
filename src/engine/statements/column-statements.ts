import type { NodeBase, QualifiedName } from '../../planner/parser/ast/index.js'
import {
  type ColumnMetadata,
  type ColumnPosition,
  type MillraceError,
  typeName,
} from '../../spi/index.js'
import type { TableLookup } from '../catalog/metadata.js'
import { nodesOf } from '../execution/distributed-run.js'
import { columnType } from './column-type.js'
import type { ColumnStatementKinds } from './kinds.js'
import { errorAt } from './names.js'
import { writableMetadata } from './schema-statements.js'
import type { StatementContext, StatementHandlers, StatementOf } from './statement.js'
import { done, newColumn, requireTable } from './table-statements.js'
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

/** Why a field of a column can't be dropped. @source Trino DropColumnTask */
function unsupportedField(
  node: NodeBase,
  table: TableLookup,
  name: string,
  field: readonly string[],
): MillraceError {
  const column = table.tableMetadata.columns.find((candidate) => candidate.name === name)
  if (column === undefined) return missingColumn(node, name)
  if (column.type.kind === 'row') return unsupported('dropping fields')
  const type = typeName(column.type)
  return errorAt(
    node,
    'NOT_SUPPORTED',
    `Cannot resolve field '${field[0]}' within ${type} type when dropping [${field.join(', ')}] in ${type}`,
  )
}

/** @source Trino AddColumnTask, RenameColumnTask, DropColumnTask, SetColumnTypeTask, DropNotNullConstraintTask */
export const columnHandlers: StatementHandlers<ColumnStatementKinds> = {
  async addColumn(node, context) {
    const table = await requireTable(context, node, node.name, node.tableExists)
    if (table === undefined) return done('ADD COLUMN')
    await addColumn(node, table, context)
    return done('ADD COLUMN')
  },

  async renameColumn(node, context) {
    const table = await requireTable(context, node, node.table, node.tableExists)
    if (table === undefined) return done('RENAME COLUMN')
    const [source, ...field] = lowerName(node.source)
    if (source === undefined || field.length > 0) throw unsupported('renaming fields')
    const target = node.target.value.toLowerCase()
    const exists = table.columnHandles.has(source)
    if (!exists && node.columnExists) return done('RENAME COLUMN')
    const handle = columnHandle(node, table, source, 'rename')
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
    const [name, ...field] = lowerName(node.field)
    if (name === undefined) throw unsupported('dropping columns')
    if (field.length > 0) throw unsupportedField(node, table, name, field)
    if (!table.columnHandles.has(name) && node.columnExists) return done('DROP COLUMN')
    const handle = columnHandle(node, table, name, 'drop')
    if (visibleColumns(table).length <= 1) {
      throw errorAt(node, 'NOT_SUPPORTED', 'Cannot drop the only column in a table')
    }
    const { catalog } = table.name
    const metadata = await writableMetadata(context, catalog)
    if (metadata.dropColumn === undefined) throw unsupported('dropping columns')
    const reference = {
      catalog,
      schema: table.name.schema,
      table: table.name.name,
      handle: table.handle,
    }
    if (nodesOf(context.catalogs, reference).length > 0) {
      await context.services.gather(reference, context)
    }
    await metadata.dropColumn(context.connectorSession(catalog), table.handle, handle)
    return done('DROP COLUMN')
  },

  async setColumnType(node, context) {
    const table = await requireTable(context, node, node.tableName, node.tableExists)
    if (table === undefined) return done('SET COLUMN TYPE')
    const [name, ...field] = lowerName(node.columnName)
    if (name === undefined || field.length > 0) throw unsupported('setting field types')
    const handle = columnHandle(node, table, name, 'alter')
    const type = columnType(node.type, node.type, name)
    const { catalog } = table.name
    const metadata = await writableMetadata(context, catalog)
    if (metadata.setColumnType === undefined) throw unsupported('setting column types')
    await metadata.setColumnType(context.connectorSession(catalog), table.handle, handle, type)
    return done('SET COLUMN TYPE')
  },

  async dropNotNullConstraint(node, context) {
    const table = await requireTable(context, node, node.table, node.tableExists)
    if (table === undefined) return done('DROP NOT NULL')
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
  const [parent, ...field] = lowerName(node.column.name)
  if (field.length > 0) {
    if (!table.columnHandles.has(parent!)) throw missingColumn(node, parent!)
    throw unsupported('adding fields')
  }
  const { catalog } = table.name
  const column = await newColumn(node.column, catalog, context)
  if (table.columnHandles.has(column.name)) {
    if (node.columnNotExists) return
    throw errorAt(node, 'COLUMN_ALREADY_EXISTS', `Column '${column.name}' already exists`)
  }
  const metadata = await writableMetadata(context, catalog)
  if (metadata.addColumn === undefined) throw unsupported('adding columns')
  await metadata.addColumn(
    context.connectorSession(catalog),
    table.handle,
    column,
    positionOf(node, table),
  )
}

function positionOf(node: StatementOf<'addColumn'>, table: TableLookup): ColumnPosition {
  const { position } = node
  if (position === undefined || position.type === 'last') return { kind: 'last' }
  if (position.type === 'first') return { kind: 'first' }
  const column = position.column.value.toLowerCase()
  if (!table.columnHandles.has(column)) throw missingColumn(node, column)
  return { kind: 'after', column }
}
