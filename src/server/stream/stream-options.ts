/** What a server allows the clients of its streams. */
export interface StreamOptions {
  /** Origins of browsers' pages besides the server's own, such as `https://app.example`; `*`: all. */
  readonly allowedOrigins: readonly string[]
  /** Of a client. */
  readonly messageBytesMax: number
  readonly queriesPerConnection: number
  readonly connectionsMax: number
  /** How long the queries of a broken connection wait for the next. */
  readonly resumeMillis: number
  /** How long a client may neither take rows nor say that it is there. */
  readonly clientTimeoutMillis: number
  /** How often a peer is asked whether it is there; one that says nothing for three times as long is gone. */
  readonly heartbeatMillis: number
  /** What a query keeps for a client that has not acknowledged it. */
  readonly replayBytesMax: number
}

export const DEFAULT_STREAM_OPTIONS: StreamOptions = {
  allowedOrigins: [],
  messageBytesMax: 4 * 2 ** 20,
  queriesPerConnection: 64,
  connectionsMax: 4096,
  resumeMillis: 30_000,
  clientTimeoutMillis: 60_000,
  heartbeatMillis: 10_000,
  replayBytesMax: 16 * 2 ** 20,
}

/** Whether a page of `origin` may talk to a server that it calls `host`. Programs that are no browsers send no origin. */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowedOrigins: readonly string[],
): boolean {
  if (origin === undefined) return true
  if (allowedOrigins.includes('*') || allowedOrigins.includes(origin)) return true
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()
}
