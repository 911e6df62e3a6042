import type { BufferAddress } from '../../exchange/address.js'
import type { ChannelFactory } from '../../exchange/channel/channel.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import {
  type ConnectorSplitSource,
  errorFromRecord,
  MillraceError,
  type Page,
  toMillraceError,
} from '../../spi/index.js'
import type { TaskNode, TaskRequest, TaskStatus } from '../cluster/task-request.js'
import { placeFragments, sourceFragments } from './fragment-placement.js'
import { ResultPages } from './result-pages.js'
import { isOfNode } from './retry-settings.js'
import { assignersOf, type SplitOrigin } from './split-origins.js'
import { Stage, type StageSnapshot } from './stage.js'

/** What a distributed query is made of. */
export interface DistributedPlan {
  /** By id; see {@link PlanFragment}. */
  readonly fragments: readonly PlanFragment[]
  /** What every task is told of the query. */
  readonly request: Pick<TaskRequest, 'queryId' | 'session' | 'limits' | 'catalogProperties'>
  /** How a fragment's nodes make the catalogs that it reads. */
  catalogsOf(fragment: PlanFragment): TaskRequest['catalogs']
}

export interface DistributedEnvironment {
  /** Nodes that take tasks now; at least one. */
  workers(): readonly TaskNode[]
  readonly coordinator: TaskNode
  readonly channels: ChannelFactory
  openSplits(origin: SplitOrigin, signal: AbortSignal): Promise<ConnectorSplitSource>
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

/**
 * Runs the fragments of a plan over the nodes of a cluster: all stages at once, pages between them as they are made. Nothing
 * runs before the first `nextPage`. Whichever way it ends, no node holds anything of it by the time `end` resolves.
 * @source Trino PipelinedQueryScheduler
 */
export class DistributedExecution implements DistributedRun {
  readonly #environment: DistributedEnvironment
  readonly #plan: () => Promise<DistributedPlan>
  readonly #attempt: number
  readonly #abort = new AbortController()
  #stages: readonly Stage[] = []
  #result: ResultPages | undefined
  #started: Promise<void> | undefined
  #failure: MillraceError | undefined
  #ending: Promise<void> | undefined
  /** The result has been read to its end. */
  #isComplete = false
  #hasEnded = false
  #unlisten: (() => void) | undefined

  /** @param attempt of the query, from 0 */
  constructor(
    environment: DistributedEnvironment,
    plan: () => Promise<DistributedPlan>,
    attempt = 0,
  ) {
    this.#environment = environment
    this.#plan = plan
    this.#attempt = attempt
  }

  async nextPage(): Promise<Page | undefined> {
    try {
      if (this.#failure !== undefined) throw this.#failure
      this.#started ??= this.#start()
      await this.#started
      const page = await this.#result!.next()
      if (page !== undefined) return page
      this.#isComplete = true
    } catch (error) {
      this.#fail(toMillraceError(error))
    }
    await this.end()
    if (this.#failure !== undefined) throw this.#failure
    return undefined
  }

  cancel(reason: MillraceError = new MillraceError('USER_CANCELED', 'Query was canceled')): void {
    this.#fail(reason)
  }

  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  info(): DistributedSnapshot {
    return {
      state: this.#failure !== undefined ? 'FAILED' : this.#hasEnded ? 'FINISHED' : 'RUNNING',
      stages: this.#stages.map((stage) => stage.snapshot()),
    }
  }

  get fragments(): readonly PlanFragment[] {
    return this.#stages.map((stage) => stage.fragment)
  }

  async #start(): Promise<void> {
    const plan = await this.#plan()
    if (this.#failure !== undefined) throw this.#failure
    const workers = this.#environment.workers()
    if (workers.length === 0) {
      throw new MillraceError('NO_NODES_AVAILABLE', 'No nodes available to run query')
    }
    this.#unlisten = this.#environment.onNodeLost((node, reason) => {
      if (this.#stages.some((stage) => stage.runsOn(node))) this.#fail(reason)
    })
    this.#stages = this.#createStages(plan, workers)
    this.#result = new ResultPages(this.#environment.channels, this.#stages[0]!.addresses(0))
    // Those that make pages before those that read them.
    for (const stage of this.#stages.toReversed()) stage.start(this.#sourcesOf(stage.fragment))
  }

  #createStages(plan: DistributedPlan, workers: readonly TaskNode[]): readonly Stage[] {
    const { nodesOf, consumerCounts } = placeFragments(
      plan.fragments,
      this.#environment.coordinator,
      workers,
    )
    return plan.fragments.map((fragment) => {
      const nodes = nodesOf[fragment.id]!
      return new Stage({
        fragment,
        nodes,
        attempt: this.#attempt,
        consumerCount: consumerCounts.get(fragment.id)!,
        request: { ...plan.request, catalogs: plan.catalogsOf(fragment) },
        splits: assignersOf(fragment, nodes, (origin) =>
          this.#environment.openSplits(origin, this.#abort.signal),
        ),
        onStatus: (status, node) => this.#heard(status, node),
      })
    })
  }

  /** The buffers that each task of a fragment reads. */
  #sourcesOf(
    fragment: PlanFragment,
  ): (taskIndex: number) => Readonly<Record<number, readonly BufferAddress[]>> {
    const ids = sourceFragments(fragment.root)
    return (taskIndex) =>
      Object.fromEntries(ids.map((id) => [id, this.#stages[id]!.addresses(taskIndex)]))
  }

  #heard(status: TaskStatus, node: TaskNode): void {
    // What was left of other tasks is ended, however they take it.
    if (this.#isComplete || status.error === undefined) return
    const error = errorFromRecord(status.error)
    // What follows from the first failure says nothing of the node.
    if (this.#failure === undefined && isOfNode(error)) this.#environment.taskFailed(node)
    this.#fail(error)
  }

  #fail(error: MillraceError): void {
    if (this.#failure !== undefined || this.#hasEnded) return
    this.#failure = error
    this.#abort.abort(error)
    this.#result?.fail(error)
  }

  async #end(): Promise<void> {
    // A start under way still makes tasks, which are ended below.
    await this.#started?.catch(() => undefined)
    this.#result?.close()
    const outcomes = await Promise.allSettled(this.#stages.map((stage) => stage.release()))
    this.#unlisten?.()
    this.#abort.abort()
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') this.#fail(toMillraceError(outcome.reason))
    }
    this.#hasEnded = true
  }
}
