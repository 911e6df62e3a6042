import type { PropertyMetadata } from '../config/property.js'
import type { ConnectorSession } from '../connector/session.js'
import type { GrantInfo, RoleGrant } from '../metadata/metadata-management.js'
import type {
  Awaitable,
  CatalogSchemaTableName,
  ColumnMetadata,
  RelationType,
  SchemaTableName,
  SchemaTablePrefix,
} from '../metadata/schema.js'
import type { SqlType } from '../type/type.js'

/**
 * What the engine tells about its catalogs: what information_schema and the system catalog are made of. `session.queryId`
 * names the query that asks, whose transaction and rights are used. Names are in lower case.
 */
export interface CatalogInformation {
  /** Sorted by name. */
  listCatalogs(session: ConnectorSession): Awaitable<readonly CatalogDescription[]>
  /** Schemas of a catalog, information_schema among them. */
  listSchemas(session: ConnectorSession, catalog: string): Awaitable<readonly string[]>
  /** Tables, views and materialized views, those of information_schema too. */
  listRelations(
    session: ConnectorSession,
    catalog: string,
    prefix: SchemaTablePrefix,
  ): Awaitable<readonly RelationDescription[]>
  listColumns(
    session: ConnectorSession,
    catalog: string,
    prefix: SchemaTablePrefix,
  ): Iterable<RelationColumns> | AsyncIterable<RelationColumns>
  listViews(
    session: ConnectorSession,
    catalog: string,
    prefix: SchemaTablePrefix,
  ): Awaitable<readonly ViewDescription[]>
  listMaterializedViews(
    session: ConnectorSession,
    catalog: string,
    prefix: SchemaTablePrefix,
  ): Awaitable<readonly MaterializedViewDescription[]>
  listComments(
    session: ConnectorSession,
    catalog: string,
    prefix: SchemaTablePrefix,
  ): Awaitable<readonly RelationComment[]>
  listRoles(session: ConnectorSession, catalog: string): Awaitable<readonly string[]>
  listEnabledRoles(session: ConnectorSession, catalog: string): Awaitable<readonly string[]>
  listApplicableRoles(session: ConnectorSession, catalog: string): Awaitable<readonly RoleGrant[]>
  listTablePrivileges(
    session: ConnectorSession,
    catalog: string,
    prefix: SchemaTablePrefix,
  ): Awaitable<readonly GrantInfo[]>
  /** A type as listings show it: `array(row(x integer))`. */
  displayType(type: SqlType): string
}

export interface CatalogDescription {
  readonly name: string
  readonly connectorName: string
}
export interface RelationDescription extends SchemaTableName {
  readonly type: RelationType
}
export interface RelationColumns {
  readonly table: SchemaTableName
  readonly columns: readonly ColumnMetadata[]
}
export interface ViewDescription extends SchemaTableName {
  readonly originalSql: string
}
export interface MaterializedViewDescription extends ViewDescription {
  readonly storageTable?: CatalogSchemaTableName
  readonly freshness?: 'FRESH' | 'STALE' | 'UNKNOWN'
  readonly lastFreshMillis?: number
  readonly comment?: string
}
export interface RelationComment extends SchemaTableName {
  readonly comment?: string
}

export type PropertyKind = 'schema' | 'table' | 'column' | 'analyze' | 'materializedView'

/** What the engine tells about itself: what the system catalog is made of. */
export interface SystemInformation extends CatalogInformation {
  listNodes(session: ConnectorSession): Awaitable<readonly NodeDescription[]>
  listQueries(session: ConnectorSession): Awaitable<readonly QueryDescription[]>
  listTasks(session: ConnectorSession): Awaitable<readonly TaskDescription[]>
  listTransactions(session: ConnectorSession): Awaitable<readonly TransactionDescription[]>
  listRuleStatistics(session: ConnectorSession): Awaitable<readonly RuleStatistics[]>
  listProperties(
    session: ConnectorSession,
    kind: PropertyKind,
  ): Awaitable<readonly { readonly catalog: string; readonly property: PropertyMetadata }[]>
  /** @throws NOT_FOUND, NOT_SUPPORTED for a query that is done, INVALID_PROCEDURE_ARGUMENT */
  killQuery(session: ConnectorSession, queryId: string, message: string | null): Awaitable<void>
}

export interface NodeDescription {
  readonly nodeId: string
  readonly httpUri: string
  readonly version: string
  readonly coordinator: boolean
  readonly state:
    | 'active'
    | 'inactive'
    | 'shutting_down'
    | 'draining'
    | 'drained'
    | 'invalid'
    | 'gone'
}
/** Instants are milliseconds since the epoch; absent ones have not come. */
export interface QueryDescription {
  readonly queryId: string
  readonly state: string
  readonly user: string
  readonly source?: string
  readonly query: string
  readonly resourceGroupId?: readonly string[]
  readonly queuedTimeMillis?: number
  readonly analysisTimeMillis?: number
  readonly planningTimeMillis?: number
  readonly createdMillis?: number
  readonly startedMillis?: number
  readonly lastHeartbeatMillis?: number
  readonly endMillis?: number
  readonly errorType?: string
  readonly errorCode?: string
}
export interface TaskDescription {
  readonly nodeId: string
  readonly taskId: string
  readonly stageId: string
  readonly queryId: string
  readonly state: string
  readonly splits: number
  readonly queuedSplits: number
  readonly runningSplits: number
  readonly completedSplits: number
  readonly splitScheduledTimeMillis?: number
  readonly splitCpuTimeMillis?: number
  readonly splitBlockedTimeMillis?: number
  readonly rawInputBytes?: number
  readonly rawInputRows?: number
  readonly processedInputBytes?: number
  readonly processedInputRows?: number
  readonly outputBytes?: number
  readonly outputRows?: number
  readonly physicalInputBytes?: number
  readonly physicalWrittenBytes?: number
  readonly createdMillis?: number
  readonly startMillis?: number
  readonly lastHeartbeatMillis?: number
  readonly endMillis?: number
}
export interface TransactionDescription {
  readonly transactionId: string
  readonly isolationLevel: string
  readonly readOnly: boolean
  readonly autoCommitContext: boolean
  readonly createMillis: number
  readonly idleTimeSeconds: number
  readonly writtenCatalog?: string
  readonly catalogs: readonly string[]
}
export interface RuleStatistics {
  readonly ruleName: string
  readonly invocations: number
  readonly matches: number
  readonly failures: number
  /** Milliseconds. */
  readonly averageTimeMillis: number
}
