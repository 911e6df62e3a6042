import type {
  ConnectorPageSource,
  ConnectorSplitSource,
  Page,
  SchemaTableName,
  SqlType,
  TableStatistics,
} from '../../spi/index.js'
import type { SqlColumn, SqlSplit, SqlTable, SqlWrite } from './handles.js'

/** A database as one thread of the engine sees it. Methods that take a signal stop the database's work when it is aborted. */
export interface SqlDatabase {
  listSchemas(signal: AbortSignal): Promise<readonly string[]>
  /** Tables and views, names lower case. */
  listTables(schema: string | undefined, signal: AbortSignal): Promise<readonly SchemaTableName[]>
  describeTable(name: SchemaTableName, signal: AbortSignal): Promise<SqlTable | undefined>
  /** The columns of a query that a user wrote. @throws what the database finds wrong with it */
  describeQuery(query: string, signal: AbortSignal): Promise<readonly SqlColumn[]>
  statistics(table: SqlTable, signal: AbortSignal): Promise<TableStatistics<SqlColumn>>
  /** The parts in which a stored table is read; what they share lasts until they are closed. */
  splits(table: SqlTable, signal: AbortSignal): Promise<ConnectorSplitSource<SqlSplit>>
  /**
   * Runs a query whose columns are `columns`, in that order.
   * @param split the part of a table that it reads
   */
  read(
    sql: string,
    columns: readonly SqlColumn[],
    split: SqlSplit,
    signal: AbortSignal,
  ): Promise<ConnectorPageSource>
  /** The type of a new column and how the database writes it; undefined for types that it can't hold. */
  columnDefinition(type: SqlType): { readonly sql: string; readonly storage: string } | undefined
  /** The type to give a new column instead of one that the database can't hold without loss. */
  nearestType(type: SqlType): SqlType | undefined
  /** Starts a transaction on a connection of its own. */
  beginWrite(): Promise<SqlWriteConnection>
  close(): Promise<void>
}

/** A connection in a transaction; commit or rollback ends both. */
export interface SqlWriteConnection {
  /** @returns the rows that changed */
  execute(sql: string): Promise<number>
  /** Makes an empty table that only this connection sees. */
  createStage(name: string, columns: SqlWrite['columns']): Promise<void>
  append(stage: string, columns: SqlWrite['columns'], page: Page): Promise<void>
  /** The stage as SQL names it. */
  stageName(name: string): string
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** A name between quotes. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
