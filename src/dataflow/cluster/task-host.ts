import { MemoryOutputBuffer } from '../../exchange/buffer/memory-output-buffer.js'
import type { ChannelFactory } from '../../exchange/channel/channel.js'
import type { OutputBuffer } from '../../exchange/output-buffer.js'
import { SpoolDirectory } from '../../exchange/spool/spool-directory.js'
import { SpooledOutputBuffer } from '../../exchange/spool/spooled-output-buffer.js'
import type { TaskBuffers } from '../../exchange/task-buffers.js'
import { callsLoop } from '../../expressions/routine.js'
import { type ConnectorSplitSource, errorToRecord } from '../../spi/index.js'
import { planLocally } from '../local-planner.js'
import { QueryMemory, takeQuerySlot } from '../memory/query-memory.js'
import type { SpillDirectory } from '../spill/spill-directory.js'
import type { ThreadEnvironment } from '../thread-environment.js'
import type { CatalogDescriptor } from '../threads/messages.js'
import type { ThreadPool } from '../threads/pool.js'
import { FragmentTask } from './fragment-task.js'
import type { TaskListener, TaskRequest, TaskStatus } from './task-request.js'

export interface TaskHostOptions {
  readonly thread: ThreadEnvironment
  readonly pool: ThreadPool | undefined
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

interface HostedTask {
  readonly slot: number
  readonly task: FragmentTask
}

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
    const { thread, pool, slotsInUse, outputPageRows, expressionTarget, spill } = this.#options
    const memoryLimitBytes = Math.min(this.#options.memoryLimitBytes, request.limits.memoryBytes)
    await this.#options.useCatalogs(request.catalogs)
    const { fragment } = request
    const plan = planLocally(fragment.root, {
      threads: pool?.size ?? 0,
      inputBytes: fragment.inputBytes,
      nodeRows: ownShare(fragment.nodeRows, request.taskCount),
      mayRunForEver: callsLoop(fragment.root),
      maySpill: spill !== undefined && request.limits.maySpill,
      isThreadBound: (catalog) => this.#options.isThreadBound(catalog),
      intermediateType: (aggregate) => thread.registry.intermediateType(aggregate),
    })
    const slot = takeQuerySlot(thread.allocator, slotsInUse, memoryLimitBytes)
    const memory = new QueryMemory(thread.allocator, slot)
    let buffer: OutputBuffer | undefined
    try {
      buffer = await createBuffer(request)
      this.#options.buffers.register(request.taskId, buffer)
      const task = new FragmentTask({
        request,
        listener,
        descriptor: {
          queryId: request.taskId,
          taskOf: request.queryId,
          taskIndex: request.taskIndex,
          taskCount: request.taskCount,
          slot,
          plan: { pipelines: plan.pipelines, outputTypes: plan.outputTypes },
          session: request.session,
          catalogProperties: request.catalogProperties,
          outputPageRows,
          ...(spill === undefined || !request.limits.maySpill
            ? {}
            : { spillFolder: spill.open(request.taskId, memory) }),
          ...(expressionTarget === undefined ? {} : { expressionTarget }),
        },
        environment: {
          thread,
          pool,
          openSplits: async (_task, scan) => remoteSplits(scan.planNodeId, listener),
        },
        buffer,
        channels: this.#options.channels,
        createArena: () => memory.createArena(),
      })
      return { slot, task }
    } catch (error) {
      buffer?.destroy()
      this.#options.buffers.unregister(request.taskId)
      slotsInUse.delete(slot)
      throw error
    }
  }
}

async function createBuffer(request: TaskRequest): Promise<OutputBuffer> {
  const { consumerCount, spool } = request
  const { output } = request.fragment
  if (spool !== undefined) {
    return SpooledOutputBuffer.create({
      kind: output.kind === 'single' || output.kind === 'hash' ? 'partitioned' : output.kind,
      partitionCount: consumerCount,
      directory: new SpoolDirectory(spool.directories),
      queryId: request.queryId,
      task: spool.task,
      attempt: spool.attempt,
    })
  }
  if (output.kind === 'single' || output.kind === 'hash') {
    return new MemoryOutputBuffer({ kind: 'partitioned', partitionCount: consumerCount })
  }
  const buffer = new MemoryOutputBuffer({ kind: output.kind })
  buffer.setReaders(
    Array.from({ length: consumerCount }, (_, id) => id),
    true,
  )
  return buffer
}

/** What one of several tasks can expect of a fragment's rows. */
const ownShare = (
  nodeRows: ReadonlyMap<string, number>,
  taskCount: number,
): ReadonlyMap<string, number> => new Map([...nodeRows].map(([id, rows]) => [id, rows / taskCount]))

/** Splits that the coordinator hands out as they are asked for. */
const remoteSplits = (planNodeId: string, listener: TaskListener): ConnectorSplitSource => ({
  getNextBatch: (maxSize) => listener.nextSplits(planNodeId, maxSize),
  close() {},
})

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
    memoryBytes: 0,
    peakMemoryBytes: 0,
    spilledBytes: 0,
  },
  output: { rows: 0, pages: 0, bytes: 0, bufferedBytes: 0 },
  createdMillis: Date.now(),
  endedMillis: Date.now(),
})
