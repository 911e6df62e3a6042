import type { ErrorRecord } from '../../spi/index.js'
import type { LocalPlan } from '../pipeline.js'
import type { DriverStats } from '../stats.js'
import type { TaskDescriptor } from '../task/task-descriptor.js'
import type { PostedKernels } from './kernel-exchange.js'

/** What the calling thread tells a worker thread. */
export type ToWorker =
  | { readonly kind: 'task'; readonly task: TaskDescriptor }
  | KeptTaskMessage
  | RunMessage
  | SplitsMessage
  /** A driver sleeps, and there is room in its ring again. */
  | { readonly kind: 'credit'; readonly taskId: string; readonly pipelineId: number }
  | (RemoteFeedMessage & { readonly taskId: string })
  /** The query is over: close what is open, then answer `ended`. */
  | { readonly kind: 'end'; readonly taskId: string }
  /** The query is over, and so are all its drivers: nothing is open, and its memory may be another query's already. */
  | { readonly kind: 'forget'; readonly taskId: string }
  /** A catalog was dropped or replaced. */
  | { readonly kind: 'dropCatalog'; readonly catalog: string }
  /** Answers `needBuffer`. */
  | { readonly kind: 'buffer'; readonly name: string; readonly buffer: SharedArrayBuffer }
  | { readonly kind: 'catalog'; readonly catalog: CatalogDescriptor }
  /** Another thread has compiled kernels. */
  | { readonly kind: 'kernels'; readonly kernels: PostedKernels }
  /** There is a further segment of stored pages. */
  | { readonly kind: 'segment'; readonly segment: number; readonly buffer: SharedArrayBuffer }

/** What the calling thread says to a driver of the pages of other tasks that it hands on. */
export type RemoteFeedMessage =
  /** There are pages in the driver's ring, and it sleeps. */
  | { readonly kind: 'remotePages'; readonly planNodeId: string }
  | { readonly kind: 'remotePagesEnd'; readonly planNodeId: string }

/** A task whose plan the thread keeps, or is to keep, under a number. */
export interface KeptTaskMessage {
  readonly kind: 'keptTask'
  readonly task: Omit<TaskDescriptor, 'plan'>
  readonly planId: number
  /** Absent: the thread has it. */
  readonly plan?: LocalPlan
  /** Another one, which it need not keep any longer. */
  readonly forgottenPlanId?: number
}

/** How a catalog's connector is made in another thread. */
export interface CatalogDescriptor {
  readonly name: string
  readonly connectorName: string
  readonly config: Readonly<Record<string, string>>
}

export interface RunMessage {
  readonly kind: 'run'
  readonly taskId: string
  readonly pipelineId: number
  readonly driverIndex: number
  readonly driverCount: number
  readonly states: readonly (readonly [number, readonly unknown[]])[]
  /** Words in the shared memory: one a pipeline (collected pages), then one a scan (splits). */
  readonly counters: { readonly address: number; readonly length: number }
  readonly splits: readonly SplitAssignment[]
  /** Where the rings of the drivers lie, of a pipeline whose pages are pulled. */
  readonly ringAddress?: number
  /** Where the driver's rings of its remote sources lie, by plan node. */
  readonly feeds?: readonly { readonly planNodeId: string; readonly address: number }[]
}

/** Splits that all drivers share by a counter; where not complete, more are asked for by message. */
export interface SplitAssignment {
  readonly scanId: number
  readonly splits: readonly unknown[]
  readonly complete: boolean
}

export interface SplitsMessage {
  readonly kind: 'splits'
  readonly taskId: string
  readonly scanId: number
  readonly splits: readonly unknown[]
  readonly last: boolean
}

/** What a worker thread tells the calling thread. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'state'
      readonly taskId: string
      readonly pipelineId: number
      readonly driverIndex: number
      readonly state: unknown
      readonly stats: DriverStats
    }
  /** A driver came too late to begin. */
  | { readonly kind: 'late'; readonly taskId: string }
  /** What a driver has done so far. */
  | { readonly kind: 'progress'; readonly taskId: string; readonly stats: DriverStats }
  /** There are pages in a ring, and the calling thread sleeps. */
  | { readonly kind: 'pages'; readonly taskId: string; readonly pipelineId: number }
  | {
      readonly kind: 'pagesEnd'
      readonly taskId: string
      readonly pipelineId: number
      readonly stats: DriverStats
    }
  | { readonly kind: 'failed'; readonly taskId: string; readonly error: ErrorRecord }
  | { readonly kind: 'needSplits'; readonly taskId: string; readonly scanId: number }
  /** The calling thread waits to hand on remote pages, and there is room again. */
  | { readonly kind: 'remoteCredit'; readonly taskId: string; readonly planNodeId: string }
  | { readonly kind: 'ended'; readonly taskId: string }
  | { readonly kind: 'kernels'; readonly kernels: PostedKernels }
  /** A connector asks for a buffer that all threads share under a name. */
  | { readonly kind: 'needBuffer'; readonly name: string; readonly byteLength: number }
