import {
  type Block,
  type ColumnPosition,
  type ConnectorSession,
  fieldIndex,
  flatten,
  MillraceError,
  type RowField,
  type SqlType,
  typeName,
  typesEqual,
  withFieldsAt,
  withTypeAt,
} from '../../spi/index.js'
import type { MemoryCatalog } from './catalog.js'
import { addField, dropField, nullBlock } from './field-blocks.js'
import type { MemoryTableHandle } from './handles.js'
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
import { checkAddable, type Metadata, type TableOf, type TakeTurn } from './table-metadata.js'

/** What Trino's memory connector can't do to columns. */
export function columnManagement(
  catalog: MemoryCatalog,
  tableOf: TableOf,
  io: PageIo,
  takeTurn: TakeTurn,
) {
  /** Writes the pages of a table again: O(bytes of the table). */
  const rewrite = (
    table: MemoryTable,
    columns: readonly TableColumn[],
    change: (blocks: readonly Block[], rowCount: number) => readonly Block[],
  ): void => {
    if (table.pages.some(isRemote)) throw conflict(table)
    const pages: TablePage[] = []
    const handles = table.columns.map(columnHandle)
    try {
      for (const page of table.pages) {
        const loaded = loadPage(io.store, page, handles)
        const blocks = change(loaded.blocks, loaded.rowCount).map((block) =>
          block.encoding === 'constant' ? flatten(block) : block,
        )
        const changed = { ...loaded, blocks }
        pages.push(tablePage(io.storePage(changed), changed))
      }
    } catch (error) {
      io.discard(pages.map((page) => page.stored))
      throw error
    }
    catalog.retire(table.pages.flatMap(storedPages))
    table.columns = columns
    table.pages = pages
    table.version++
  }
  const retype = (table: MemoryTable, channel: number, type: SqlType): TableColumn[] =>
    table.columns.map((own, i) =>
      i === channel
        ? {
            ...newColumn({ ...own.metadata, type }, catalog.newDictionaryId(), 0),
            summary: own.summary,
          }
        : own,
    )
  const locate = async (
    session: ConnectorSession,
    handle: MemoryTableHandle,
    name: string,
  ): Promise<{ readonly table: MemoryTable; readonly channel: number }> => {
    await takeTurn(session, handle)
    const table = tableOf(handle)
    return { table, channel: channelOf(table, name) }
  }
  return {
    /** Behind the last it costs nothing; elsewhere pages are written again. */
    async addColumn(session, handle, column, position) {
      if (position.kind !== 'last') await takeTurn(session, handle)
      const table = tableOf(handle)
      checkAddable(table, column)
      const added = newColumn(column, catalog.newDictionaryId(), table.rowCount)
      const at = channelAt(table, position)
      if (at === table.columns.length) {
        table.columns = [...table.columns, added]
        table.version++
        return
      }
      rewrite(table, table.columns.toSpliced(at, 0, added), (blocks, rowCount) =>
        blocks.toSpliced(at, 0, nullBlock(column.type, rowCount)),
      )
    },
    async dropColumn(session, handle, { name }) {
      const { table, channel } = await locate(session, handle, name)
      rewrite(table, table.columns.toSpliced(channel, 1), (blocks) => blocks.toSpliced(channel, 1))
    },
    setColumnType(_session, handle, column, type) {
      checkStoredAlike(column.type, type)
      const table = tableOf(handle)
      table.columns = retype(table, column.channel, type)
      table.version++
    },
    async addField(session, handle, [name, ...path], fieldName, type) {
      const { table, channel } = await locate(session, handle, name!)
      const field: RowField = { name: fieldName, type }
      const before = table.columns[channel]!.metadata.type
      const after = withFieldsAt(before, path, (fields) => [...fields, field])
      rewrite(table, retype(table, channel, after), (blocks) =>
        blocks.with(channel, addField(blocks[channel]!, after, path, field)),
      )
    },
    async dropField(session, handle, { name }, fieldPath) {
      const { table, channel } = await locate(session, handle, name)
      const path = fieldPath.slice(0, -1)
      const field = fieldPath.at(-1)!
      const before = table.columns[channel]!.metadata.type
      const after = withFieldsAt(before, path, (fields) =>
        fields.toSpliced(fieldIndex(fields, field), 1),
      )
      rewrite(table, retype(table, channel, after), (blocks) =>
        blocks.with(channel, dropField(blocks[channel]!, after, path, field)),
      )
    },
    /** Stored values have no names. */
    renameField(_session, handle, [name, ...path], newName) {
      const table = tableOf(handle)
      const channel = channelOf(table, name!)
      const type = withFieldsAt(
        table.columns[channel]!.metadata.type,
        path.slice(0, -1),
        (fields) => {
          const at = fieldIndex(fields, path.at(-1)!)
          return fields.with(at, { ...fields[at]!, name: newName })
        },
      )
      table.columns = retype(table, channel, type)
      table.version++
    },
    setFieldType(_session, handle, [name, ...path], newType) {
      const table = tableOf(handle)
      const channel = channelOf(table, name!)
      const type = withTypeAt(table.columns[channel]!.metadata.type, path, (before) => {
        checkStoredAlike(before, newType)
        return newType
      })
      table.columns = retype(table, channel, type)
      table.version++
    },
  } satisfies Partial<Metadata>
}

function channelOf(table: MemoryTable, name: string): number {
  const channel = table.columns.findIndex((column) => column.metadata.name === name)
  if (channel >= 0) return channel
  throw new MillraceError('COLUMN_NOT_FOUND', `Column has been dropped: ${name}`)
}

function channelAt(table: MemoryTable, position: ColumnPosition): number {
  switch (position.kind) {
    case 'first':
      return 0
    case 'after':
      return channelOf(table, position.column) + 1
    case 'last':
      return table.columns.length
  }
}

/** @throws NOT_SUPPORTED where stored values of one type are not, as they are, values of the other */
function checkStoredAlike(from: SqlType, to: SqlType): void {
  if (isStoredAlike(from, to)) return
  throw new MillraceError(
    'NOT_SUPPORTED',
    `This connector does not support changing a column's type from ${typeName(from)} to ${typeName(to)}`,
    { hint: 'Stored values stay as they are: a type may only become wider' },
  )
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
