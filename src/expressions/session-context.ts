/**
 * What the functions of a query know about its session: plain data that travels with fragments, so that every
 * thread gives `now()` and `current_user` one answer.
 */
export interface SessionContext {
  /** Instant the query started: picoseconds since the epoch, UTC. */
  readonly startPicos: bigint
  /** IANA name or offset. */
  readonly timeZone: string
  /** BCP 47 tag, such as `en-US`. */
  readonly locale: string
  readonly user: string
  /** Of the node that plans the query. */
  readonly version?: string
  readonly groups?: readonly string[]
  readonly catalog?: string
  readonly schema?: string
  readonly path?: string
  /** Until when the query may run, in milliseconds since the epoch; absent: for ever. */
  readonly deadlineMillis?: number
  /** Of the steps that group before rows are exchanged; absent: as by default. */
  readonly partialAggregation?: PartialAggregationSettings
  /** Whether the query has been cancelled: of the thread that evaluates, so that it does not travel. */
  readonly isCancelled?: () => boolean
}

/** When a partial aggregation stops to group, see Trino's `adaptive_partial_aggregation` session properties. */
export interface PartialAggregationSettings {
  /** False: it always groups. */
  readonly isAdaptive: boolean
  /** Rows by which it is decided, each time. */
  readonly minRows: number
  /** The share of rows that begin a group, beyond which it does not pay: 0 to 1. */
  readonly uniqueRowsRatioThreshold: number
}

/** A context for expressions that do not look at it: the epoch, UTC. */
export const DEFAULT_SESSION: SessionContext = Object.freeze({
  startPicos: 0n,
  timeZone: 'UTC',
  locale: 'en-US',
  user: 'user',
})
