import { DEFAULT_RETRY_SETTINGS } from '../../dataflow/scheduler/retry-settings.js'
import { MillraceError } from '../../spi/index.js'

/** What a coordinator does about nodes that fail; in brackets the properties of config.properties. */
export interface FaultTolerance {
  /**
   * Whether nothing runs again, the whole query as long as nothing of its result was given away, or single tasks, whose outputs
   * then are kept in files (retry-policy). Sessions may choose for themselves.
   */
  readonly policy: 'NONE' | 'QUERY' | 'TASK'
  /** Where outputs are kept: folders that are the same for all nodes, paths or file: URIs (exchange.base-directories). */
  readonly exchangeDirectories: readonly string[]
  /** Further attempts of a query (query-retry-attempts). */
  readonly queryRetries: number
  /** Further attempts of a task (task-retry-attempts-per-task). */
  readonly taskRetries: number
  /** Time before the first further attempt (retry-initial-delay). */
  readonly initialDelayMillis: number
  /** By what it grows with every attempt (retry-delay-scale-factor), to at most {@link maxDelayMillis} (retry-max-delay). */
  readonly delayFactor: number
  readonly maxDelayMillis: number
  /** How long a query waits for a node (node-scheduler.allowed-no-matching-node-period). */
  readonly noNodeMillis: number
  /** What is held back in memory of a result whose query may run again (exchange.deduplication-buffer-size). */
  readonly resultBufferBytes: number
  /** A task that takes so many times what half of its siblings took, and at least this long, gets a second attempt. */
  readonly stragglerFactor: number
  readonly stragglerMinMillis: number
}

/** @throws CONFIGURATION_INVALID where tasks run again and there is no place for their outputs */
export function faultToleranceOf(
  options: Partial<FaultTolerance> | undefined,
  isCoordinator: boolean,
): FaultTolerance {
  const settings: FaultTolerance = {
    policy: 'NONE',
    exchangeDirectories: [],
    ...DEFAULT_RETRY_SETTINGS,
    ...options,
  }
  if (settings.policy === 'TASK' && isCoordinator && settings.exchangeDirectories.length === 0) {
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      'retry-policy=TASK needs a place for the outputs of tasks',
      { hint: 'Set exchange.base-directories' },
    )
  }
  return settings
}
