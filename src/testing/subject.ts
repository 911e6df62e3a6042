import type { Awaitable, ConnectorFactory } from '../spi/index.js'

/**
 * What a connector can do; whatever it does not say it lacks is proven. `undo after finish`: a statement that fails once
 * its rows were finished, such as by its commit, is undone by the rollback. `keep rows`: what is written can be read again.
 */
export const CAPABILITIES = [
  'several splits',
  'statistics',
  'filter pushdown',
  'projection pushdown',
  'limit pushdown',
  'top-N pushdown',
  'aggregation pushdown',
  'join pushdown',
  'sample pushdown',
  'keep rows',
  'create table',
  'insert',
  'delete',
  'update',
  'merge',
  'truncate',
  'rename table',
  'add column',
  'views',
  'undo after finish',
] as const
export type Capability = (typeof CAPABILITIES)[number]

/** What a connector that is only read lacks. */
export const WRITES = [
  'create table',
  'insert',
  'delete',
  'update',
  'merge',
  'truncate',
  'rename table',
  'add column',
  'views',
  'undo after finish',
] as const satisfies readonly Capability[]
/** What a connector that leaves all work to the engine lacks. */
export const PUSHDOWN = [
  'filter pushdown',
  'projection pushdown',
  'limit pushdown',
  'top-N pushdown',
  'aggregation pushdown',
  'join pushdown',
  'sample pushdown',
] as const satisfies readonly Capability[]

/** A table whose reads are checked: a few hundred rows are enough. */
export interface TableSubject {
  /** `schema.table`, as in SQL. */
  readonly name: string
  /** A condition that every query over the table has, where the connector requires one. */
  readonly where?: string
  /** False where two reads may give different rows, as of a table about the process. Default true. */
  readonly isStable?: boolean
  /** True: too many rows for random queries; it is scanned only. */
  readonly isLarge?: boolean
}

/** What one run of a connector's checks works on. */
export interface OpenedSubject {
  /** Properties of the catalog, without `connector.name`. */
  readonly config?: Readonly<Record<string, string>>
  /** What there is outside of the engine, such as the files of a folder: a write that failed leaves it as it was. */
  traces?(): Awaitable<readonly string[]>
  /** Called after the engine was closed. */
  close?(): Awaitable<void>
}

/** A connector and what to check it with. */
export interface ConnectorSubject {
  readonly factory: ConnectorFactory
  /** Makes what the connector reads, anew for each check. */
  open?(): Awaitable<OpenedSubject>
  /** Statements that make tables; run in the catalog. */
  readonly setup?: readonly string[]
  /** None where the connector has no table that lasts. */
  readonly tables: readonly (string | TableSubject)[]
  readonly lacks?: readonly Capability[]
  /** True: tables can only be read through the filter that is pushed, as for what to ask a service: both sides push filters. */
  readonly needsFilterPushdown?: boolean
  /** Where tables are made to check writes; default: `default`. */
  readonly schema?: string
  /** WITH properties of the tables that are made, such as `(format = 'CSV')`. */
  readonly tableProperties?: string
  /** Types that columns of new tables can't have: they are refused with NOT_SUPPORTED. */
  readonly lacksTypes?: readonly string[]
  /** Values that columns can't have though they have others of the type, such as `CAST('NaN' AS double)`: refused likewise. */
  readonly lacksValues?: readonly string[]
  /** Of the random queries; printed by the checks that fail. */
  readonly seed?: number
  /** Random queries of a kind and table; default 25. */
  readonly rounds?: number
  /** After how many milliseconds a call or query that has not ended is said to hang; default 30,000. */
  readonly hangMillis?: number
}

/** One thing that holds; {@link run} rejects where it does not, and says why. */
export interface ConnectorCheck {
  readonly name: string
  run(): Promise<void>
}

/** What is wrong with a connector. */
export class ConnectorFailure extends Error {
  override readonly name = 'ConnectorFailure'
}

export const tablesOf = (subject: ConnectorSubject): readonly TableSubject[] =>
  subject.tables.map((table) => (typeof table === 'string' ? { name: table } : table))

export const lacks = (subject: ConnectorSubject, capability: Capability): boolean =>
  subject.lacks?.includes(capability) ?? false
