import {
  type ColumnMetadata,
  type ConnectorMetadata,
  type ConnectorSession,
  MillraceError,
  type Principal,
  type SchemaTableName,
  schemaTableName,
} from '../../spi/index.js'
import type { MemoryCatalog } from './catalog.js'
import type { MemoryTableHandle, MemoryTypes } from './handles.js'
import { type MemoryTable, newColumn, storedPages, type TableColumn } from './table.js'

export type Metadata = ConnectorMetadata<MemoryTypes>
export type TableOf = (handle: MemoryTableHandle) => MemoryTable

export const nameOf = ({ schema, name }: MemoryTable): SchemaTableName =>
  schemaTableName(schema, name)
export const withComment = (comment: string | undefined): { comment?: string } =>
  comment === undefined ? {} : { comment }

/** Who makes something owns it. */
export const creator = ({ user }: ConnectorSession): Principal => ({ type: 'USER', name: user })

/** Waits until no statement changes rows of a table. */
export type TakeTurn = (
  session: ConnectorSession,
  table: Pick<MemoryTableHandle, 'id'>,
) => Promise<void>

export function tableManagement(
  catalog: MemoryCatalog,
  tableOf: TableOf,
  takeTurn: TakeTurn,
  replaces: boolean,
) {
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
    createTable(session, metadata, saveMode) {
      if (saveMode === 'REPLACE') checkReplaces(replaces)
      if (saveMode === 'IGNORE' && catalog.table(metadata.table) !== undefined) return
      const { columns, comment } = metadata
      const table = catalog.newTable(metadata.table, columns, comment, creator(session))
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
      checkAddable(table, column)
      const id = catalog.newDictionaryId()
      table.columns = [...table.columns, newColumn(column, id, table.rowCount)]
      table.version++
    },
    renameColumn(_session, handle, column, name) {
      changeColumn(tableOf(handle), column.channel, (metadata) => ({ ...metadata, name }))
    },
    dropNotNullConstraint(_session, handle, column) {
      changeColumn(tableOf(handle), column.channel, (metadata) => ({ ...metadata, nullable: true }))
    },
    async truncateTable(session, handle) {
      await takeTurn(session, handle)
      emptyTable(catalog, tableOf(handle))
    },
  } satisfies Partial<Metadata>
}

/** @throws NOT_SUPPORTED for CREATE OR REPLACE TABLE where the catalog does no more than Trino's */
export function checkReplaces(replaces: boolean): void {
  if (!replaces) {
    throw new MillraceError('NOT_SUPPORTED', 'This connector does not support replacing tables')
  }
}

/** @throws NOT_SUPPORTED for a column without NULLs in a table that has rows */
export function checkAddable(table: MemoryTable, column: ColumnMetadata): void {
  if (column.nullable !== false || table.rowCount === 0) return
  throw new MillraceError(
    'NOT_SUPPORTED',
    `Unable to add NOT NULL column for non-empty table: ${table.name}`,
  )
}

/** Takes all rows out of a table; its columns begin anew. */
export function emptyTable(catalog: MemoryCatalog, table: MemoryTable): void {
  catalog.retire(table.pages.flatMap(storedPages))
  table.columns = table.columns.map(({ metadata }) =>
    newColumn(metadata, catalog.newDictionaryId(), 0),
  )
  table.pages = []
  table.rowCount = 0
  table.version++
}
