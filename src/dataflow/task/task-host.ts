import type { ChannelFactory } from '../../exchange/channel/channel.js'
import type { TaskBuffers } from '../../exchange/task-buffers.js'
import { errorToRecord } from '../../spi/index.js'
import type { SpillDirectory } from '../spill/spill-directory.js'
import type { ThreadEnvironment } from '../thread-environment.js'
import type { CatalogDescriptor } from '../threads/messages.js'
import type { ThreadPool } from '../threads/pool.js'
import type { HostedTask } from './hosted-task.js'
import type { TaskListener, TaskRequest, TaskStatus, TaskUpdate } from './task-request.js'

export interface TaskHostOptions {
  /** What this thread runs tasks with, loaded for the first of them. */
  thread(): Promise<ThreadEnvironment>
  readonly pool: ThreadPool | undefined
  /** See {@link LocalPlannerOptions}. */
  readonly callingThreadMillis: number
  /** Query slots of the node's memory that are taken. */
  readonly slotsInUse: Set<number>
  /** Absent: queries may not spill on this node. */
  readonly spill: SpillDirectory | undefined
  readonly memoryLimitBytes: number
  readonly outputPageRows: number
  readonly expressionTarget: 'wasm' | 'js' | 'interpreter' | undefined
  readonly buffers: TaskBuffers
  /** Ways to the output buffers of all nodes. */
  readonly channels: ChannelFactory
  /** Makes the catalogs of a task where they are not there yet. */
  useCatalogs(catalogs: readonly CatalogDescriptor[]): Promise<void>
  isThreadBound(catalog: string): boolean
}

const RELEASE_POLL_MILLIS = 50

/** The tasks of a node. @source Trino SqlTaskManager */
export class TaskHost {
  readonly #options: TaskHostOptions
  readonly #tasks = new Map<string, Promise<HostedTask | undefined>>()

  constructor(options: TaskHostOptions) {
    this.#options = options
  }

  get taskCount(): number {
    return this.#tasks.size
  }

  get taskIds(): readonly string[] {
    return [...this.#tasks.keys()]
  }

  /** Resolves when the tasks that there are now are gone. */
  async released(): Promise<void> {
    const waitedFor = this.taskIds
    while (waitedFor.some((taskId) => this.#tasks.has(taskId))) {
      await new Promise((resolve) => setTimeout(resolve, RELEASE_POLL_MILLIS))
    }
  }

  /** Makes a task and starts it. What goes wrong comes as the status FAILED. */
  createTask(request: TaskRequest, listener: TaskListener): void {
    const made = this.#create(request, listener).catch((error: unknown) => {
      listener.status(failedStatus(request.taskId, error))
      return undefined
    })
    this.#tasks.set(request.taskId, made)
  }

  updateTask(taskId: string, update: TaskUpdate): void {
    void this.#tasks.get(taskId)?.then((hosted) => hosted?.task.update(update))
  }

  /** Ends a task and forgets it; resolves with its last status when it holds nothing any more. */
  async releaseTask(taskId: string): Promise<TaskStatus | undefined> {
    const hosted = await this.#tasks.get(taskId)
    if (hosted === undefined) {
      this.#tasks.delete(taskId)
      return undefined
    }
    const { task, slot } = hosted
    await task.release()
    const status = task.status()
    if (this.#tasks.delete(taskId)) {
      this.#options.buffers.unregister(taskId)
      this.#options.slotsInUse.delete(slot)
    }
    return status
  }

  /** Ends the tasks that a condition holds for, such as all of a coordinator that is gone. */
  async releaseTasks(matches: (taskId: string) => boolean = () => true): Promise<void> {
    await Promise.all([...this.#tasks.keys()].filter(matches).map((id) => this.releaseTask(id)))
  }

  async #create(request: TaskRequest, listener: TaskListener): Promise<HostedTask> {
    const [{ createHostedTask }, thread] = await Promise.all([
      import('./hosted-task.js'),
      this.#options.thread(),
    ])
    return createHostedTask(request, listener, thread, this.#options)
  }
}

const failedStatus = (taskId: string, error: unknown): TaskStatus => ({
  taskId,
  version: 0,
  state: 'FAILED',
  error: errorToRecord(error),
  execution: {
    state: 'FAILED',
    pipelines: [],
    totalSplits: 0,
    completedSplits: 0,
    runningSplits: 0,
    memoryBytes: 0,
    peakMemoryBytes: 0,
    spilledBytes: 0,
  },
  output: { rows: 0, pages: 0, bytes: 0, bufferedBytes: 0 },
  createdMillis: Date.now(),
  endedMillis: Date.now(),
})
