import type { MillraceError } from '../../spi/index.js'

/**
 * What is done about a part of a query that fails for no fault of the query's:
 *
 * - `NONE`: the query fails;
 * - `QUERY`: the whole query runs again, as long as nothing of its result was given away;
 * - `TASK`: the task runs again, on another node; the outputs of tasks are kept in files.
 * @source Trino RetryPolicy
 */
export type RetryPolicy = 'NONE' | 'QUERY' | 'TASK'

export interface RetrySettings {
  /** Further attempts of a query (query-retry-attempts). */
  readonly queryRetries: number
  /** Further attempts of a task (task-retry-attempts-per-task). */
  readonly taskRetries: number
  /** Before the first further attempt (retry-initial-delay), which grows by the factor (retry-delay-scale-factor) to the largest (retry-max-delay). */
  readonly initialDelayMillis: number
  readonly delayFactor: number
  readonly maxDelayMillis: number
  /** How long a query waits for a node (node-scheduler.allowed-no-matching-node-period). */
  readonly noNodeMillis: number
  /** What is held back of a result, so that its query can run again (exchange.deduplication-buffer-size). */
  readonly resultBufferBytes: number
  /** A task that takes this much longer than half of its siblings took gets a second attempt. */
  readonly stragglerFactor: number
  readonly stragglerMinMillis: number
}

/** Trino's, but for the first delay, which is 10 s there. */
export const DEFAULT_RETRY_SETTINGS: RetrySettings = {
  queryRetries: 4,
  taskRetries: 4,
  initialDelayMillis: 100,
  delayFactor: 2,
  maxDelayMillis: 60_000,
  noNodeMillis: 120_000,
  resultBufferBytes: 32 * 2 ** 20,
  stragglerFactor: 2,
  stragglerMinMillis: 1000,
}

/** Before an attempt that follows as many failed ones. */
export const retryDelay = (
  { initialDelayMillis, delayFactor, maxDelayMillis }: RetrySettings,
  failures: number,
): number => Math.min(maxDelayMillis, initialDelayMillis * delayFactor ** Math.max(0, failures - 1))

/** Whether another attempt may end otherwise: not where the statement is at fault, or has reached a limit that it has. */
export const isRetryable = ({ type, code }: MillraceError): boolean =>
  type !== 'USER_ERROR' && !code.startsWith('EXCEEDED_')

const OF_OTHER_NODES: ReadonlySet<string> = new Set([
  'REMOTE_HOST_GONE',
  'PAGE_TRANSPORT_ERROR',
  'PAGE_TRANSPORT_TIMEOUT',
  'REMOTE_TASK_MISMATCH',
  'REMOTE_TASK_ERROR',
])

/** Whether the failure of a task may be the fault of the node that it ran on, rather than of one that it read from. */
export const isOfNode = (error: MillraceError): boolean =>
  isRetryable(error) && error.type !== 'EXTERNAL' && !OF_OTHER_NODES.has(error.code)
