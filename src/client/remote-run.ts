import type { MillraceError } from '../spi/error.js'
import type { Page } from '../spi/page/page.js'
import type { SqlType } from '../spi/type/type.js'

/** How rows come over the stream protocol. */
export type StreamFormat = 'pages' | 'msgpack'

export interface RemoteColumn {
  readonly name: string
  readonly type: SqlType
}

/** Figures of a query, now or at its end; the embedded engine's. */
export interface QueryStats {
  readonly queryId: string | undefined
  readonly state: string
  /** Rows of the result so far. */
  readonly rowCount: number
  readonly planningMillis: number
  readonly elapsedMillis: number
  readonly cpuMillis: number
  readonly processedRows: number
  readonly processedBytes: number
  readonly peakMemoryBytes: number
  readonly totalSplits: number
  readonly completedSplits: number
}

export const NO_STATS: QueryStats = {
  queryId: undefined,
  state: 'QUEUED',
  rowCount: 0,
  planningMillis: 0,
  elapsedMillis: 0,
  cpuMillis: 0,
  processedRows: 0,
  processedBytes: 0,
  peakMemoryBytes: 0,
  totalSplits: 0,
  completedSplits: 0,
}

/** Some of a result: rows as arrays of exact values, or a page. */
export type Batch =
  | { readonly kind: 'rows'; readonly rows: readonly (readonly unknown[])[] }
  | { readonly kind: 'page'; readonly page: Page }

/** What is asked of a transport. */
export interface RunRequest {
  readonly sql: string
  readonly parameters: readonly unknown[]
  readonly headers: Readonly<Record<string, string>>
  /** Rows where the transport has them as such, or pages. */
  readonly wants: 'rows' | 'pages'
}

/** A statement on a server, from its start to its end. */
export interface RemoteRun {
  readonly updateType: string | undefined
  readonly updateCount: number | undefined
  readonly failure: MillraceError | undefined
  readonly stats: QueryStats
  /** @throws MillraceError what the statement fails with */
  columns(): Promise<readonly RemoteColumn[]>
  /** What comes next, undefined at the end. @throws MillraceError what the statement fails with */
  next(): Promise<Batch | undefined>
  /** Ends the statement; whoever waits gets USER_CANCELED. Resolves when the server has ended it. */
  cancel(): Promise<void>
}

/** A way to a server. */
export interface Transport {
  start(request: RunRequest): Promise<RemoteRun>
  /** The server's own account of a query; undefined where it has none any more. */
  describe(queryId: string): Promise<unknown>
  close(): Promise<void>
}
