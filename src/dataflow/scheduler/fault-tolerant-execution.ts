import type { SpoolDirectory } from '../../exchange/spool/spool-directory.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import { EMPTY_DYNAMIC_FILTER, MillraceError } from '../../spi/index.js'
import type { TaskNode } from '../task/task-request.js'
import {
  type DistributedEnvironment,
  type DistributedPlan,
  type MakePlan,
  requestOf,
} from './distributed-run.js'
import { placeFragments, sourceFragments } from './fragment-placement.js'
import { RetriedStage } from './retried-stage.js'
import type { RetriedTask } from './retried-task.js'
import { isOfNode, type RetrySettings } from './retry-settings.js'
import { assignersOf } from './split-origins.js'
import { StagedRun } from './staged-run.js'

/** How often it is looked for attempts that are due, for stragglers, and for nodes where there are none. */
const TICK_MILLIS = 100

/**
 * Runs the fragments of a plan over the nodes of a cluster, each stage when those that it reads are complete, and every task
 * as often as it takes: what a task leaves is in files, so that nodes may die, hang and come back meanwhile. Nothing runs before the first
 * `nextPage`, and nothing of the result is given before all of it is there. Whichever way it ends, no node and no disk holds
 * anything of it by the time `end` resolves.
 * @source Trino EventDrivenFaultTolerantQueryScheduler
 */
export class FaultTolerantExecution extends StagedRun<RetriedStage> {
  readonly #environment: DistributedEnvironment
  readonly #plan: MakePlan
  readonly #settings: RetrySettings
  readonly #directory: SpoolDirectory
  /** Resolves when the result is complete, or at the first failure. */
  readonly #settled: Promise<void>
  #settle: () => void = () => {}
  #queryId: string | undefined
  #timer: NodeJS.Timeout | undefined
  #unlisten: (() => void) | undefined

  constructor(
    environment: DistributedEnvironment,
    plan: MakePlan,
    settings: RetrySettings,
    directory: SpoolDirectory,
  ) {
    super(environment.channels)
    this.#environment = environment
    this.#plan = plan
    this.#settings = settings
    this.#directory = directory
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  protected async start(): Promise<void> {
    const workers = await awaitWorkers(this.#environment, this.#settings, this.signal)
    const plan = await this.#plan(this.signal)
    this.throwIfFailed()
    this.#queryId = plan.request.queryId
    await this.#directory.createQuery(this.#queryId)
    this.throwIfFailed()
    this.#unlisten = this.#environment.onNodeLost((node, reason) => {
      for (const stage of this.stages) stage.nodeLost(node, reason)
    })
    this.stages = this.#createStages(plan, workers)
    this.#timer = setInterval(() => this.#advance(), TICK_MILLIS)
    this.#timer.unref()
    this.#advance()
  }

  #createStages(plan: DistributedPlan, workers: readonly TaskNode[]): readonly RetriedStage[] {
    const { nodesOf, consumerCounts } = placeFragments(
      plan.fragments,
      this.#environment.coordinator,
      workers,
    )
    return plan.fragments.map((fragment) => {
      const homes = nodesOf[fragment.id]!
      return new RetriedStage({
        fragment,
        homes,
        consumerCount: consumerCounts.get(fragment.id)!,
        request: requestOf(plan, fragment),
        settings: this.#settings,
        directory: this.#directory,
        splits: assignersOf(fragment, homes, (origin) =>
          this.#environment.openSplits(origin, EMPTY_DYNAMIC_FILTER, this.signal),
        ),
        chooseNode: (task) => this.#chooseNode(fragment, task),
        onFinished: () => this.#stageFinished(),
        onFailed: (error) => this.fail(error),
        onAttemptFailed: (node, error) => {
          if (isOfNode(error)) this.#environment.taskFailed(node)
          this.#advance()
        },
      })
    })
  }

  /**
   * The task's home; where it runs or has failed already, the node with the least to do. A node where it has failed comes last,
   * unless it alone has what the task reads.
   */
  #chooseNode({ partitioning }: PlanFragment, task: RetriedTask): TaskNode | undefined {
    const { coordinator } = this.#environment
    const nodes = partitioning === 'coordinator' ? [coordinator] : this.#environment.workers()
    const taken = new Set(task.runningNodes.map(({ uri }) => uri))
    const load = new Map<string, number>()
    for (const { uri } of this.stages.flatMap((stage) => stage.runningNodes)) {
      load.set(uri, (load.get(uri) ?? 0) + 1)
    }
    const costOf = (node: TaskNode): readonly number[] => [
      task.isPinned && node.nodeId === task.home.nodeId ? 0 : 1,
      task.hasFailedOn(node) ? 1 : 0,
      node.nodeId === task.home.nodeId ? 0 : 1,
      load.get(node.uri) ?? 0,
    ]
    return nodes
      .filter(({ uri }) => !taken.has(uri))
      .map((node) => ({ node, cost: costOf(node) }))
      .sort((a, b) => compareCosts(a.cost, b.cost))[0]?.node
  }

  /** Starts what can start, and makes the attempts that are due. */
  #advance(): void {
    if (this.failure !== undefined || this.isEnding) return
    const now = performance.now()
    for (const stage of this.stages) {
      if (stage.isFinished) continue
      if (stage.isStarted) {
        stage.advance(now)
        continue
      }
      const sources = sourceFragments(stage.fragment.root)
      if (!sources.every((id) => this.stages[id]!.isFinished)) continue
      stage.start((taskIndex) =>
        Object.fromEntries(sources.map((id) => [id, this.stages[id]!.addresses(taskIndex)])),
      )
    }
  }

  #stageFinished(): void {
    if (this.stages[0]!.isFinished) this.#settle()
    else this.#advance()
  }

  protected override fail(error: MillraceError): void {
    super.fail(error)
    this.#settle()
  }

  protected readable(): Promise<void> {
    return this.#settled
  }

  protected stop(): void {
    clearInterval(this.#timer)
  }

  protected async clear(): Promise<void> {
    this.#unlisten?.()
    if (this.#queryId !== undefined) await this.#directory.deleteQuery(this.#queryId)
  }
}

function compareCosts(a: readonly number[], b: readonly number[]): number {
  for (const [i, cost] of a.entries()) if (cost !== b[i]) return cost - b[i]!
  return 0
}

/** The nodes that take tasks, as soon as there are any. @throws NO_NODES_AVAILABLE */
export async function awaitWorkers(
  environment: Pick<DistributedEnvironment, 'workers'>,
  { noNodeMillis }: RetrySettings,
  signal: AbortSignal,
): Promise<readonly TaskNode[]> {
  const until = performance.now() + noNodeMillis
  for (;;) {
    signal.throwIfAborted()
    const workers = environment.workers()
    if (workers.length > 0) return workers
    if (performance.now() > until) {
      throw new MillraceError('NO_NODES_AVAILABLE', 'No nodes available to run query')
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MILLIS))
  }
}
