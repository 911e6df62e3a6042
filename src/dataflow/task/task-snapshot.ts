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
  readonly completedSplits: number
  readonly memoryBytes: number
  readonly peakMemoryBytes: number
  /** Bytes that have been written to disk in all. */
  readonly spilledBytes: number
}
