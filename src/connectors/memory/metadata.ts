import {
  type ColumnMetadata,
  type ConnectorMetadata,
  type ConnectorTableMetadata,
  type ConnectorViewDefinition,
  MillraceError,
  type SchemaTableName,
  schemaTableName,
} from '../../spi/index.js'
import type { MemoryCatalog } from './catalog.js'
import { columnStatistics } from './column-summary.js'
import type { MemoryTableHandle, MemoryTypes } from './handles.js'
import { columnHandle, type MemoryTable, newColumn, type TableColumn } from './table.js'
import type { MemoryWrites } from './writes.js'

type Metadata = ConnectorMetadata<MemoryTypes>

const nameOf = ({ schema, name }: MemoryTable): SchemaTableName => schemaTableName(schema, name)
const tableMetadata = (table: MemoryTable): ConnectorTableMetadata => ({
  table: nameOf(table),
  columns: table.columns.map((column) => column.metadata),
  ...(table.comment === undefined ? {} : { comment: table.comment }),
})
const withComment = (comment: string | undefined): { comment?: string } =>
  comment === undefined ? {} : { comment }

/** What one transaction sees of a catalog and does to it. @source Trino MemoryMetadata */
export function memoryMetadata(
  catalog: MemoryCatalog,
  writes: MemoryWrites,
  transaction: number,
): Metadata {
  const tableOf = ({ id, schema, table }: MemoryTableHandle): MemoryTable =>
    catalog.tableById(id, { schema, table })
  return {
    ...readMetadata(catalog, tableOf),
    ...schemaManagement(catalog),
    ...tableManagement(catalog, tableOf),
    ...viewManagement(catalog),
    ...functionManagement(catalog),
    ...writeMetadata(catalog, writes, transaction, tableOf),
  }
}

type TableOf = (handle: MemoryTableHandle) => MemoryTable

function readMetadata(catalog: MemoryCatalog, tableOf: TableOf) {
  return {
    schemaExists: (_session, schema) => catalog.hasSchema(schema),
    listSchemaNames: () => catalog.schemas,
    listTables: (_session, schema) => [
      ...catalog.tables(schema).map(nameOf),
      ...catalog.views(schema).map((view) => view.name),
    ],
    *streamTableColumns(_session, { schema, table: wanted }) {
      for (const table of catalog.tables(schema)) {
        if (wanted !== undefined && wanted !== table.name) continue
        yield { table: nameOf(table), columns: table.columns.map((column) => column.metadata) }
      }
    },
    *streamRelationComments(_session, schema) {
      for (const table of catalog.tables(schema)) {
        yield { name: nameOf(table), ...withComment(table.comment) }
      }
      for (const { name, definition } of catalog.views(schema)) {
        yield { name, ...withComment(definition.comment) }
      }
    },
    getTableHandle(_session, name, startVersion, endVersion) {
      const table = catalog.table(name)
      if (table === undefined) return undefined
      if (startVersion !== undefined || endVersion !== undefined) {
        throw new MillraceError('NOT_SUPPORTED', 'This connector does not support versioned tables')
      }
      return { schema: table.schema, table: table.name, id: table.id }
    },
    getTableMetadata: (_session, handle) => tableMetadata(tableOf(handle)),
    getColumnHandles: (_session, handle) =>
      new Map(
        tableOf(handle).columns.map((column, channel) => [
          column.metadata.name,
          columnHandle(column, channel),
        ]),
      ),
    getColumnMetadata: (_session, handle, column) =>
      tableOf(handle).columns[column.channel]!.metadata,
    getTableStatistics(_session, handle) {
      const table = tableOf(handle)
      return {
        rowCount: Math.min(table.rowCount, handle.limit ?? table.rowCount),
        columns: table.columns.map((column, channel) => ({
          column: columnHandle(column, channel),
          statistics: columnStatistics(column.metadata.type, column.summary),
        })),
      }
    },
    getTableVersion(_session, handle) {
      const table = tableOf(handle)
      return `${table.id}.${table.version}`
    },
    getInfo: (_session, { schema, table, id, limit }) =>
      `memory:${schema}.${table} id=${id}${limit === undefined ? '' : ` limit=${limit}`}`,
    applyLimit(_session, handle, limit) {
      if (handle.limit !== undefined && handle.limit <= limit) return undefined
      return { handle: { ...handle, limit }, limitGuaranteed: true }
    },
  } satisfies Metadata
}

function schemaManagement(catalog: MemoryCatalog) {
  return {
    createSchema: (_session, schema) => catalog.createSchema(schema),
    dropSchema: (_session, schema, cascade) => catalog.dropSchema(schema, cascade),
    renameSchema: (_session, source, target) => catalog.renameSchema(source, target),
  } satisfies Partial<Metadata>
}

function tableManagement(catalog: MemoryCatalog, tableOf: TableOf) {
  const changeColumn = (
    table: MemoryTable,
    channel: number,
    change: (metadata: ColumnMetadata) => ColumnMetadata,
  ): void => {
    table.columns = table.columns.map(
      (column, i): TableColumn =>
        i === channel ? { ...column, metadata: change(column.metadata) } : column,
    )
    table.version++
  }
  return {
    createTable(_session, metadata, saveMode) {
      if (saveMode === 'IGNORE' && catalog.table(metadata.table) !== undefined) return
      const table = catalog.newTable(metadata.table, metadata.columns, metadata.comment)
      catalog.addTable(table, saveMode === 'REPLACE')
    },
    dropTable: (_session, handle) => catalog.dropTable(tableOf(handle).id),
    renameTable: (_session, handle, name) => catalog.renameTable(tableOf(handle).id, name),
    setTableComment(_session, handle, comment) {
      const table = tableOf(handle)
      table.comment = comment
      table.version++
    },
    setColumnComment(_session, handle, column, comment) {
      changeColumn(tableOf(handle), column.channel, ({ comment: _, ...metadata }) => ({
        ...metadata,
        ...withComment(comment),
      }))
    },
    addColumn(_session, handle, column, position) {
      if (position.kind !== 'last') {
        throw new MillraceError(
          'NOT_SUPPORTED',
          `This connector does not support adding columns with ${position.kind.toUpperCase()} clause`,
        )
      }
      const table = tableOf(handle)
      if (column.nullable === false && table.rowCount > 0) {
        throw new MillraceError(
          'NOT_SUPPORTED',
          `Unable to add NOT NULL column for non-empty table: ${table.name}`,
        )
      }
      const id = catalog.dictionaryId(table, table.columns.length)
      table.columns = [...table.columns, newColumn(column, id, table.rowCount)]
      table.version++
    },
    renameColumn(_session, handle, column, name) {
      changeColumn(tableOf(handle), column.channel, (metadata) => ({ ...metadata, name }))
    },
    dropNotNullConstraint(_session, handle, column) {
      changeColumn(tableOf(handle), column.channel, (metadata) => ({ ...metadata, nullable: true }))
    },
    truncateTable(_session, handle) {
      const table = tableOf(handle)
      catalog.pages.retire(table.pages.map((page) => page.stored))
      const version = table.version + 1
      const empty = catalog.newTable(
        nameOf(table),
        table.columns.map((column) => column.metadata),
        table.comment,
      )
      table.columns = empty.columns
      table.pages = []
      table.rowCount = 0
      table.version = version
    },
  } satisfies Partial<Metadata>
}

function viewManagement(catalog: MemoryCatalog) {
  const change = (
    name: SchemaTableName,
    comment: (definition: ConnectorViewDefinition) => ConnectorViewDefinition,
  ): void => catalog.changeView(name, comment)
  return {
    createView: (_session, name, definition, _properties, replace) =>
      catalog.putView(name, definition, replace),
    dropView: (_session, name) => catalog.dropView(name),
    renameView: (_session, source, target) => catalog.renameView(source, target),
    setViewComment: (_session, name, comment) =>
      change(name, ({ comment: _, ...definition }) => ({ ...definition, ...withComment(comment) })),
    setViewColumnComment: (_session, name, wanted, comment) =>
      change(name, (definition) => ({
        ...definition,
        columns: definition.columns.map(({ comment: old, ...column }) => ({
          ...column,
          ...withComment(column.name === wanted ? comment : old),
        })),
      })),
    listViews: (_session, schema) => catalog.views(schema).map((view) => view.name),
    getViews: (_session, { schema, table }) =>
      catalog
        .views(schema)
        .filter(({ name }) => table === undefined || name.table === table)
        .map(({ name, definition }) => [name, definition] as const),
    getView: (_session, name) => catalog.view(name),
  } satisfies Partial<Metadata>
}

function functionManagement(catalog: MemoryCatalog) {
  return {
    listLanguageFunctions: (_session, schema) => catalog.functionsOf(schema),
    getLanguageFunctions: (_session, name) => catalog.functionsNamed(name),
    createLanguageFunction: (_session, name, definition) => catalog.putFunction(name, definition),
    dropLanguageFunction: (_session, name, token) => catalog.dropFunction(name, token),
  } satisfies Partial<Metadata>
}

function writeMetadata(
  catalog: MemoryCatalog,
  writes: MemoryWrites,
  transaction: number,
  tableOf: TableOf,
) {
  return {
    beginCreateTable(_session, { table: name, columns, comment }, _layout, replace) {
      const table = catalog.newTable(name, columns, comment)
      const channels = columns.map((_, channel) => channel)
      return writes.begin(transaction, table, replace ? 'replace' : 'new', channels)
    },
    finishCreateTable: (_session, handle) => writes.publish(handle),
    beginInsert: (_session, handle, columns) =>
      writes.begin(
        transaction,
        tableOf(handle),
        'no',
        columns.map((column) => column.channel),
      ),
    finishInsert: (_session, handle) => writes.publish(handle),
  } satisfies Partial<Metadata>
}
