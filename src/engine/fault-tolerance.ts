import {
  DEFAULT_RETRY_SETTINGS,
  type RetryPolicy,
  type RetrySettings,
} from '../dataflow/scheduler/retry-settings.js'
import { MillraceError } from '../spi/index.js'

/** What a coordinator does about nodes that fail; in brackets the properties of config.properties. */
export interface FaultTolerance extends RetrySettings {
  /**
   * Whether nothing runs again, the whole query as long as nothing of its result was given away, or single tasks, whose outputs
   * then are kept in files (retry-policy). Sessions may choose for themselves.
   */
  readonly policy: RetryPolicy
  /** Where outputs are kept: folders that are the same for all nodes, paths or file: URIs (exchange.base-directories). */
  readonly exchangeDirectories: readonly string[]
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
