import type { ChannelFactory } from '../../exchange/channel/channel.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import type { ConnectorSplitSource, DynamicFilter, MillraceError, Page } from '../../spi/index.js'
import type { TaskNode, TaskRequest, TaskWrite } from '../task/task-request.js'
import type { SplitOrigin } from './split-origins.js'
import type { StageSnapshot } from './stage.js'

/** What a distributed query is made of. */
export interface DistributedPlan {
  /** By id; see {@link PlanFragment}. */
  readonly fragments: readonly PlanFragment[]
  /** What its tasks are called by, where that is not the query's id. */
  readonly name?: string
  /** What every task is told of the query. */
  readonly request: Pick<
    TaskRequest,
    'queryId' | 'session' | 'limits' | 'compressesOutput' | 'catalogProperties'
  >
  /** How a fragment's nodes make the catalogs that it reads, or writes to. */
  catalogsOf(fragment: PlanFragment): TaskRequest['catalogs']
  /** Set where a fragment writes. */
  readonly write?: TaskWrite
}

export type FragmentRequest = DistributedPlan['request'] & Pick<TaskRequest, 'catalogs' | 'write'>

/** Makes the plan when it starts; `signal` aborts when it is no longer wanted. */
export type MakePlan = (signal: AbortSignal) => Promise<DistributedPlan>

export interface DistributedEnvironment {
  /** Nodes that take tasks now; at least one. */
  workers(): readonly TaskNode[]
  readonly coordinator: TaskNode
  /** Drivers that pipelines of a task have, as far as the coordinator knows: as many as its own would. */
  readonly lanes: number
  readonly channels: ChannelFactory
  openSplits(
    origin: SplitOrigin,
    dynamicFilter: DynamicFilter,
    signal: AbortSignal,
  ): Promise<ConnectorSplitSource>
  /** Calls back once when a node is gone; gives a function that stops that. */
  onNodeLost(listener: (node: TaskNode, reason: MillraceError) => void): () => void
  /** A task failed on a node, for what may be the node's fault. */
  taskFailed(node: TaskNode): void
}

export interface DistributedSnapshot {
  readonly state: 'RUNNING' | 'FINISHED' | 'FAILED'
  readonly stages: readonly StageSnapshot[]
}

/** A plan that runs over many nodes, whatever is done about those that fail. */
export interface DistributedRun {
  /**
   * The next page of the result, valid until the next call; undefined at the end, when all nodes have given back what the
   * query held.
   */
  nextPage(): Promise<Page | undefined>
  cancel(reason?: MillraceError): void
  /** Ends the query, whether or not it has run to its end, on every node. Idempotent. */
  end(): Promise<void>
  info(): DistributedSnapshot
  /** Once the query has started. */
  readonly fragments: readonly PlanFragment[]
}

/** What the tasks of a fragment are told of the query. */
export const requestOf = (
  { request, catalogsOf, write }: DistributedPlan,
  fragment: PlanFragment,
): FragmentRequest => ({
  ...request,
  catalogs: catalogsOf(fragment),
  ...(write !== undefined && fragment.root.kind === 'tableWriter' ? { write } : {}),
})
