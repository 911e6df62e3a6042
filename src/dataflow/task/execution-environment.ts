import type { ConnectorSplitSource, DynamicFilter } from '../../spi/index.js'
import type { ScanSource } from '../pipeline.js'
import type { ThreadEnvironment } from '../thread-environment.js'
import type { ThreadPool } from '../threads/pool.js'
import type { ReadRemote } from '../threads/remote-feeds.js'
import type { TaskDescriptor } from './task-descriptor.js'
import type { OpenRemote } from './thread-task.js'

/** What a task needs of its node. */
export interface ExecutionEnvironment {
  readonly thread: ThreadEnvironment
  /** Absent: everything runs in the calling thread. */
  readonly pool: ThreadPool | undefined
  /** Enumerates the splits of a scan. */
  openSplits(
    task: TaskDescriptor,
    scan: ScanSource,
    dynamicFilter: DynamicFilter,
    signal: AbortSignal,
  ): Promise<ConnectorSplitSource>
  /** Opens what other fragments hand over; absent where plans are whole. */
  readonly openRemote?: OpenRemote
  /** Reads what is handed on to worker threads. */
  readonly readRemote?: ReadRemote
  /** Hears what a pipeline has left, by its number: a state a driver. */
  readonly onState?: (pipeline: number, states: readonly unknown[]) => void
}
