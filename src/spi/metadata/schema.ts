import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'

/** What a connector may answer at once or later. */
export type Awaitable<T> = T | Promise<T>

/** Names are lower case. */
export interface SchemaTableName {
  readonly schema: string
  readonly table: string
}
export interface CatalogSchemaTableName extends SchemaTableName {
  readonly catalog: string
}
export interface SchemaTablePrefix {
  readonly schema?: string
  readonly table?: string
}

export const schemaTableName = (schema: string, table: string): SchemaTableName => ({
  schema,
  table,
})
/** `schema.table`, for messages and as a map key (names never hold a NUL; this one is for people). */
export const printSchemaTableName = (name: SchemaTableName): string =>
  `${name.schema}.${name.table}`

/** @source Trino ColumnMetadata */
export interface ColumnMetadata {
  /** Lower case. */
  readonly name: string
  readonly type: SqlType
  /** Absent means true. */
  readonly nullable?: boolean
  readonly comment?: string
  /** Goes into SHOW COLUMNS' third column, such as `partition key`. */
  readonly extraInfo?: string
  /** Readable by name, not part of `*`, DESCRIBE or information_schema. */
  readonly hidden?: boolean
  readonly properties?: Properties
}

/** Values of schema, table, column or analyze properties after decoding, by name. */
export type Properties = Readonly<Record<string, unknown>>

/** @source Trino ConnectorTableMetadata */
export interface ConnectorTableMetadata {
  readonly table: SchemaTableName
  readonly columns: readonly ColumnMetadata[]
  readonly properties?: Properties
  readonly comment?: string
  /** SQL of CHECK constraints. */
  readonly checkConstraints?: readonly string[]
  /**
   * Columns that a query must restrict by a predicate (each of them); a query without gets QUERY_REJECTED naming
   * them. An extension: connectors that need a key, such as a URL, declare it instead of failing in a scan.
   */
  readonly requiredPredicateColumns?: readonly string[]
  /** True where the table has no end: what blocks on all of its rows is refused at planning. An extension. */
  readonly unbounded?: boolean
}

/** Columns of a table as streamed for information_schema; undefined columns: the table is redirected. */
export interface TableColumnsMetadata {
  readonly table: SchemaTableName
  readonly columns: readonly ColumnMetadata[] | undefined
}

export interface RelationCommentMetadata {
  readonly name: SchemaTableName
  readonly comment?: string
}

export type RelationType = 'TABLE' | 'VIEW' | 'MATERIALIZED_VIEW'

/** AS OF clauses: `FOR TIMESTAMP AS OF` is temporal, `FOR VERSION AS OF` the target id. */
export interface ConnectorTableVersion {
  readonly pointerType: 'TEMPORAL' | 'TARGET_ID'
  readonly type: SqlType
  readonly value: Value
}

export interface ViewColumn {
  readonly name: string
  /** As {@link typeName} prints it. */
  readonly type: string
  readonly comment?: string
}
/** @source Trino ConnectorViewDefinition */
export interface ConnectorViewDefinition {
  readonly originalSql: string
  readonly catalog?: string
  readonly schema?: string
  readonly columns: readonly ViewColumn[]
  readonly comment?: string
  /** Absent for a view that runs as its invoker. */
  readonly owner?: string
  readonly runAsInvoker: boolean
  readonly path?: readonly CatalogSchemaName[]
}
/** @source Trino ConnectorMaterializedViewDefinition */
export interface ConnectorMaterializedViewDefinition {
  readonly originalSql: string
  readonly storageTable?: CatalogSchemaTableName
  readonly catalog?: string
  readonly schema?: string
  readonly columns: readonly ViewColumn[]
  readonly gracePeriodMillis?: number
  readonly comment?: string
  readonly owner?: string
  readonly path?: readonly CatalogSchemaName[]
}
export interface MaterializedViewFreshness {
  readonly freshness: 'FRESH' | 'STALE' | 'UNKNOWN'
  readonly lastFreshMillis?: number
}
export interface CatalogSchemaName {
  readonly catalog: string
  readonly schema: string
}

export type ColumnPosition =
  | { readonly kind: 'first' }
  | { readonly kind: 'after'; readonly column: string }
  | { readonly kind: 'last' }

export type SaveMode = 'FAIL' | 'IGNORE' | 'REPLACE'
