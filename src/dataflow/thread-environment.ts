import type { FunctionRegistry } from '../expressions/registry.js'
import type { Connector, ConnectorSession } from '../spi/index.js'
import type { ChunkAllocator } from './memory/shared-memory.js'
import type { PageStream } from './page-stream.js'
import type { TaskDescriptor } from './task/task-descriptor.js'
import type { Turns } from './turns.js'

/** What a thread has before any query: made once by the composition root (src/engine). */
export interface ThreadEnvironment {
  /** `main`, `worker-1` … */
  readonly threadName: string
  readonly allocator: ChunkAllocator
  readonly registry: FunctionRegistry
  /** What works in the thread side by side takes turns. */
  readonly turns: Turns
  /** The connector of a catalog in this thread; made when first asked for. */
  connector(catalog: string): Connector | Promise<Connector>
  /** A query's session as the connector of a catalog sees it. */
  connectorSession(task: TaskDescriptor, catalog: string, signal: AbortSignal): ConnectorSession
}

/** What a driver starts with besides its pipeline. */
export interface DriverInputs {
  readonly driverIndex: number
  readonly driverCount: number
  /** States of the pipelines this one depends on: one a driver. */
  readonly states: ReadonlyMap<number, readonly unknown[]>
  /** One word a collected source, by pipeline: the next page to take; shared by the drivers. */
  readonly counters: Int32Array
  /** Further words that the drivers share, for what they build together; zero before the first of them. */
  readonly sharedWords: Int32Array
  readonly splits: SplitQueue
  /** What the calling thread hands on of other fragments, by the plan node of the source; absent in that thread. */
  readonly remotePages?: ReadonlyMap<string, PageStream>
}

/** Hands out the splits of the scans of a pipeline. */
export interface SplitQueue {
  /** The next split, or undefined when there are no more; a promise while the connector is still enumerating. */
  next(scanId: number): unknown
  /** Splits that were taken for later calls of `next`; absent: none ever are. */
  heldCount?(scanId: number): number
}
