import type { ConstantExpression, Expression } from '../expressions/ir.js'
import type {
  RowChangeParadigm,
  RowField,
  SqlType,
  TableFunctionArgument,
  TableFunctionArgumentValue,
  TableFunctionReturnType,
  TableStatisticsMetadata,
  ViewExpression,
} from '../spi/index.js'
import type { TableFunctionReference, TableReference } from './plan/node.js'

/**
 * What the analyzer asks of the engine about catalogs. Only {@link collectMetadata} calls it, before analysis
 * begins; analysis and planning are synchronous over what it found. One resolver belongs to one query, so
 * that a statement sees one state of each table.
 * @source Trino io.trino.metadata.Metadata, the part StatementAnalyzer uses
 */
export interface MetadataResolver {
  catalogExists(catalog: string): Promise<boolean>
  schemaExists(catalog: string, schema: string): Promise<boolean>
  /**
   * The table or view of a full name, in lower case; undefined where there is none. Follows redirections.
   * @throws MillraceError NOT_SUPPORTED for a `version` the connector can't read
   */
  getRelation(
    name: QualifiedObjectName,
    version?: TableVersion,
  ): Promise<ResolvedRelation | undefined>
  /**
   * A source that the program registered under a bare name; it shadows tables of the session's schema. Without
   * the method there are none.
   */
  getRegistered?(name: string): Promise<ResolvedTable | undefined>
  /**
   * Files by their path or pattern; undefined where there are none.
   * @throws NOT_SUPPORTED where files can't be named by path, PERMISSION_DENIED outside of what may be read
   */
  getFileTable?(path: string): Promise<ResolvedTable | undefined>
  /**
   * What a name that there is not may have been meant to be, by its first part that is wrong: catalogs, schemas of its
   * catalog, or tables of its schema. For hints only.
   */
  namesBeside?(name: QualifiedObjectName): Promise<readonly string[]>
  /**
   * CREATE FUNCTION statements of the SQL functions of a full name, one an overload.
   * @param accessor who calls it
   * @throws PERMISSION_DENIED
   */
  getLanguageFunctions?(name: QualifiedObjectName, accessor: Accessor): Promise<readonly string[]>
  /**
   * What somebody sees of a table or view; undefined: all of it.
   * @param columns its columns, hidden ones too
   */
  getTableSecurity?(
    name: QualifiedObjectName,
    columns: readonly { readonly name: string; readonly type: SqlType }[],
    accessor: Accessor,
  ): Promise<TableSecurity | undefined>
  /** How the rows of a table are changed; undefined where its connector can't. */
  getRowChange?(table: ResolvedTable): Promise<ResolvedRowChange | undefined>
  /** The table function of a full name; undefined where there is none. @throws PERMISSION_DENIED */
  getTableFunction?(
    name: QualifiedObjectName,
    accessor: Accessor,
  ): Promise<ResolvedTableFunction | undefined>
}

/** Whose rights a part of a statement uses. */
export interface Accessor {
  /** The owner of the view around it, or whom a row filter or column mask is to be read as; absent: who runs the statement. */
  readonly owner?: string
  /** What is read is passed on to others, by a view. */
  readonly passesOn?: true
}

/** What is seen of a table, by expressions over its columns. */
export interface TableSecurity {
  /** All must hold for a row to be seen. */
  readonly rowFilters: readonly ViewExpression[]
  /** By column name, what is seen in its place. */
  readonly columnMasks: Readonly<Record<string, ViewExpression>>
}

/** Names are in lower case. */
export interface QualifiedObjectName {
  readonly catalog: string
  readonly schema: string
  readonly name: string
}

/** FOR TIMESTAMP | VERSION AS OF: the value is a constant of its type. */
export interface TableVersion {
  readonly rangeType: 'TIMESTAMP' | 'VERSION'
  readonly value: ConstantExpression
}

export type ResolvedRelation = ResolvedTable | ResolvedView

export interface ResolvedTable {
  readonly kind: 'table'
  readonly name: QualifiedObjectName
  /** What scans of the table carry; its handle is the connector's plain value. */
  readonly table: TableReference
  /** In order; hidden columns are readable by name only. */
  readonly columns: readonly ResolvedColumn[]
  /** Changes whenever the table's data or definition may have: cached plans hold it. Absent: never cached. */
  readonly version?: string
  /** It keeps the rows of the materialized view of this name. */
  readonly isMaterializedView?: boolean
}

export interface ResolvedColumn {
  readonly name: string
  readonly type: SqlType
  readonly hidden?: boolean
  /** The connector's plain value. */
  readonly handle: unknown
  readonly nullable?: boolean
}

/** What DELETE, UPDATE and MERGE need to know of a table. */
export interface ResolvedRowChange {
  /** The column that names a row: comparable, never null. */
  readonly rowId: { readonly handle: unknown; readonly type: SqlType }
  readonly paradigm: RowChangeParadigm
}

/** A view is its text, analyzed under the session it was created in. */
export interface ResolvedView {
  readonly kind: 'view'
  readonly name: QualifiedObjectName
  readonly sql: string
  readonly catalog?: string
  readonly schema?: string
  readonly path?: readonly PathEntry[]
  /** As recorded at creation: the query must still give these names, and types that can be coerced to them. */
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[]
  /** Whose rights it runs with; absent: the invoker's. */
  readonly owner?: string
  readonly version?: string
  /** A materialized view whose rows are too old. */
  readonly isMaterializedView?: boolean
}

/** A table function of a connector. */
export interface ResolvedTableFunction {
  readonly name: QualifiedObjectName
  readonly args: readonly TableFunctionArgument[]
  readonly returnType: TableFunctionReturnType
  /**
   * What the connector makes of a call.
   * @throws what the function throws; NOT_SUPPORTED where nothing can run it
   */
  analyze(args: TableFunctionArgumentValues): Promise<AnalyzedTableFunction>
}
/** By the names that the function declares. */
export type TableFunctionArgumentValues = Readonly<Record<string, TableFunctionArgumentValue>>

export type AnalyzedTableFunction =
  /** The connector has put a table in its place. */
  | { readonly kind: 'table'; readonly table: ResolvedTable }
  | {
      readonly kind: 'function'
      readonly function: TableFunctionReference
      readonly returnedType: readonly RowField[] | undefined
      readonly requiredColumns: Readonly<Record<string, readonly number[]>>
    }

export interface PathEntry {
  readonly catalog?: string
  readonly schema: string
}

/** The part of a session that gives statements their meaning. Catalog and schema are in lower case. */
export interface PlannerSession {
  readonly user: string
  /** Of the node that plans. */
  readonly version?: string
  readonly catalog?: string
  readonly schema?: string
  readonly path?: readonly PathEntry[]
  /** As SET PATH wrote it, for CURRENT_PATH. */
  readonly pathText?: string
  /** IANA name or offset. */
  readonly timeZone: string
  /** When the query started, in milliseconds since the epoch: the value of now() throughout. */
  readonly startMillis: number
  /** Correlated subqueries may have forms that Trino refuses. */
  readonly extendedDecorrelation?: boolean
  /** How many grouping sets a GROUP BY may have; absent: 2048. */
  readonly maxGroupingSets?: number
  /** ORDER BY is kept where it decides nothing, as in what is written into a table. */
  readonly keepsRedundantSorts?: boolean
}

/** Handle of a `create` target in a plan; the engine turns it into the connector's by beginCreateTable. */
export interface CreateTableRequest {
  readonly name: QualifiedObjectName
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[]
  readonly comment?: string
  /** Constants as written; absent value: DEFAULT. */
  readonly properties: readonly { readonly name: string; readonly value?: Expression }[]
  readonly saveMode: 'FAIL' | 'IGNORE' | 'REPLACE'
}

/** Handle of a `merge` target in a plan; the engine turns it into the connector's by beginMerge. */
export interface MergeRequest {
  readonly name: QualifiedObjectName
  readonly table: TableReference
  readonly paradigm: RowChangeParadigm
  /** The table's visible columns, in the order of the writer's first columns. */
  readonly columns: readonly ResolvedColumn[]
  /** Handles of the columns that each UPDATE case sets, by case number. */
  readonly updateCaseColumns: Readonly<Record<number, readonly unknown[]>>
}

/** Handle of a `statistics` target in a plan. */
export interface AnalyzeRequest {
  readonly name: QualifiedObjectName
  /** The connector's handle, which is scanned. */
  readonly table: unknown
  readonly metadata: TableStatisticsMetadata
}

/** Handle of an `insert` target in a plan; the engine turns it into the connector's by beginInsert. */
export interface InsertRequest {
  readonly name: QualifiedObjectName
  readonly table: TableReference
  /** In the order of the writer's columns. */
  readonly columns: readonly ResolvedColumn[]
  /** The insert is the refresh of a materialized view: its rows take the place of those in the table. */
  readonly refresh?: {
    readonly view: QualifiedObjectName
    /** Handles of the tables of the same catalog that are read. */
    readonly sources: readonly unknown[]
    readonly hasForeignSources: boolean
  }
}
