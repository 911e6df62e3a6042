import type { BufferAddress } from '../../exchange/address.js'
import type { SessionContext } from '../../expressions/session-context.js'
import type { RangeBound } from '../../operators/partition/range-bound.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import type { ConnectorSplitBatch, Domain, ErrorRecord } from '../../spi/index.js'
import type { SortSample } from '../sort-sample.js'
import type { CatalogDescriptor } from '../threads/messages.js'
import type { TaskSnapshot } from './task-snapshot.js'

/** One task of a fragment, as plain data that is shipped to the node that runs it. @source Trino TaskUpdateRequest */
export interface TaskRequest {
  /** `query.fragment.task.attempt`, as Trino names tasks. */
  readonly taskId: string
  readonly queryId: string
  /** From 0 among the tasks of the fragment. */
  readonly taskIndex: number
  readonly taskCount: number
  readonly fragment: PlanFragment
  readonly session: SessionContext
  readonly limits: TaskLimits
  /** Whether its output is compressed, with LZ4. */
  readonly compressesOutput: boolean
  /** Session properties of catalogs, as text. */
  readonly catalogProperties: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The catalogs that the fragment reads. */
  readonly catalogs: readonly CatalogDescriptor[]
  /** What the tasks of each source fragment have for this one, by the fragment's number. */
  readonly sources: Readonly<Record<number, readonly BufferAddress[]>>
  /** Tasks of the fragment that reads the output, each of which has the buffer of its number. */
  readonly consumerCount: number
  /** Set where the fragment's root is a writer: what its sinks are made of. */
  readonly write?: TaskWrite
  /** Dynamic filters that the task tells of when it knows them. */
  readonly toldFilters?: readonly string[]
  /** What joins of other fragments say of its scans' columns, by the filters' ids. */
  readonly knownFilters?: Readonly<Record<string, Domain>>
  /** Set where the output is kept in files, for tasks that are run anew. */
  readonly spool?: SpoolRequest
}

/** What a task is told later. */
export interface TaskUpdate {
  /** Where its sorted output is cut; see {@link OutputPartitioning}. */
  readonly rangeBounds: readonly RangeBound[]
}

/** A write that a connector was told of, as all nodes carry it out. */
export interface TaskWrite {
  readonly kind: 'create' | 'insert'
  readonly catalog: string
  /** The connector's, of its beginCreateTable or beginInsert. */
  readonly handle: unknown
}

/** Where an attempt of a task leaves its output. */
export interface SpoolRequest {
  /** As the coordinator names them; see SpoolDirectory. */
  readonly directories: readonly string[]
  /** The task's name without its attempt. */
  readonly task: string
  readonly attempt: number
}

/** What a query may take of each node. */
export interface TaskLimits {
  readonly memoryBytes: number
  readonly maySpill: boolean
  /** Drivers of each pipeline of a task; absent: as many as there are threads. */
  readonly driversMax?: number
}

/**
 * - `RUNNING`: makes pages;
 * - `FLUSHING`: all pages are made and wait for their readers;
 * - `FINISHED`: every reader has all;
 * - `ABORTED`: ended by its coordinator;
 * - `FAILED`.
 * @source Trino TaskState
 */
export type TaskState = 'RUNNING' | 'FLUSHING' | 'FINISHED' | 'ABORTED' | 'FAILED'

export const isTaskDone = (state: TaskState): boolean =>
  state === 'FINISHED' || state === 'ABORTED' || state === 'FAILED'

/** What a task tells of itself, whenever its state changes and from time to time. */
export interface TaskStatus {
  readonly taskId: string
  /** Counts up: of two reports the one with the larger number is the later. */
  readonly version: number
  readonly state: TaskState
  /** Set with FAILED. */
  readonly error?: ErrorRecord
  readonly execution: TaskSnapshot
  readonly output: TaskOutputStatus
  /** What the task's builds say of the filters that it tells of, as far as it is known; null: they make none. */
  readonly filters?: Readonly<Record<string, Domain | null>>
  /** Of a task whose output is cut into ranges, from the moment when its rows are sorted until it knows the ranges. */
  readonly sortSample?: SortSample
  /** Milliseconds since the epoch. */
  readonly createdMillis: number
  readonly endedMillis?: number
}

export interface TaskOutputStatus {
  readonly rows: number
  readonly pages: number
  readonly bytes: number
  readonly bufferedBytes: number
}

/** What a node tells the coordinator of a task that it runs, and asks of it. */
export interface TaskListener {
  status(status: TaskStatus): void
  /** The next splits of a scan: at least one, unless there are no more. */
  nextSplits(planNodeId: string, maxSize: number): Promise<ConnectorSplitBatch>
}

/** A node as the coordinator sees it: in this process or in another. */
export interface TaskNode {
  readonly nodeId: string
  /** Where other nodes read its tasks' output. */
  readonly uri: string
  /** Makes a task and starts it. What goes wrong comes as the status FAILED. */
  createTask(request: TaskRequest, listener: TaskListener): void
  /** Tells a task more; one that has ended meanwhile does not hear it. */
  updateTask(taskId: string, update: TaskUpdate): void
  /**
   * Ends a task, wherever it stands, and forgets it. Resolves with its last status when the node holds nothing of it any more; with
   * undefined where the node is gone.
   */
  releaseTask(taskId: string): Promise<TaskStatus | undefined>
}
