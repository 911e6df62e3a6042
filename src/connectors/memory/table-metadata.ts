import {
  type ColumnMetadata,
  type ConnectorMetadata,
  type ConnectorSession,
  flatten,
  MillraceError,
  type SchemaTableName,
  type SqlType,
  schemaTableName,
  typeName,
  typesEqual,
} from '../../spi/index.js'
import type { MemoryCatalog } from './catalog.js'
import type { MemoryTableHandle, MemoryTypes } from './handles.js'
import { conflict, type PageIo } from './row-removal.js'
import { loadPage } from './scan.js'
import {
  columnHandle,
  isRemote,
  type MemoryTable,
  newColumn,
  storedPages,
  type TableColumn,
  type TablePage,
  tablePage,
} from './table.js'

export type Metadata = ConnectorMetadata<MemoryTypes>
export type TableOf = (handle: MemoryTableHandle) => MemoryTable

export const nameOf = ({ schema, name }: MemoryTable): SchemaTableName =>
  schemaTableName(schema, name)
export const withComment = (comment: string | undefined): { comment?: string } =>
  comment === undefined ? {} : { comment }

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
    createTable(_session, metadata, saveMode) {
      if (saveMode === 'REPLACE') checkReplaces(replaces)
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

/** What Trino's memory connector can't do to columns. */
export function columnManagement(
  catalog: MemoryCatalog,
  tableOf: TableOf,
  io: PageIo,
  takeTurn: TakeTurn,
) {
  return {
    /** Pages are written again without the column: O(bytes of the table). */
    async dropColumn(session, handle, { name }) {
      await takeTurn(session, handle)
      const table = tableOf(handle)
      if (table.pages.some(isRemote)) throw conflict(table)
      const channel = table.columns.findIndex((column) => column.metadata.name === name)
      if (channel < 0) {
        throw new MillraceError('COLUMN_NOT_FOUND', `Column has been dropped: ${name}`)
      }
      const kept = table.columns.map(columnHandle).filter((column) => column.channel !== channel)
      const pages: TablePage[] = []
      try {
        for (const page of table.pages) {
          const loaded = loadPage(io.store, page, kept)
          const blocks = loaded.blocks.map((block) =>
            block.encoding === 'constant' ? flatten(block) : block,
          )
          const rest = { ...loaded, blocks }
          pages.push(tablePage(io.storePage(rest), rest))
        }
      } catch (error) {
        io.discard(pages.map((page) => page.stored))
        throw error
      }
      catalog.retire(table.pages.flatMap(storedPages))
      table.columns = table.columns.filter((_, i) => i !== channel)
      table.pages = pages
      table.version++
    },
    setColumnType(_session, handle, column, type) {
      if (!isStoredAlike(column.type, type)) {
        throw new MillraceError(
          'NOT_SUPPORTED',
          `This connector does not support changing a column's type from ${typeName(column.type)} to ${typeName(type)}`,
          { hint: 'Stored values stay as they are: a type may only become wider' },
        )
      }
      const table = tableOf(handle)
      table.columns = table.columns.map((own, i) =>
        i === column.channel
          ? {
              ...newColumn({ ...own.metadata, type }, catalog.newDictionaryId(), 0),
              summary: own.summary,
            }
          : own,
      )
      table.version++
    },
  } satisfies Partial<Metadata>
}

const INTEGERS: readonly SqlType['kind'][] = ['tinyint', 'smallint', 'integer', 'bigint']

/** Whether every stored value of one type is, as it is stored, a value of the other. */
function isStoredAlike(from: SqlType, to: SqlType): boolean {
  const width = INTEGERS.indexOf(from.kind)
  if (width >= 0) return INTEGERS.indexOf(to.kind) >= width
  if (from.kind === 'varchar' && to.kind === 'varchar') {
    return to.length === undefined || (from.length !== undefined && from.length <= to.length)
  }
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    return from.scale === to.scale && from.precision <= to.precision
  }
  return typesEqual(from, to)
}
