import type { TaskRequest, TaskStatus, TaskUpdate } from '../../engine/execution/cluster.js'
import type { ConnectorSplitBatch, ErrorRecord } from '../../spi/index.js'

/** Where workers announce themselves: the control connection, one a worker, opened by it. */
export const CLUSTER_PATH = '/v1/cluster'

/** @source Trino NodeState */
export type NodeState = 'ACTIVE' | 'DRAINING' | 'DRAINED' | 'SHUTTING_DOWN'

/** What the coordinator tells a worker. */
export type ToWorker =
  | { readonly type: 'welcome' }
  /** Another node has its id or its address; the connection ends. */
  | { readonly type: 'refused'; readonly error: ErrorRecord }
  | { readonly type: 'createTask'; readonly request: TaskRequest }
  | { readonly type: 'updateTask'; readonly taskId: string; readonly update: TaskUpdate }
  | { readonly type: 'releaseTask'; readonly taskId: string }
  /** Answers `needSplits`. */
  | {
      readonly type: 'splits'
      readonly request: number
      readonly batch?: ConnectorSplitBatch
      readonly error?: ErrorRecord
    }
  /** Answers `askTurns`. */
  | { readonly type: 'turns'; readonly request: number; readonly turns: number | undefined }
  /** The catalogs that there are: others are dropped. */
  | { readonly type: 'catalogs'; readonly names: readonly string[] }

/** What a worker tells the coordinator. */
export type ToCoordinator =
  | { readonly type: 'announce'; readonly announcement: Announcement }
  | { readonly type: 'state'; readonly state: NodeState }
  | { readonly type: 'status'; readonly status: TaskStatus }
  /** The task is gone, and the node holds nothing of it. */
  | { readonly type: 'released'; readonly taskId: string; readonly status?: TaskStatus }
  | {
      readonly type: 'needSplits'
      readonly request: number
      readonly taskId: string
      readonly planNodeId: string
      readonly maxSize: number
    }
  /** How often another node, which does not answer this one, has turned to the coordinator. */
  | { readonly type: 'askTurns'; readonly request: number; readonly uri: string }

export interface Announcement {
  readonly nodeId: string
  /** Where other nodes reach it. */
  readonly uri: string
  readonly version: string
  readonly state: NodeState
  readonly threads: number
}
