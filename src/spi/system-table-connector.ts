import type { BlockBuilder } from './block-builder.js'
import { createBlockBuilder } from './block-builder.js'
import type { Connector } from './connector.js'
import type { ConnectorTypes } from './connector-types.js'
import { MillraceError } from './error.js'
import type { Page } from './page.js'
import type { ConnectorPageSource } from './page-source.js'
import {
  intersectTuples,
  TUPLE_DOMAIN_ALL,
  type TupleDomain,
  transformColumns,
  tuplesContain,
} from './predicate/tuple-domain.js'
import type { Procedure } from './procedure.js'
import { type RowReader, rowReader } from './row-reader.js'
import { type ColumnMetadata, printSchemaTableName, type SchemaTableName } from './schema.js'
import type { ConnectorSession } from './session.js'
import { fixedSplitSource } from './split.js'
import type { SystemTable } from './system-table.js'
import type { Value } from './value.js'

export interface SystemTableHandle {
  readonly schema: string
  readonly table: string
  /** What rows may be left out by. */
  readonly constraint: TupleDomain<number>
}
export interface SystemColumnHandle {
  readonly name: string
  readonly index: number
}
interface SystemTypes extends ConnectorTypes {
  table: SystemTableHandle
  column: SystemColumnHandle
}

/**
 * A connector over system tables, which are read in the calling thread and never cached. What a filter says of their columns
 * is handed to them, so that listings of everything are only made where everything is asked for.
 * @source Trino SystemConnector
 */
export function systemTableConnector(
  tables: readonly SystemTable[],
  procedures: readonly Procedure[] = [],
): Connector<SystemTypes> {
  const byName = new Map(tables.map((table) => [printSchemaTableName(table.metadata.table), table]))
  const get = ({ schema, table }: SystemTableHandle): SystemTable => {
    const found = byName.get(printSchemaTableName({ schema, table }))
    if (found === undefined) {
      throw new MillraceError('TABLE_NOT_FOUND', `Table does not exist: ${schema}.${table}`)
    }
    return found
  }
  const names = (schema?: string): SchemaTableName[] =>
    tables
      .map((table) => table.metadata.table)
      .filter((name) => schema === undefined || name.schema === schema)
  const columnAt = (handle: SystemTableHandle, { index }: SystemColumnHandle): ColumnMetadata =>
    get(handle).metadata.columns[index]!
  return {
    threadBound: true,
    getMetadata: () => ({
      listSchemaNames: () => [...new Set(names().map((name) => name.schema))],
      listTables: (_session, schema) => names(schema),
      *streamTableColumns(_session, { schema, table }) {
        for (const name of names(schema)) {
          if (table !== undefined && table !== name.table) continue
          yield { table: name, columns: byName.get(printSchemaTableName(name))!.metadata.columns }
        }
      },
      getTableHandle: (_session, name) =>
        byName.has(printSchemaTableName(name))
          ? { schema: name.schema, table: name.table, constraint: TUPLE_DOMAIN_ALL }
          : undefined,
      getTableMetadata: (_session, handle) => get(handle).metadata,
      getColumnHandles: (_session, handle) =>
        new Map(
          get(handle).metadata.columns.map((column, index) => [
            column.name,
            { name: column.name, index },
          ]),
        ),
      getColumnMetadata: (_session, handle, column) => columnAt(handle, column),
      applyFilter(_session, handle, { summary }) {
        const offered = transformColumns(summary, (column) => column.index)
        if (tuplesContain(offered, handle.constraint)) return undefined
        const constraint = intersectTuples(handle.constraint, offered)
        return { handle: { ...handle, constraint }, remainingFilter: summary }
      },
    }),
    getSplitManager: () => ({ getSplits: () => fixedSplitSource([{}]) }),
    getPageSourceProvider: () => ({
      createPageSource: (_transaction, session, _split, handle, columns, _filter, signal) =>
        new SystemPageSource(get(handle), handle.constraint, columns, session, signal),
    }),
    getProcedures: () => procedures,
  }
}

const ROWS_PER_PAGE = 4096

/** Rows of carriers as pages of the columns that are read. */
class SystemPageSource implements ConnectorPageSource {
  readonly #reader: RowReader
  readonly #indexes: readonly number[]
  readonly #builders: readonly BlockBuilder[]
  #completedBytes = 0
  readonly readTimeNanos = 0
  readonly memoryUsage = 0

  constructor(
    table: SystemTable,
    constraint: TupleDomain<number>,
    columns: readonly SystemColumnHandle[],
    session: ConnectorSession,
    signal: AbortSignal,
  ) {
    this.#reader = rowReader(table.rows(session, constraint, signal))
    this.#indexes = columns.map((column) => column.index)
    this.#builders = this.#indexes.map((index) =>
      createBlockBuilder(table.metadata.columns[index]!.type),
    )
  }

  get completedBytes(): number {
    return this.#completedBytes
  }

  async getNextPage(): Promise<Page | undefined> {
    const rows = (await this.#reader.take(ROWS_PER_PAGE)) as readonly (readonly Value[])[]
    if (rows.length === 0) return undefined
    for (const row of rows) {
      for (const [i, index] of this.#indexes.entries())
        this.#builders[i]!.append(row[index] ?? null)
    }
    for (const builder of this.#builders) this.#completedBytes += builder.byteLength
    return { rowCount: rows.length, blocks: this.#builders.map((builder) => builder.build()) }
  }

  async close(): Promise<void> {
    await this.#reader.close()
  }
}
