import type { FunctionRegistry } from '../expressions/registry.js'
import type { SessionContext } from '../expressions/session-context.js'
import type { Connector, ConnectorSession } from '../spi/index.js'
import type { ChunkAllocator } from './memory/shared-memory.js'
import type { LocalPlan } from './pipeline.js'
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

/** A query's work on a node, as plain data that is posted to each thread once. */
export interface TaskDescriptor {
  /** Names the execution in its node: a query, or one of its tasks. */
  readonly queryId: string
  /** The query of which `queryId` names a task. */
  readonly taskOf?: string
  /** The task's number among those of its fragment, and how many these are; absent: it is the only one. */
  readonly taskIndex?: number
  readonly taskCount?: number
  /** Slot of the shared memory account and cancel word. */
  readonly slot: number
  readonly plan: LocalPlan
  /** The plan is the same object whenever it runs again, so that threads may keep it. */
  readonly isKept?: boolean
  /** Handles of the query's transactions, by catalog, where the plan's tables have none. */
  readonly transactions?: Readonly<Record<string, unknown>>
  readonly session: SessionContext
  /** Session properties of catalogs, as text. */
  readonly catalogProperties: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly outputPageRows: number
  /** Where the query may spill pages to, made when it does; absent: it may not. */
  readonly spillFolder?: string
  /** For tests: whatever can be is spilled. */
  readonly spillsEagerly?: boolean
  readonly expressionTarget?: 'wasm' | 'js' | 'interpreter'
}

/** What a driver starts with besides its pipeline. */
export interface DriverInputs {
  readonly driverIndex: number
  readonly driverCount: number
  /** States of the pipelines this one depends on: one a driver. */
  readonly states: ReadonlyMap<number, readonly unknown[]>
  /** One word a collected source, by pipeline: the next page to take; shared by the drivers. */
  readonly counters: Int32Array
  readonly splits: SplitQueue
}

/** Hands out the splits of the scans of a pipeline. */
export interface SplitQueue {
  /** The next split, or undefined when there are no more; a promise while the connector is still enumerating. */
  next(scanId: number): unknown
}
