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
  /** Whether the query has been cancelled: of the thread that evaluates, so that it does not travel. */
  readonly isCancelled?: () => boolean
}

/** A context for expressions that do not look at it: the epoch, UTC. */
export const DEFAULT_SESSION: SessionContext = Object.freeze({
  startPicos: 0n,
  timeZone: 'UTC',
  locale: 'en-US',
  user: 'user',
})
