import type { BufferAddress } from '../../exchange/address.js'
import { spoolAddress } from '../../exchange/spool/spool-channel.js'
import type { SpoolDirectory } from '../../exchange/spool/spool-directory.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import type { MillraceError } from '../../spi/index.js'
import { taskName } from '../task/task-id.js'
import type { TaskNode, TaskRequest } from '../task/task-request.js'
import type { FragmentRequest } from './distributed-run.js'
import { RetriedTask } from './retried-task.js'
import type { RetrySettings } from './retry-settings.js'
import type { SplitAssigner } from './split-assigner.js'
import type { StageSnapshot } from './stage.js'

export interface RetriedStageOptions {
  readonly fragment: PlanFragment
  /** One task each, which runs there if it can. */
  readonly homes: readonly TaskNode[]
  /** Tasks of the stage that reads the output. */
  readonly consumerCount: number
  readonly request: FragmentRequest
  readonly settings: RetrySettings
  readonly directory: SpoolDirectory
  /** Of each scan, by plan node. */
  readonly splits: ReadonlyMap<string, SplitAssigner>
  /** A node for an attempt, or undefined while there is none. */
  chooseNode(task: RetriedTask): TaskNode | undefined
  /** All tasks have finished. */
  onFinished(): void
  onFailed(error: MillraceError): void
  onAttemptFailed(node: TaskNode, error: MillraceError): void
}

/**
 * The tasks of one fragment, each run until one attempt has finished; their outputs are kept in files, so that it can start
 * when its sources are complete and none of them has to run again.
 * @source Trino EventDrivenFaultTolerantQueryScheduler
 */
export class RetriedStage {
  readonly #options: RetriedStageOptions
  readonly #tasks: readonly RetriedTask[]
  #sources: ((taskIndex: number) => TaskRequest['sources']) | undefined
  #finishedCount = 0

  constructor(options: RetriedStageOptions) {
    this.#options = options
    const { fragment, homes, request, settings, splits } = options
    this.#tasks = homes.map(
      (home, index) =>
        new RetriedTask({
          name: taskName(request.queryId, fragment.id, index),
          home,
          settings,
          takeSplits: (planNodeId, maxSize) => splits.get(planNodeId)!.take(home.nodeId, maxSize),
          events: {
            finished: () => this.#taskFinished(),
            failed: (error) => options.onFailed(error),
            attemptFailed: (node, error) => options.onAttemptFailed(node, error),
          },
        }),
    )
  }

  get fragment(): PlanFragment {
    return this.#options.fragment
  }

  get isStarted(): boolean {
    return this.#sources !== undefined
  }

  get isFinished(): boolean {
    return this.#finishedCount === this.#tasks.length
  }

  /** Of every attempt that is under way. */
  get runningNodes(): readonly TaskNode[] {
    return this.#tasks.flatMap((task) => task.runningNodes)
  }

  /** Where a task of the consuming stage reads this one's output, once it has finished. */
  addresses(taskIndex: number): readonly BufferAddress[] {
    const { directory, fragment, request } = this.#options
    const partition = fragment.output.kind === 'broadcast' ? 0 : taskIndex
    return this.#tasks.map(({ name }) =>
      spoolAddress(directory.taskPath(request.queryId, name), name, partition),
    )
  }

  start(sources: (taskIndex: number) => TaskRequest['sources']): void {
    this.#sources = sources
    this.advance(performance.now())
  }

  /** Makes the attempts that are due. */
  advance(now: number): void {
    if (this.#sources === undefined || this.isFinished) return
    for (const [index, task] of this.#tasks.entries()) {
      if (!task.isDue(now)) continue
      const node = this.#options.chooseNode(task)
      if (node === undefined) task.hasNoNode(now)
      else this.#launch(task, index, node, now)
    }
    this.#outrunStragglers(now)
  }

  nodeLost(node: TaskNode, reason: MillraceError): void {
    for (const task of this.#tasks) task.nodeLost(node, reason)
  }

  /** Ends the tasks; resolves when no node holds anything of them. */
  async release(): Promise<void> {
    this.#sources = undefined
    await Promise.all([
      ...[...this.#options.splits.values()].map((splits) => splits.close()),
      ...this.#tasks.map((task) => task.release()),
    ])
  }

  snapshot(): StageSnapshot {
    const counts = [...this.#options.splits.values()].map((splits) => splits.counts)
    return {
      fragmentId: this.fragment.id,
      partitioning: this.fragment.partitioning,
      tasks: this.#tasks.map((task) => task.snapshot()),
      filters: [],
      failedAttempts: this.#tasks.reduce((sum, task) => sum + task.failedAttempts, 0),
      totalSplits: counts.reduce((sum, { total }) => sum + total, 0),
      assignedSplits: counts.reduce((sum, { assigned }) => sum + assigned, 0),
    }
  }

  /** Tasks that take much longer than their siblings took get a second attempt on another node. */
  #outrunStragglers(now: number): void {
    const { stragglerFactor, stragglerMinMillis } = this.#options.settings
    const durations = this.#tasks.flatMap((task) => task.durationMillis ?? [])
    if (durations.length * 2 < this.#tasks.length) return
    const median = durations.sort((a, b) => a - b)[durations.length >> 1]!
    const limitMillis = Math.max(stragglerMinMillis, stragglerFactor * median)
    for (const [index, task] of this.#tasks.entries()) {
      if (!task.isSlow(now, limitMillis)) continue
      const node = this.#options.chooseNode(task)
      if (node !== undefined) this.#launch(task, index, node, now)
    }
  }

  #launch(task: RetriedTask, taskIndex: number, node: TaskNode, now: number): void {
    const { fragment, request, consumerCount, directory } = this.#options
    task.launch(
      node,
      now,
      {
        ...request,
        taskIndex,
        taskCount: this.#tasks.length,
        fragment,
        sources: this.#sources!(taskIndex),
        consumerCount,
      },
      directory.bases,
    )
  }

  #taskFinished(): void {
    this.#finishedCount += 1
    if (this.isFinished) this.#options.onFinished()
  }
}
