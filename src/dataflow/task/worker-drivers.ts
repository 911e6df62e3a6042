import { clearRings, pageRingBytes } from '../../exchange/threads/page-ring.js'
import { type ThreadChannels, threadAddress } from '../../exchange/threads/thread-channel.js'
import { assert, errorFromRecord, type MillraceError, toMillraceError } from '../../spi/index.js'
import { wholeStates } from '../joined-build.js'
import type { PageStream } from '../page-stream.js'
import type { PipelineSpec } from '../pipeline.js'
import { driverCountOf, isTaken, threadOf } from '../pipeline-drivers.js'
import { DRIVER_GATE, type PipelineSplits } from '../pipeline-splits.js'
import { closeGate } from '../threads/driver-gate.js'
import type { FromWorker } from '../threads/messages.js'
import type { ThreadPool } from '../threads/pool.js'
import { RemoteFeeds } from '../threads/remote-feeds.js'
import { openThreadPages } from '../threads/thread-pages.js'
import type { DriverReports } from './driver-reports.js'
import { DriverStates } from './driver-states.js'
import type { ExecutionEnvironment } from './execution-environment.js'
import type { TaskDescriptor } from './task-descriptor.js'
import { threadTaskId } from './task-id.js'
import type { ThreadTask } from './thread-task.js'

export interface WorkerDriversOptions {
  readonly pool: ThreadPool
  readonly environment: ExecutionEnvironment
  readonly descriptor: TaskDescriptor
  /** The task's part in this thread. */
  readonly task: ThreadTask
  /** Of the pipelines that have ended, which the task adds to. */
  readonly states: ReadonlyMap<number, readonly unknown[]>
  readonly reports: DriverReports
  /** Of a scan that was opened. */
  splitsOf(scanId: number): PipelineSplits | undefined
  onFailure(error: MillraceError): void
}

/** A task's drivers in the pool's threads: starts them, answers what they ask, reads what they hand on, and ends them. */
export class WorkerDrivers {
  readonly #options: WorkerDriversOptions
  /** To drivers whose pages are pulled, by pipeline. */
  readonly #channels = new Map<number, ThreadChannels>()
  readonly #feeds: RemoteFeeds
  readonly #waitingForStates = new Map<number, DriverStates>()
  readonly #endedThreads = new Map<number, () => void>()
  /** Drivers that have not ended. */
  #driverCount = 0

  constructor(options: WorkerDriversOptions) {
    this.#options = options
    const { environment, task, onFailure } = options
    const { allocator, turns } = environment.thread
    this.#feeds = new RemoteFeeds({
      memory: allocator.memory.buffer,
      turns: turns.taker(),
      read: (source, lanes) => {
        assert(environment.readRemote !== undefined, 'remote pages are read by a fragment')
        return environment.readRemote(source, lanes)
      },
      allocate: (byteLength) => task.allocate(byteLength),
      createArena: () => task.createArena(),
      freeBytes: () => task.memory.freeBytes,
      onFailure: (error) => onFailure(toMillraceError(error)),
    })
  }

  /** Tells the threads of the task, which they know until it is ended. */
  begin(): void {
    const { pool, descriptor, onFailure } = this.#options
    pool.listen(descriptor.taskId, {
      message: (thread, message) => this.#receive(thread, message),
      threadLost: (thread, error) => {
        this.#threadEnded(thread)
        onFailure(toMillraceError(error))
      },
    })
    pool.sendTask(descriptor)
  }

  /** Runs a pipeline's drivers to their end. @returns what they leave to the pipelines that read it */
  async run(pipeline: PipelineSpec, splits: PipelineSplits): Promise<readonly unknown[]> {
    const { descriptor, task, states: ended } = this.#options
    const driverCount = this.#driversOf(pipeline, splits)
    const states = new DriverStates(driverCount, () =>
      isTaken(pipeline, splits, ended, descriptor.plan.pipelines.length)
        ? closeGate(splits.sharedWords, DRIVER_GATE)
        : undefined,
    )
    this.#waitingForStates.set(pipeline.id, states)
    this.#sendRuns(pipeline, splits, driverCount)
    const all = await states.all
    this.#feeds.close(pipeline.id)
    task.reserve(pipeline.id, 0)
    this.#waitingForStates.delete(pipeline.id)
    return wholeStates(pipeline, all, driverCount)
  }

  /** Starts the drivers of a pipeline in their threads, and reads what they hand on. */
  open(pipeline: PipelineSpec, splits: PipelineSplits): PageStream {
    const { pool, environment, descriptor, task } = this.#options
    const driverCount = this.#driversOf(pipeline, splits)
    const ringAddress = task.allocate(pageRingBytes(driverCount)).byteOffset
    const { taskId } = descriptor
    const thread = (driver: number) => threadOf(pipeline, driver, driverCount, pool.size)
    const memory = environment.thread.allocator.memory.buffer
    clearRings(memory, ringAddress, driverCount)
    const { channels, pages } = openThreadPages({
      memory,
      ringAddress,
      sources: Array.from({ length: driverCount }, (_, driver) =>
        threadAddress(threadTaskId(taskId, pool.nameOf(thread(driver))), driver),
      ),
      types: 'types' in pipeline.sink ? pipeline.sink.types : [],
      inTurns: pipeline.source.kind === 'merge',
      withOrigins: pipeline.sink.kind === 'output' && pipeline.sink.isWritten === true,
      wakeProducer: (driver) =>
        pool.send(thread(driver), { kind: 'credit', taskId, pipelineId: pipeline.id }),
    })
    this.#channels.set(pipeline.id, channels)
    this.#sendRuns(pipeline, splits, driverCount, ringAddress)
    return pages
  }

  /** The query has failed: nothing is handed on any more. */
  failed(error: MillraceError): void {
    for (const channels of this.#channels.values()) channels.failed(error)
    this.#feeds.close()
  }

  /** Reads nothing more from other nodes. */
  closeFeeds(): void {
    this.#feeds.close()
  }

  /** Ends what runs in the threads, which then know nothing of the task any more. */
  async end(hasFailed: boolean): Promise<void> {
    const { pool, descriptor } = this.#options
    const { taskId } = descriptor
    if (!hasFailed && this.#driverCount === 0) pool.broadcast({ kind: 'forget', taskId })
    else await this.#endThreads()
    pool.unlisten(taskId)
  }

  #driversOf(pipeline: PipelineSpec, splits: PipelineSplits): number {
    const { pool, descriptor, task, states } = this.#options
    const { spillsEagerly, driversMax = Number.POSITIVE_INFINITY } = descriptor
    return driverCountOf(pipeline, states, {
      splitCount: splits.knownCount,
      threads: Math.min(pool.size, driversMax),
      freeBytes: spillsEagerly === true ? 0 : task.memory.freeBytes,
      reserve: (byteLength) => task.reserve(pipeline.id, byteLength),
    })
  }

  #sendRuns(
    pipeline: PipelineSpec,
    splits: PipelineSplits,
    driverCount: number,
    ringAddress?: number,
  ): void {
    const { pool, descriptor, states: ended } = this.#options
    const { taskId } = descriptor
    const states = pipeline.dependsOn
      .filter((id) => ended.has(id))
      .map((id) => [id, ended.get(id)!] as const)
    this.#driverCount += driverCount
    const threadAt = (driver: number) => threadOf(pipeline, driver, driverCount, pool.size)
    const feeds = this.#feeds.open(pipeline, driverCount, (driver, message) =>
      pool.send(threadAt(driver), { ...message, taskId }),
    )
    for (let driverIndex = 0; driverIndex < driverCount; driverIndex++) {
      pool.send(threadAt(driverIndex), {
        kind: 'run',
        taskId,
        pipelineId: pipeline.id,
        driverIndex,
        driverCount,
        states,
        counters: { address: splits.counters.byteOffset, length: splits.counters.length },
        splits: splits.assignments(),
        ...(ringAddress === undefined ? {} : { ringAddress }),
        ...(feeds[driverIndex]!.length === 0 ? {} : { feeds: feeds[driverIndex]! }),
      })
    }
    this.#feeds.start(pipeline.id)
  }

  #receive(thread: number, message: FromWorker): void {
    const { environment, reports, onFailure } = this.#options
    // What a message brings about is work of the loop's pass from here on.
    void environment.thread.turns.loopPass
    switch (message.kind) {
      case 'state':
        this.#driverCount -= 1
        reports.end(message.stats)
        this.#waitingForStates.get(message.pipelineId)?.add(message.state)
        return
      case 'late':
        this.#driverCount -= 1
        return
      case 'progress':
        reports.progress(message.stats)
        return
      case 'pages':
        this.#channels.get(message.pipelineId)?.arrived()
        return
      case 'pagesEnd':
        this.#driverCount -= 1
        reports.end(message.stats)
        this.#channels.get(message.pipelineId)?.ended(message.stats.driverIndex)
        return
      case 'failed':
        onFailure(errorFromRecord(message.error))
        return
      case 'remoteCredit':
        this.#feeds.wake(message.planNodeId)
        return
      case 'needSplits':
        this.#answerSplits(thread, message.scanId)
        return
      case 'ended':
        this.#threadEnded(thread)
        return
      case 'ready':
      case 'needBuffer':
      case 'kernels':
        return
    }
  }

  #answerSplits(thread: number, scanId: number): void {
    const { pool, descriptor, splitsOf, onFailure } = this.#options
    splitsOf(scanId)
      ?.nextBatch(scanId)
      .then(
        (batch) =>
          pool.send(thread, {
            kind: 'splits',
            taskId: descriptor.taskId,
            scanId,
            splits: batch.splits,
            last: batch.noMoreSplits,
          }),
        (error: unknown) => onFailure(toMillraceError(error)),
      )
  }

  async #endThreads(): Promise<void> {
    const { pool, descriptor } = this.#options
    const ended = Array.from({ length: pool.size }, (_, thread) => {
      if (pool.isLost(thread)) return undefined
      return new Promise<void>((resolve) => this.#endedThreads.set(thread, resolve))
    })
    pool.broadcast({ kind: 'end', taskId: descriptor.taskId })
    await Promise.all(ended)
  }

  #threadEnded(thread: number): void {
    this.#endedThreads.get(thread)?.()
    this.#endedThreads.delete(thread)
  }
}
