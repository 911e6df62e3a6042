import type { ErrorRecord, SqlType } from '../../spi/index.js'

/** Version of the stream protocol, as docs/stream.md specifies it. */
export const STREAM_VERSION = 1
export const STREAM_PATH = '/v1/stream'

/** How the rows of a result come. */
export const STREAM_FORMATS = ['pages', 'arrow', 'msgpack', 'json'] as const
export type StreamFormat = (typeof STREAM_FORMATS)[number]

/** The `X-Trino-…` headers of a session by name, in lower case. */
export type SessionHeaders = Readonly<Record<string, string | readonly string[]>>

export interface QueryMessage {
  readonly type: 'query'
  /** Chosen by the client, not used before on this connection; from 1. */
  readonly query: number
  readonly sql: string
  readonly parameters?: readonly unknown[]
  readonly session?: SessionHeaders
  readonly format?: StreamFormat
  /** Bytes of frames that may be sent before the first `credit`. */
  readonly credit: number
  /** How often progress is wanted; 0, the default: never. */
  readonly progressMillis?: number
}

/** What clients say. Credit and acknowledgement are totals since the query began, so that they may come twice. */
export type ClientMessage =
  | { readonly type: 'open'; readonly version: number }
  | {
      readonly type: 'resume'
      readonly version: number
      readonly token: string
      readonly queries: readonly { readonly query: number; readonly next: number }[]
    }
  | QueryMessage
  /** Frames before `next` have been taken; `limit` bytes may be sent in all. */
  | {
      readonly type: 'credit'
      readonly query: number
      readonly next: number
      readonly limit: number
    }
  /** These are still wanted, however long they are granted nothing. */
  | { readonly type: 'alive'; readonly queries: readonly number[] }
  | { readonly type: 'cancel'; readonly query: number }

export interface StreamColumn {
  readonly name: string
  readonly type: SqlType
  /** As SQL writes the type. */
  readonly typeName: string
}

export interface StreamStats {
  readonly queryId: string
  readonly state: string
  readonly rowCount: number
  readonly planningMillis: number
  readonly elapsedMillis: number
  readonly cpuMillis: number
  readonly processedRows: number
  readonly processedBytes: number
  readonly memoryBytes: number
  readonly peakMemoryBytes: number
  readonly totalSplits: number
  readonly completedSplits: number
}

/** What the server says, besides pages. Those with a sequence are kept until they are acknowledged. */
export type ServerMessage =
  | {
      readonly type: 'opened'
      readonly version: number
      readonly token: string
      readonly resumeMillis: number
      readonly messageBytesMax: number
      readonly queriesMax: number
    }
  /** The queries that go on; others of the `resume` are lost. */
  | { readonly type: 'resumed'; readonly queries: readonly number[] }
  | {
      readonly type: 'schema'
      readonly query: number
      readonly sequence: number
      readonly queryId: string
      readonly columns: readonly StreamColumn[]
    }
  | { readonly type: 'progress'; readonly query: number; readonly stats: StreamStats }
  | {
      readonly type: 'end'
      readonly query: number
      readonly sequence: number
      readonly stats: StreamStats
      readonly updateType?: string
      readonly updateCount?: number
      /** What the statement changed in the session, as `X-Trino-Set-…` headers. */
      readonly session: SessionHeaders
      readonly warnings: readonly { readonly code: string; readonly message: string }[]
    }
  | {
      readonly type: 'error'
      readonly query: number
      readonly sequence: number
      readonly stats?: StreamStats
      readonly error: ErrorRecord
    }
  /** The connection is there; sent when nothing else is. */
  | { readonly type: 'alive' }
