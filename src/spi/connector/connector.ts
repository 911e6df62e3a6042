import type { ConfigSchema } from '../config/config.js'
import type { PropertyMetadata } from '../config/property.js'
import type { ConnectorMetadata } from '../metadata/connector-metadata.js'
import type { Awaitable } from '../metadata/schema.js'
import type { ConnectorRecordSetProvider } from '../record/record-set.js'
import type { ConnectorAccessControl } from '../security/access-control.js'
import type { SystemTable } from '../system/system-table.js'
import type { SqlType } from '../type/type.js'
import type { ConnectorTypes } from './connector-types.js'
import type { Arena, PageStore } from './memory.js'
import type { ConnectorPageSinkProvider } from './page-sink.js'
import type { ConnectorPageSourceProvider } from './page-source.js'
import type { Procedure, TableProcedure } from './procedure.js'
import type { ConnectorSession } from './session.js'
import type { ConnectorSplitManager } from './split.js'
import type { ConnectorTableFunction, FunctionProvider } from './table-function.js'
import type { TransactionOptions } from './transaction.js'

/**
 * One catalog's connection to its source. A reading connector has metadata, a split manager and one of page
 * source and record set provider; everything else is optional and absent where the source lacks it.
 *
 * In every thread that runs drivers the engine creates the connector again from (name, config) and there calls only
 * the page source, record set, page sink and function providers; metadata, splits and transactions stay in the calling thread.
 * @source Trino Connector
 */
export interface Connector<T extends ConnectorTypes = ConnectorTypes> {
  /**
   * True where rows can only be read (and written) in the thread that holds them, such as a program's own streams: the
   * engine runs the scan there and sends pages. Never created in worker threads then.
   */
  readonly threadBound?: boolean
  /**
   * True where rows can only be read on the node whose connector gives metadata, in any of its threads. Other nodes of a
   * cluster get them from there. An extension.
   */
  readonly nodeBound?: boolean
  /**
   * How many splits a driver opens ahead of the one that it reads, in their order, asking each for its first page: for page sources
   * that wait for others to work, such as a database. By default none. An extension.
   */
  readonly splitsAhead?: number
  /**
   * The nodes, by their ids, of which each alone can read parts of a table; empty: it lies where {@link nodeBound} says. Splits
   * of such a table have addresses and are not remotely accessible. An extension.
   */
  nodesOf?(table: T['table']): readonly string[]
  /**
   * True where the rows of a statement of its own may be written on the nodes of a cluster where they are made: page sinks for
   * the handle of a write can be made on every node, and tell all that they have written in the fragments of their finish.
   * An extension.
   */
  readonly distributesWrites?: boolean
  /**
   * True where of such a write only those sinks count whose fragments its finish gets, whatever others have written, and what they
   * have written stays when their node goes: tasks that write may then run again, under ids of sinks that are new. An extension.
   * @source Trino RetryMode
   */
  readonly supportsWriteRetries?: boolean
  /**
   * True where page sinks only work in the thread that plans the query (the one whose connector gives metadata): the
   * engine runs the writers there, and other threads send them pages.
   */
  readonly threadBoundWrites?: boolean
  /** Absent: the handle is null and there is nothing to commit. */
  beginTransaction?(options: TransactionOptions): Awaitable<T['transaction']>
  /** Called once for each transaction that began, unless rollback is. */
  commit?(transaction: T['transaction']): Awaitable<void>
  rollback?(transaction: T['transaction']): Awaitable<void>
  /** True: a write may only be the one statement of its transaction. */
  isSingleStatementWritesOnly?(): boolean

  /** Called once a transaction, with the session that is first to ask: each method gets the session of its own call. */
  getMetadata(session: ConnectorSession, transaction: T['transaction']): ConnectorMetadata<T>
  getSplitManager?(): ConnectorSplitManager<T>
  getPageSourceProvider?(): ConnectorPageSourceProvider<T>
  getRecordSetProvider?(): ConnectorRecordSetProvider<T>
  getPageSinkProvider?(): ConnectorPageSinkProvider<T>

  getSystemTables?(): readonly SystemTable[]
  getProcedures?(): readonly Procedure<T['transaction']>[]
  getTableProcedures?(): readonly TableProcedure[]
  getTableFunctions?(): readonly ConnectorTableFunction<T>[]
  /** What runs the table functions that applyTableFunction does not replace. */
  getFunctionProvider?(): FunctionProvider<T>

  /** Who may do what in the catalog; absent: the connector refuses nobody. Asked for once. */
  getAccessControl?(): ConnectorAccessControl<T['transaction']>

  getSessionProperties?(): readonly PropertyMetadata[]
  getSchemaProperties?(): readonly PropertyMetadata[]
  getTableProperties?(): readonly PropertyMetadata[]
  getColumnProperties?(): readonly PropertyMetadata[]
  getViewProperties?(): readonly PropertyMetadata[]
  getMaterializedViewProperties?(): readonly PropertyMetadata[]
  getAnalyzeProperties?(): readonly PropertyMetadata[]

  getCapabilities?(): readonly ConnectorCapability[]
  /** Called exactly once for each create, after the last use. */
  shutdown?(): Awaitable<void>
}

export type ConnectorCapability =
  | 'NOT_NULL_COLUMN_CONSTRAINT'
  | 'DEFAULT_COLUMN_VALUE'
  | 'MATERIALIZED_VIEW_GRACE_PERIOD'

/** What the engine gives to a connector being created. @source Trino ConnectorContext */
export interface ConnectorContext {
  /** Of the engine. */
  readonly version: string
  readonly nodeId: string
  /** False in worker threads and on worker nodes. */
  readonly isCoordinator: boolean
  /** Long-lived pages that all threads of the node share. */
  readonly pageStore: PageStore
  /** What memory.max-data-per-node defaults to, in bytes. */
  readonly memoryLimitBytes: number
  /**
   * A zeroed buffer that all threads of the node share under its name, made by the first who asks for it. Absent
   * where there is none to share.
   */
  sharedBuffer?(name: string, byteLength: number): Awaitable<SharedArrayBuffer>
  /** Memory for a page source's pages; the connector closes it. */
  createArena(): Arena
  /** How full the engine's pools (of threads, of memory) are now. Absent where there are none to tell of. */
  pools?(): readonly PoolStatistics[]
  /** The type of a name such as `array(varchar(10))`. @throws TYPE_NOT_FOUND */
  getType(name: string): SqlType
}

export interface PoolStatistics {
  /** Such as `threads`, `pages`. */
  readonly name: string
  /** Threads or bytes. */
  readonly unit: string
  readonly size: number
  readonly used: number
  /** Requests that wait for some of it. */
  readonly waiting: number
}

/** @source Trino ConnectorFactory */
export interface ConnectorFactory {
  /** What `connector.name` is set to. */
  readonly name: string
  /** What its properties may be, for listings and documentation. */
  readonly properties?: ConfigSchema
  /**
   * @param config the catalog's properties without `connector.name`; see {@link parseConfig}
   * @throws CONFIGURATION_INVALID
   */
  create(
    catalogName: string,
    config: Readonly<Record<string, string>>,
    context: ConnectorContext,
  ): Awaitable<Connector>
  /** Of older connectors: not called, since handles are plain values. @source Trino ConnectorHandleResolver */
  getHandleResolver?(): unknown
}
