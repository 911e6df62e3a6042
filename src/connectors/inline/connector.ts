import {
  type ColumnMetadata,
  type Connector,
  type ConnectorTypes,
  fixedSplitSource,
  MillraceError,
  type RowColumn,
  RowPageSource,
  type SchemaTableName,
} from '../../spi/index.js'
import { type InlineOptions, type InlineSource, InlineTable } from './inline-table.js'

/** The one schema of inline tables. */
export const INLINE_SCHEMA = 'default'

export interface InlineTableHandle {
  readonly table: string
  /** Tells a table from another that was registered under its name. */
  readonly id: number
}
export interface InlineTypes extends ConnectorTypes {
  table: InlineTableHandle
  column: RowColumn
}

interface Registration {
  readonly id: number
  readonly table: InlineTable
}

/** The tables that a program has registered in this thread, by their names in lower case. */
export class InlineTables {
  readonly #tables = new Map<string, Registration>()
  #nextId = 0

  /**
   * Makes a source a table, in the place of one of its name.
   * @throws TYPE_MISMATCH for what is no source, DUPLICATE_COLUMN_NAME
   */
  register(name: string, source: InlineSource, options: InlineOptions = {}): void {
    const key = name.toLowerCase()
    const table = new InlineTable(key, source, options)
    this.unregister(key)
    this.#tables.set(key, { id: this.#nextId++, table })
  }

  /** Whether there was a table of the name. A stream that was only looked at ends; scans under way go on. */
  unregister(name: string): boolean {
    const key = name.toLowerCase()
    // What a source throws while it is put away concerns nobody any more.
    this.#tables
      .get(key)
      ?.table.close()
      .catch(() => {})
    return this.#tables.delete(key)
  }

  get names(): readonly string[] {
    return [...this.#tables.keys()]
  }
  find(name: string): Registration | undefined {
    return this.#tables.get(name)
  }
  /** @throws TABLE_NOT_FOUND for one that has been replaced or taken away since */
  get({ table: name, id }: InlineTableHandle): InlineTable {
    const found = this.#tables.get(name)
    if (found?.id !== id) {
      throw new MillraceError('TABLE_NOT_FOUND', `Source is not registered any more: ${name}`)
    }
    return found.table
  }

  async close(): Promise<void> {
    const tables = [...this.#tables.values()]
    this.#tables.clear()
    await Promise.all(tables.map(({ table }) => table.close()))
  }
}

const columnMetadata = ({ name, type }: RowColumn): ColumnMetadata => ({ name, type })

/** The connector over a program's own sources. Their rows are read in the thread that registered them. */
export function createInlineConnector(tables: InlineTables): Connector<InlineTypes> {
  const nameOf = (table: string): SchemaTableName => ({ schema: INLINE_SCHEMA, table })
  return {
    threadBound: true,
    getMetadata: () => ({
      listSchemaNames: () => [INLINE_SCHEMA],
      listTables: (_session, schema) =>
        schema === undefined || schema === INLINE_SCHEMA ? tables.names.map(nameOf) : [],
      async *streamTableColumns(_session, { schema, table }) {
        if (schema !== undefined && schema !== INLINE_SCHEMA) return
        for (const name of table === undefined ? tables.names : [table]) {
          const found = tables.find(name)
          if (found === undefined) continue
          const columns = await found.table.columns()
          yield { table: nameOf(name), columns: columns.map(columnMetadata) }
        }
      },
      getTableHandle(_session, { schema, table }) {
        const found = schema === INLINE_SCHEMA ? tables.find(table) : undefined
        return found === undefined ? undefined : { table, id: found.id }
      },
      async getTableMetadata(_session, handle) {
        const table = tables.get(handle)
        const columns = await table.columns()
        return {
          table: nameOf(handle.table),
          columns: columns.map(columnMetadata),
          ...(table.unbounded ? { unbounded: true } : {}),
        }
      },
      async getColumnHandles(_session, handle) {
        const columns = await tables.get(handle).columns()
        return new Map(columns.map((column) => [column.name, column]))
      },
      getColumnMetadata: (_session, _handle, column) => columnMetadata(column),
      getTableStatistics(_session, handle) {
        const { rowCount } = tables.get(handle)
        return { ...(rowCount === undefined ? {} : { rowCount }), columns: [] }
      },
      // An array may have changed without notice; its plan holds all the same.
      getTableVersion: (_session, handle) => `${handle.id}`,
      getInfo: (_session, handle) => `inline:${handle.table}`,
    }),
    getSplitManager: () => ({
      getSplits(_transaction, _session, handle) {
        const { rowCount } = tables.get(handle)
        return fixedSplitSource([rowCount === undefined ? {} : { estimatedRows: rowCount }])
      },
    }),
    getPageSourceProvider: () => ({
      async createPageSource(_transaction, _session, _split, handle, columns, _filter, signal) {
        return new RowPageSource(await tables.get(handle).open(signal), columns)
      },
    }),
    shutdown: () => tables.close(),
  }
}
