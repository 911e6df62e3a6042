import type { ConnectorTypes } from '../connector/connector-types.js'
import type { ConnectorSession } from '../connector/session.js'
import type { TupleDomain } from '../predicate/tuple-domain.js'
import type { SystemTable } from '../system/system-table.js'
import type {
  LanguageFunctionManagement,
  MaterializedViewManagement,
  RoleManagement,
  SchemaManagement,
  TableManagement,
  ViewManagement,
} from './metadata-management.js'
import type { PushdownMetadata } from './metadata-pushdown.js'
import type { WriteMetadata } from './metadata-write.js'
import type {
  Awaitable,
  CatalogSchemaTableName,
  ColumnMetadata,
  ConnectorTableMetadata,
  ConnectorTableVersion,
  RelationCommentMetadata,
  SchemaTableName,
  SchemaTablePrefix,
  TableColumnsMetadata,
} from './schema.js'
import type { TableStatistics } from './statistics.js'

/**
 * What a connector says about its schemas, tables and columns. The seven methods of {@link ReadOnlyMetadata} are
 * enough; every other one is optional, and where it is absent the engine raises NOT_SUPPORTED (or for pushdown
 * does the work itself), in one place. Created per transaction by {@link Connector.getMetadata}. Methods
 * may answer at once or with a promise; `session.signal` tells that nobody waits for the answer any more.
 * @source Trino ConnectorMetadata (476)
 */
export interface ConnectorMetadata<T extends ConnectorTypes = ConnectorTypes>
  extends ReadOnlyMetadata<T>,
    Partial<OptionalReadMetadata<T>>,
    Partial<SchemaManagement>,
    Partial<TableManagement<T>>,
    Partial<ViewManagement>,
    Partial<LanguageFunctionManagement>,
    Partial<MaterializedViewManagement>,
    Partial<RoleManagement>,
    Partial<WriteMetadata<T>>,
    Partial<PushdownMetadata<T>> {}

export interface ReadOnlyMetadata<T extends ConnectorTypes = ConnectorTypes> {
  listSchemaNames(session: ConnectorSession): Awaitable<readonly string[]>
  /** Tables and views, of one schema or of all. */
  listTables(session: ConnectorSession, schema?: string): Awaitable<readonly SchemaTableName[]>
  /** The columns of every table of the prefix. */
  streamTableColumns(
    session: ConnectorSession,
    prefix: SchemaTablePrefix,
  ): Iterable<TableColumnsMetadata> | AsyncIterable<TableColumnsMetadata>
  /** The handle of a table, undefined if there is none of the name (a view has none). Versions are those of AS OF. */
  getTableHandle(
    session: ConnectorSession,
    name: SchemaTableName,
    startVersion?: ConnectorTableVersion,
    endVersion?: ConnectorTableVersion,
  ): Awaitable<T['table'] | undefined>
  getTableMetadata(session: ConnectorSession, table: T['table']): Awaitable<ConnectorTableMetadata>
  /** The handle of every column, hidden ones too, by lower-case name. */
  getColumnHandles(
    session: ConnectorSession,
    table: T['table'],
  ): Awaitable<ReadonlyMap<string, T['column']>>
  getColumnMetadata(
    session: ConnectorSession,
    table: T['table'],
    column: T['column'],
  ): Awaitable<ColumnMetadata>
}

export interface OptionalReadMetadata<T extends ConnectorTypes = ConnectorTypes> {
  schemaExists(session: ConnectorSession, schema: string): Awaitable<boolean>
  getSystemTable(
    session: ConnectorSession,
    name: SchemaTableName,
  ): Awaitable<SystemTable | undefined>
  /** The present statistics of the (virtual) table; columns without an entry are unknown. */
  getTableStatistics(
    session: ConnectorSession,
    table: T['table'],
  ): Awaitable<TableStatistics<T['column']>>
  /**
   * A string that changes whenever a plan made for the table might no longer hold (its columns, rows or statistics).
   * The engine keeps plans as long as it stays; without this method plans over the table aren't kept.
   */
  getTableVersion(session: ConnectorSession, table: T['table']): Awaitable<string | undefined>
  getTableProperties(
    session: ConnectorSession,
    table: T['table'],
  ): Awaitable<ConnectorTableProperties<T['column']>>
  /** A line for EXPLAIN that tells what the handle stands for. */
  getInfo(session: ConnectorSession, table: T['table']): Awaitable<string | undefined>
  streamRelationComments(
    session: ConnectorSession,
    schema?: string,
  ): Iterable<RelationCommentMetadata> | AsyncIterable<RelationCommentMetadata>
  /** The table in another catalog that this name stands for. */
  redirectTable(
    session: ConnectorSession,
    name: SchemaTableName,
  ): Awaitable<CatalogSchemaTableName | undefined>
  /** Throws where a scan of the handle as planned must not run. Comes once a scan of the final plan, EXPLAIN's too. */
  validateScan(session: ConnectorSession, table: T['table']): Awaitable<void>
  /** Comes once before the first use of a query; a query whose catalog throws fails. */
  beginQuery(session: ConnectorSession): Awaitable<void>
  /**
   * Comes once after the end of a query of which beginQuery was told, whatever its outcome: after its own transaction has ended, or
   * inside the one of several statements. The session's signal may be aborted. What it throws is a warning.
   */
  cleanupQuery(session: ConnectorSession): Awaitable<void>
}

/** @source Trino ConnectorTableProperties */
export interface ConnectorTableProperties<Column = unknown> {
  /** What all rows of the table satisfy. */
  readonly predicate: TupleDomain<Column>
  /** Columns whose values decide the partition a row is in, which its split names; equal handles are partitioned alike. */
  readonly tablePartitioning?: {
    readonly partitioningHandle: unknown
    readonly partitioningColumns: readonly Column[]
  }
  readonly discretePredicates?: {
    readonly columns: readonly Column[]
    readonly predicates: readonly TupleDomain<Column>[]
  }
  /** How the rows of each split are laid out, outermost first. */
  readonly localProperties: readonly LocalProperty<Column>[]
}
export type LocalProperty<Column = unknown> =
  | { readonly kind: 'constant'; readonly column: Column }
  | { readonly kind: 'grouping'; readonly columns: readonly Column[] }
  | {
      readonly kind: 'sorting'
      readonly column: Column
      readonly ascending: boolean
      readonly nullsFirst: boolean
    }
