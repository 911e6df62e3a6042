import type { ConnectorTypes } from '../connector/connector-types.js'
import type { RowChangeParadigm } from '../connector/page-sink.js'
import type { ConnectorSession } from '../connector/session.js'
import type { Awaitable, ConnectorTableMetadata, Properties, SchemaTableName } from './schema.js'
import type { ComputedStatistics, TableStatisticsMetadata } from './statistics.js'

/** How the rows of a write are distributed over writers. @source Trino ConnectorTableLayout */
export interface ConnectorTableLayout {
  readonly partitioningHandle?: unknown
  readonly partitionColumns: readonly string[]
  readonly multipleWritersPerPartitionSupported: boolean
}

/**
 * Writing rows. begin… is called at planning, page sinks with its handle in every writer, finish… with all their
 * fragments once all of them finished; until then nothing of the write may be visible. Where the query fails the sinks
 * are aborted, finish… is not called and the transaction is rolled back.
 * @source Trino ConnectorMetadata
 */
export interface WriteMetadata<T extends ConnectorTypes = ConnectorTypes> {
  getNewTableLayout(
    session: ConnectorSession,
    metadata: ConnectorTableMetadata,
  ): Awaitable<ConnectorTableLayout | undefined>
  getInsertLayout(
    session: ConnectorSession,
    table: T['table'],
  ): Awaitable<ConnectorTableLayout | undefined>
  /** With `replace`, of CREATE OR REPLACE TABLE, the new table takes the place of one of its name on finish. */
  beginCreateTable(
    session: ConnectorSession,
    metadata: ConnectorTableMetadata,
    layout: ConnectorTableLayout | undefined,
    replace: boolean,
  ): Awaitable<T['output']>
  finishCreateTable(
    session: ConnectorSession,
    handle: T['output'],
    fragments: readonly Uint8Array[],
    statistics: readonly ComputedStatistics[],
  ): Awaitable<void>
  /** The pages of the sinks have `columns`, in that order. */
  beginInsert(
    session: ConnectorSession,
    table: T['table'],
    columns: readonly T['column'][],
  ): Awaitable<T['insert']>
  /** True: sinks fill columns that an INSERT leaves out; false or absent: the engine writes NULLs. */
  supportsMissingColumnsOnInsert(): boolean
  finishInsert(
    session: ConnectorSession,
    handle: T['insert'],
    fragments: readonly Uint8Array[],
    statistics: readonly ComputedStatistics[],
  ): Awaitable<void>
  /** How updates come to merge sinks. Absent: `DELETE_ROW_AND_INSERT_ROW`. */
  getRowChangeParadigm(session: ConnectorSession, table: T['table']): Awaitable<RowChangeParadigm>
  /**
   * The column that names a row for a merge sink: of a type that can be compared, never null, one value a row. Scans of
   * the table are asked for it as for any other column, and getColumnMetadata for its type. DELETE, UPDATE and MERGE need
   * it, also where {@link PushdownMetadata.applyDelete} takes them over; without it they are NOT_SUPPORTED.
   */
  getMergeRowIdColumnHandle(session: ConnectorSession, table: T['table']): Awaitable<T['column']>
  /**
   * Called before the table is read. Sinks of the handle get the changes, {@link finishMerge} publishes them.
   * @param updateCaseColumns the columns that each UPDATE case sets, by case number (0 of an UPDATE statement)
   */
  beginMerge(
    session: ConnectorSession,
    table: T['table'],
    updateCaseColumns: ReadonlyMap<number, readonly T['column'][]>,
  ): Awaitable<T['merge']>
  finishMerge(
    session: ConnectorSession,
    handle: T['merge'],
    fragments: readonly Uint8Array[],
    statistics: readonly ComputedStatistics[],
  ): Awaitable<void>
  truncateTable(session: ConnectorSession, table: T['table']): Awaitable<void>
  /**
   * Before rows are changed of a table that lies on several nodes: all rows of `source`, which are the parts on other nodes, are
   * written into page sinks of `write` here, after which {@link finishGathering} has them take the place of those parts. Other
   * changes of the table's rows wait meanwhile. An extension.
   */
  beginGathering(
    session: ConnectorSession,
    table: T['table'],
  ): Awaitable<{ readonly write: T['insert']; readonly source: T['table'] }>
  /** @throws TRANSACTION_CONFLICT where the table was changed all the same */
  finishGathering(
    session: ConnectorSession,
    write: T['insert'],
    fragments: readonly Uint8Array[],
  ): Awaitable<void>

  /** The most writers a write of the table may have. */
  getMaxWriterTasks(session: ConnectorSession): number | undefined
  getStatisticsCollectionMetadataForWrite(
    session: ConnectorSession,
    metadata: ConnectorTableMetadata,
  ): Awaitable<TableStatisticsMetadata>
  /** For ANALYZE: what to collect, and the handle to scan for it. */
  getStatisticsCollectionMetadata(
    session: ConnectorSession,
    table: T['table'],
    analyzeProperties: Properties,
  ): Awaitable<{ readonly table: T['table']; readonly metadata: TableStatisticsMetadata }>
  beginStatisticsCollection(session: ConnectorSession, table: T['table']): Awaitable<T['table']>
  finishStatisticsCollection(
    session: ConnectorSession,
    table: T['table'],
    statistics: readonly ComputedStatistics[],
  ): Awaitable<void>

  /** ALTER TABLE … EXECUTE. */
  getTableHandleForExecute(
    session: ConnectorSession,
    table: T['table'],
    procedure: string,
    properties: Properties,
  ): Awaitable<T['execute'] | undefined>
  beginTableExecute(
    session: ConnectorSession,
    handle: T['execute'],
    table: T['table'],
  ): Awaitable<{ readonly execute: T['execute']; readonly sourceTable: T['table'] }>
  finishTableExecute(
    session: ConnectorSession,
    handle: T['execute'],
    fragments: readonly Uint8Array[],
  ): Awaitable<void>
  executeTableExecute(session: ConnectorSession, handle: T['execute']): Awaitable<void>

  beginRefreshMaterializedView(
    session: ConnectorSession,
    name: SchemaTableName,
    storageTable: T['table'],
    /** Tables of this catalog that the view's query reads. */
    sourceTables: readonly T['table'][],
    /** It reads tables of other catalogs too. */
    hasForeignSourceTables: boolean,
  ): Awaitable<T['insert']>
  finishRefreshMaterializedView(
    session: ConnectorSession,
    name: SchemaTableName,
    handle: T['insert'],
    fragments: readonly Uint8Array[],
    statistics: readonly ComputedStatistics[],
  ): Awaitable<void>
}
