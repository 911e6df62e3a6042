import type { MessagePort } from 'node:worker_threads'
import { ThreadOutput } from '../../exchange/threads/thread-output.js'
import { partOf } from '../../operators/partition/page-partitioner.js'
import { assert, errorToRecord } from '../../spi/index.js'
import type { LocalPlan, PipelineSpec } from '../pipeline.js'
import { DRIVER_GATE, sharedWords } from '../pipeline-splits.js'
import type { DriverStats } from '../stats.js'
import type { TaskDescriptor } from '../task/task-descriptor.js'
import { ThreadTask } from '../task/thread-task.js'
import type { DriverInputs, ThreadEnvironment } from '../thread-environment.js'
import { beginsDriver } from './driver-gate.js'
import { LentPages } from './lent-pages.js'
import type {
  FromWorker,
  KeptTaskMessage,
  RunMessage,
  SplitsMessage,
  ToWorker,
} from './messages.js'
import { DriverProgress } from './progress.js'
import { RemotePages } from './remote-pages.js'
import { SharedSplits } from './shared-splits.js'
import { TakenPages } from './taken-pages.js'

const isWritten = ({ sink }: PipelineSpec): boolean =>
  sink.kind === 'output' && sink.isWritten === true

interface HeldTask {
  readonly task: ThreadTask
  readonly running: Set<Promise<void>>
  readonly waitingForSplits: Map<number, (message: SplitsMessage) => void>
  /** Of drivers whose pages the calling thread reads, by pipeline. */
  readonly outputs: Map<number, ThreadOutput>
  readonly remote: RemotePages
}

/** A worker thread's side: runs drivers as the calling thread's messages say. */
export class WorkerRuntime {
  readonly #environment: ThreadEnvironment
  readonly #port: MessagePort
  readonly #tasks = new Map<string, HeldTask>()
  /** Plans of queries that may come again, by the numbers that the calling thread gave them. */
  readonly #plans = new Map<number, LocalPlan>()
  readonly #progress = new DriverProgress()

  constructor(environment: ThreadEnvironment, port: MessagePort) {
    this.#environment = environment
    this.#port = port
  }

  /** Handles a message that is about a task. */
  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'task':
        this.#begin(message.task)
        return
      case 'keptTask':
        this.#begin({ ...message.task, plan: this.#keptPlan(message) })
        return
      case 'run': {
        const held = this.#held(message.taskId)
        const run = this.#run(held, message)
          .catch((error: unknown) => {
            this.#send({ kind: 'failed', taskId: message.taskId, error: errorToRecord(error) })
          })
          .finally(() => held.running.delete(run))
        held.running.add(run)
        return
      }
      case 'splits':
        this.#tasks.get(message.taskId)?.waitingForSplits.get(message.scanId)?.(message)
        return
      case 'credit':
        this.#tasks.get(message.taskId)?.outputs.get(message.pipelineId)?.wake()
        return
      case 'remotePages':
      case 'remotePagesEnd':
        this.#tasks.get(message.taskId)?.remote.receive(message)
        return
      case 'end':
        void this.#end(message.taskId)
        return
      case 'forget':
        this.#forget(message.taskId)
        return
      case 'catalog':
      case 'dropCatalog':
      case 'buffer':
      case 'segment':
      case 'kernels':
        return
    }
  }

  #begin(task: TaskDescriptor): void {
    this.#tasks.set(task.taskId, {
      task: new ThreadTask(this.#environment, task),
      running: new Set(),
      waitingForSplits: new Map(),
      outputs: new Map(),
      remote: new RemotePages(this.#environment.allocator.memory.buffer, (m) => this.#send(m)),
    })
  }

  #forget(taskId: string): void {
    const held = this.#tasks.get(taskId)
    if (held === undefined) return
    held.task.abort()
    for (const output of held.outputs.values()) output.abandon()
    this.#tasks.delete(taskId)
  }

  #keptPlan({ planId, plan, forgottenPlanId }: KeptTaskMessage): LocalPlan {
    if (forgottenPlanId !== undefined) this.#plans.delete(forgottenPlanId)
    if (plan !== undefined) this.#plans.set(planId, plan)
    const kept = this.#plans.get(planId)
    assert(kept !== undefined, `no plan ${planId}`)
    return kept
  }

  #held(taskId: string): HeldTask {
    const held = this.#tasks.get(taskId)
    assert(held !== undefined, `no task ${taskId}`)
    return held
  }

  #send(message: FromWorker): void {
    this.#port.postMessage(message)
  }

  async #run(held: HeldTask, message: RunMessage): Promise<void> {
    const pipeline = held.task.pipeline(message.pipelineId)
    const taken = new TakenPages(() => held.outputs.get(pipeline.id)?.reclaim())
    const remotePages = held.remote.open(pipeline, message, taken)
    const splits = this.#splits(held, pipeline, message)
    const inputs = { ...this.#inputs(message, splits), remotePages }
    try {
      if (pipeline.sink.kind === 'output' || pipeline.sink.kind === 'channel') {
        const runOf = isWritten(pipeline) ? () => splits.run : undefined
        await this.#handOn(held, pipeline, inputs, message, taken, runOf)
      } else await this.#runDriver(held, pipeline, inputs, message)
    } finally {
      // The driver may have ended before it came to some of them.
      for (const pages of remotePages.values()) await pages.close()
    }
  }

  async #runDriver(
    held: HeldTask,
    pipeline: PipelineSpec,
    inputs: DriverInputs,
    message: RunMessage,
  ): Promise<void> {
    const { taskId, pipelineId, driverIndex } = message
    if (!beginsDriver(inputs.sharedWords, DRIVER_GATE)) {
      this.#send({ kind: 'late', taskId })
      return
    }
    let endReports: (() => void) | undefined
    try {
      const { state, stats } = await held.task.run(pipeline, inputs, (running) => {
        endReports = this.#reportProgress(taskId, running)
      })
      this.#send({ kind: 'state', taskId, pipelineId, driverIndex, state, stats })
    } finally {
      endReports?.()
    }
  }

  /** @returns what ends the reports of a driver */
  #reportProgress(taskId: string, stats: () => DriverStats): () => void {
    return this.#progress.begin(stats, (now) =>
      this.#send({ kind: 'progress', taskId, stats: now }),
    )
  }

  /**
   * Runs a driver whose pages the calling thread reads.
   * @param runOf tells which run the page is of that was made last; absent: its reader does not ask
   */
  async #handOn(
    held: HeldTask,
    pipeline: PipelineSpec,
    inputs: DriverInputs,
    message: RunMessage,
    taken: TakenPages,
    runOf: (() => number) | undefined,
  ): Promise<void> {
    const { driver, stats } = held.task.createDriver(pipeline, inputs)
    const endReports = this.#reportProgress(message.taskId, stats)
    const pages = this.#lentPages(held, taken)
    const output = this.#output(message, pages, () => ({
      ...stats(),
      copiedBytes: pages.copiedBytes,
    }))
    held.outputs.set(pipeline.id, output)
    try {
      for (;;) {
        await output.makeRoom()
        if (output.isAbandoned) break
        const page = await driver.nextPage()
        if (page === undefined || output.isAbandoned || held.task.memory.cancelled) break
        output.add(page, runOf?.() ?? partOf(page))
      }
    } finally {
      endReports()
      await driver.close()
    }
    output.finish()
  }

  #lentPages({ task }: HeldTask, taken: TakenPages): LentPages {
    const { allocator } = this.#environment
    return new LentPages({
      memory: allocator.memory.buffer,
      queryRuns: task.memory.runs,
      connectorRuns: allocator.connectorRuns,
      createArena: () => task.createArena(),
      freeBytes: () => task.memory.freeBytes,
      taken,
      checks: process.env['MILLRACE_VERIFY'] === '1',
    })
  }

  #output(message: RunMessage, pages: LentPages, stats: () => DriverStats): ThreadOutput {
    const { taskId, pipelineId, driverIndex, ringAddress } = message
    assert(ringAddress !== undefined, 'a pipeline whose pages are pulled has rings')
    const { buffer } = this.#environment.allocator.memory
    return new ThreadOutput({
      memory: buffer,
      address: ringAddress,
      driver: driverIndex,
      pages,
      wakeReader: () => this.#send({ kind: 'pages', taskId, pipelineId }),
      onFinish: () => this.#send({ kind: 'pagesEnd', taskId, pipelineId, stats: stats() }),
      onFailure: (error) => this.#send({ kind: 'failed', taskId, error: errorToRecord(error) }),
    })
  }

  #inputs(message: RunMessage, splits: SharedSplits): DriverInputs {
    const counters = this.#counters(message)
    return {
      driverIndex: message.driverIndex,
      driverCount: message.driverCount,
      states: new Map(message.states),
      counters,
      sharedWords: sharedWords(counters),
      splits,
    }
  }

  #counters({ counters }: RunMessage): Int32Array {
    const { buffer } = this.#environment.allocator.memory
    return new Int32Array(buffer, counters.address, counters.length)
  }

  #splits(held: HeldTask, pipeline: PipelineSpec, message: RunMessage): SharedSplits {
    const counters = this.#counters(message)
    return new SharedSplits({
      scans: message.splits,
      taken: counters.subarray(counters.length - message.splits.length),
      driverCount: message.driverCount,
      inRuns: isWritten(pipeline),
      requestSplits: (scanId) => this.#requestSplits(held, message.taskId, scanId),
    })
  }

  #requestSplits(held: HeldTask, taskId: string, scanId: number): Promise<SplitsMessage> {
    return new Promise((resolve) => {
      held.waitingForSplits.set(scanId, (message) => {
        held.waitingForSplits.delete(scanId)
        resolve(message)
      })
      this.#send({ kind: 'needSplits', taskId, scanId })
    })
  }

  async #end(taskId: string): Promise<void> {
    const held = this.#tasks.get(taskId)
    if (held !== undefined) {
      held.task.memory.cancel()
      held.task.abort()
      for (const output of held.outputs.values()) output.abandon()
      held.remote.abandon()
      for (const answer of held.waitingForSplits.values()) {
        answer({ kind: 'splits', taskId, scanId: -1, splits: [], last: true })
      }
      await Promise.allSettled([...held.running])
      this.#tasks.delete(taskId)
    }
    this.#send({ kind: 'ended', taskId })
  }
}
