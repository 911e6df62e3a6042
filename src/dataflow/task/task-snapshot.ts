import type { DriverStats } from '../stats.js'

/** What the engine hears of a running query. */
export interface TaskSnapshot {
  readonly state: 'RUNNING' | 'FINISHED' | 'FAILED'
  readonly pipelines: readonly {
    readonly id: number
    readonly state: 'PENDING' | 'RUNNING' | 'FINISHED'
    readonly drivers: readonly DriverStats[]
  }[]
  readonly totalSplits: number
  /** Read to their end. */
  readonly completedSplits: number
  /** Being read; of those that are read in other threads, at their last report. */
  readonly runningSplits: number
  readonly memoryBytes: number
  readonly peakMemoryBytes: number
  /** Bytes that have been written to disk in all. */
  readonly spilledBytes: number
  /** Where it writes into a sink: what that has written so far, as far as it tells. */
  readonly writtenBytes?: number
}
