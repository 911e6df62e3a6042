import type { BufferAddress } from '../../exchange/address.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import { errorFromRecord, MillraceError, toMillraceError } from '../../spi/index.js'
import type { TaskNode, TaskStatus } from '../task/task-request.js'
import {
  type DistributedEnvironment,
  type DistributedPlan,
  type MakePlan,
  requestOf,
} from './distributed-run.js'
import { placeFragments, sourceFragments } from './fragment-placement.js'
import { withLanes } from './reader-lanes.js'
import { isOfNode } from './retry-settings.js'
import { assignersOf } from './split-origins.js'
import { Stage } from './stage.js'
import { StageFilters } from './stage-filters.js'
import { StagedRun } from './staged-run.js'

/**
 * Runs the fragments of a plan over the nodes of a cluster: all stages at once, pages between them as they are made. Nothing
 * runs before the first `nextPage`. Whichever way it ends, no node holds anything of it by the time `end` resolves.
 * @source Trino PipelinedQueryScheduler
 */
export class DistributedExecution extends StagedRun<Stage> {
  readonly #environment: DistributedEnvironment
  readonly #plan: MakePlan
  readonly #attempt: number
  #unlisten: (() => void) | undefined
  #filters: StageFilters | undefined

  /** @param attempt of the query, from 0 */
  constructor(environment: DistributedEnvironment, plan: MakePlan, attempt = 0) {
    super(environment.channels)
    this.#environment = environment
    this.#plan = plan
    this.#attempt = attempt
  }

  protected async start(): Promise<void> {
    const plan = await this.#plan(this.signal)
    this.throwIfFailed()
    const workers = this.#environment.workers()
    if (workers.length === 0) {
      throw new MillraceError('NO_NODES_AVAILABLE', 'No nodes available to run query')
    }
    this.#unlisten = this.#environment.onNodeLost((node, reason) => {
      if (this.stages.some((stage) => stage.runsOn(node))) this.fail(reason)
    })
    this.stages = this.#createStages(plan, workers)
    // Those that make pages before those that read them.
    for (const stage of this.stages.toReversed()) {
      if (this.#filters!.isAwaitedBy(stage.fragment.id)) void this.#startLater(stage)
      else await this.#startStage(stage)
    }
  }

  /** Its readers wait for its tasks meanwhile. */
  async #startLater(stage: Stage): Promise<void> {
    try {
      await this.#startStage(stage)
    } catch (error) {
      this.fail(toMillraceError(error))
    }
  }

  async #startStage(stage: Stage): Promise<void> {
    const { fragment } = stage
    const known = await this.#filters!.begin(fragment.id, this.signal)
    // What has ended meanwhile releases no task that begins now.
    if (this.failure === undefined && !this.isEnding) stage.start(this.#sourcesOf(fragment), known)
  }

  #createStages(plan: DistributedPlan, workers: readonly TaskNode[]): readonly Stage[] {
    const { nodesOf, consumerCounts } = placeFragments(
      plan.fragments,
      this.#environment.coordinator,
      workers,
    )
    const filters = new StageFilters(
      plan.fragments,
      nodesOf.map((nodes) => nodes.length),
    )
    this.#filters = filters
    const fragments = withLanes(plan.fragments, this.#environment.lanes, consumerCounts)
    return fragments.map((fragment) => {
      const nodes = nodesOf[fragment.id]!
      return new Stage({
        fragment,
        nodes,
        name: plan.name ?? plan.request.queryId,
        attempt: this.#attempt,
        consumerCount: consumerCounts.get(fragment.id)!,
        request: requestOf(plan, fragment),
        splits: assignersOf(fragment, nodes, (origin) =>
          this.#environment.openSplits(origin, filters.dynamicFilter(origin), this.signal),
        ),
        filters,
        onStatus: (status, node) => this.#heard(status, node),
        onFailed: (error) => this.fail(error),
      })
    })
  }

  /** The buffers that each task of a fragment reads. */
  #sourcesOf(
    fragment: PlanFragment,
  ): (taskIndex: number) => Readonly<Record<number, readonly BufferAddress[]>> {
    const ids = sourceFragments(fragment.root)
    return (taskIndex) =>
      Object.fromEntries(ids.map((id) => [id, this.stages[id]!.addresses(taskIndex)]))
  }

  #heard(status: TaskStatus, node: TaskNode): void {
    this.#filters?.heard(status)
    // What was left of other tasks is ended, however they take it.
    if (this.isComplete || status.error === undefined) return
    const error = errorFromRecord(status.error)
    // What follows from the first failure says nothing of the node.
    if (this.failure === undefined && isOfNode(error)) this.#environment.taskFailed(node)
    this.fail(error)
  }

  /** Pages come as they are made. */
  protected async readable(): Promise<void> {}

  protected stop(): void {}

  protected async clear(): Promise<void> {
    this.#unlisten?.()
  }
}
