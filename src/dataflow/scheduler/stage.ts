import type { BufferAddress } from '../../exchange/address.js'
import {
  type FragmentPartitioning,
  lanesOf,
  type PlanFragment,
} from '../../planner/plan/fragment.js'
import { type Domain, type MillraceError, toMillraceError } from '../../spi/index.js'
import { taskIdOf, taskName } from '../task/task-id.js'
import {
  isTaskDone,
  type TaskNode,
  type TaskRequest,
  type TaskStatus,
} from '../task/task-request.js'
import type { FragmentRequest } from './distributed-run.js'
import type { SplitAssigner } from './split-assigner.js'
import type { StageFilterSnapshot, StageFilters } from './stage-filters.js'
import { StageRanges } from './stage-ranges.js'

export interface StageOptions {
  readonly fragment: PlanFragment
  /** One task each. */
  readonly nodes: readonly TaskNode[]
  /** What its tasks are called by: that of the query, or of a part of it. */
  readonly name: string
  /** Of the query, from 0. */
  readonly attempt: number
  /** Tasks of the stage that reads the output. */
  readonly consumerCount: number
  readonly request: FragmentRequest
  /** Of each scan, by plan node. */
  readonly splits: ReadonlyMap<string, SplitAssigner>
  readonly filters: StageFilters
  onStatus(status: TaskStatus, node: TaskNode): void
  onFailed(error: MillraceError): void
}

/** A task as its coordinator knows it. */
export interface TaskSnapshot {
  readonly taskId: string
  readonly nodeId: string
  /** `PLANNED` until the node has told of it. */
  readonly state: TaskStatus['state'] | 'PLANNED'
  readonly status: TaskStatus | undefined
}

export interface StageSnapshot {
  readonly fragmentId: number
  readonly partitioning: FragmentPartitioning
  readonly tasks: readonly TaskSnapshot[]
  /** Attempts of tasks that have failed, in place of which others were made. */
  readonly failedAttempts: number
  /** Dynamic filters of its scans that other stages make. */
  readonly filters: readonly StageFilterSnapshot[]
  /** Of the stage's scans: enumerated so far, and given to tasks. */
  readonly totalSplits: number
  readonly assignedSplits: number
}

/** The tasks of one fragment. @source Trino PipelinedStageExecution */
export class Stage {
  readonly #options: StageOptions
  readonly #taskIds: readonly string[]
  readonly #statuses = new Map<string, TaskStatus>()
  readonly #ranges: StageRanges | undefined
  #started = false

  constructor(options: StageOptions) {
    this.#options = options
    const { fragment, nodes, name, attempt, consumerCount } = options
    this.#ranges = StageRanges.of(fragment, nodes.length, consumerCount)
    this.#taskIds = nodes.map((_, index) => taskIdOf(taskName(name, fragment.id, index), attempt))
  }

  get fragment(): PlanFragment {
    return this.#options.fragment
  }

  /** Where a task of the consuming stage reads this one's output; those of each lane side by side. */
  addresses(taskIndex: number): readonly BufferAddress[] {
    const lanes = lanesOf(this.fragment)
    return Array.from({ length: lanes }, (_, lane) =>
      this.#options.nodes.map(({ uri }, index) => ({
        nodeUri: uri,
        taskId: this.#taskIds[index]!,
        bufferId: taskIndex * lanes + lane,
      })),
    ).flat()
  }

  runsOn(node: TaskNode): boolean {
    return this.#options.nodes.some((own, index) => {
      if (own !== node) return false
      const status = this.#statuses.get(this.#taskIds[index]!)
      return status === undefined || !isTaskDone(status.state)
    })
  }

  /** @param knownFilters of its scans */
  start(
    sources: (taskIndex: number) => TaskRequest['sources'],
    knownFilters: Readonly<Record<string, Domain>>,
  ): void {
    this.#started = true
    const { fragment, nodes, request, consumerCount, splits, filters } = this.#options
    const toldFilters = filters.toldBy(fragment.id)
    nodes.forEach((node, taskIndex) => {
      node.createTask(
        {
          ...request,
          taskId: this.#taskIds[taskIndex]!,
          taskIndex,
          taskCount: nodes.length,
          fragment,
          sources: sources(taskIndex),
          consumerCount,
          toldFilters,
          knownFilters,
        },
        {
          status: (status) => this.#heard(status, node),
          nextSplits: (planNodeId, maxSize) => splits.get(planNodeId)!.take(node.nodeId, maxSize),
        },
      )
    })
  }

  /** Ends the tasks; resolves when no node holds anything of them. */
  async release(): Promise<void> {
    const closing = [...this.#options.splits.values()].map((splits) => splits.close())
    const releasing = this.#started
      ? this.#options.nodes.map(async (node, index) => {
          const status = await node.releaseTask(this.#taskIds[index]!)
          if (status !== undefined) this.#keep(status)
        })
      : []
    await Promise.all([...closing, ...releasing])
  }

  snapshot(): StageSnapshot {
    const counts = [...this.#options.splits.values()].map((splits) => splits.counts)
    return {
      fragmentId: this.fragment.id,
      partitioning: this.fragment.partitioning,
      tasks: this.#options.nodes.map(({ nodeId }, index) => {
        const taskId = this.#taskIds[index]!
        const status = this.#statuses.get(taskId)
        return { taskId, nodeId, state: status?.state ?? 'PLANNED', status }
      }),
      failedAttempts: 0,
      filters: this.#options.filters.snapshot(this.fragment.id),
      totalSplits: counts.reduce((sum, { total }) => sum + total, 0),
      assignedSplits: counts.reduce((sum, { assigned }) => sum + assigned, 0),
    }
  }

  #heard(status: TaskStatus, node: TaskNode): void {
    this.#keep(status)
    this.#options.onStatus(status, node)
    this.#tellRanges(status)
  }

  /** Where the tasks cut their rows, as soon as all have told of theirs. */
  #tellRanges(status: TaskStatus): void {
    try {
      const rangeBounds = this.#ranges?.heard(status)
      if (rangeBounds === undefined) return
      this.#options.nodes.forEach((node, index) => {
        node.updateTask(this.#taskIds[index]!, { rangeBounds })
      })
    } catch (error) {
      this.#options.onFailed(toMillraceError(error))
    }
  }

  #keep(status: TaskStatus): void {
    const known = this.#statuses.get(status.taskId)
    if (known !== undefined && known.version > status.version) return
    this.#statuses.set(status.taskId, status)
  }
}
