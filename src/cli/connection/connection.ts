import type { TypeSignature } from '../../client/value-decoder.js'
import type { Page, SqlType } from '../../spi/index.js'

/** A column of a result as the shell prints it. */
export interface ShellColumn {
  readonly name: string
  readonly type: TypeSignature
}

/** A column of a result as pages have it. */
export interface TypedColumn {
  readonly name: string
  readonly type: SqlType
}

/**
 * A value as it is printed from, by type: BIGINT a bigint or number, REAL and DOUBLE numbers, VARBINARY and sketches bytes,
 * ARRAY an array, MAP a Map, ROW an array of its fields, what has a text form in Trino its text. NULL is null.
 */
export type ShellValue = unknown
export type ShellRow = readonly ShellValue[]

/** How far a statement is. */
export interface StatementStatus {
  readonly id: string
  readonly state: string
  readonly nodes: number
  readonly totalSplits: number
  readonly queuedSplits: number
  readonly runningSplits: number
  readonly completedSplits: number
  readonly processedRows: number
  readonly processedBytes: number
  readonly memoryBytes: number
  readonly peakMemoryBytes: number
  readonly cpuMillis: number
  readonly elapsedMillis: number
  /** Of 100; absent while unknown. */
  readonly progressPercentage?: number
}

/** A statement under way. Its rows are made as they are asked for. */
export interface ShellStatement {
  /** Known once the first rows, or the end, have been asked for; absent where the statement has no result. */
  readonly columns: readonly ShellColumn[] | undefined
  readonly updateType: string | undefined
  readonly updateCount: number | undefined
  readonly warnings: readonly string[]
  status(): StatementStatus
  /** The next rows, maybe none yet; undefined at the end. @throws MillraceError what the statement fails with */
  next(): Promise<readonly ShellRow[] | undefined>
  /** The types of the columns. @throws NOT_SUPPORTED for a type of another server that has no page form */
  types(): readonly TypedColumn[]
  /** In place of `next`: the next page, maybe an empty one, valid until the next call. @throws as `next`, as `types` */
  nextPage(): Promise<Page | undefined>
  /** Ends the statement, which then fails with USER_CANCELED, unless it has ended. */
  cancel(): Promise<void>
}

/** Where statements go: an engine in this process or a server. Keeps the session between statements. */
export interface ShellConnection {
  readonly catalog: string | undefined
  readonly schema: string | undefined
  statement(sql: string): ShellStatement
  close(): Promise<void>
}
