import { clearRings, pageRingBytes } from '../../exchange/threads/page-ring.js'
import { type ThreadChannels, threadAddress } from '../../exchange/threads/thread-channel.js'
import {
  assert,
  errorFromRecord,
  MillraceError,
  type Page,
  toMillraceError,
} from '../../spi/index.js'
import { Driver } from '../driver.js'
import { dynamicFilterOf } from '../dynamic-filter.js'
import { wholeStates } from '../joined-build.js'
import { QueryMemory } from '../memory/query-memory.js'
import type { CollectedPages } from '../page-sink.js'
import type { PageStream } from '../page-stream.js'
import type { LocalPlan, PipelineSpec, SortedRunsRef } from '../pipeline.js'
import { driverCountOf, isTaken, threadOf } from '../pipeline-drivers.js'
import { DRIVER_GATE, PipelineSplits } from '../pipeline-splits.js'
import { type PulledPages, pulledPages } from '../pulled-pages.js'
import type { SortSample } from '../sort-sample.js'
import { channelSources, scansOf } from '../source-walk.js'
import { spillError } from '../spill/page-file.js'
import { removeQuerySpill } from '../spill/query-spill.js'
import { closeGate } from '../threads/driver-gate.js'
import type { FromWorker } from '../threads/messages.js'
import type { ThreadPool } from '../threads/pool.js'
import { RemoteFeeds } from '../threads/remote-feeds.js'
import { openThreadPages } from '../threads/thread-pages.js'
import { isTiny } from '../tiny-pipeline.js'
import { allBegun } from '../turns.js'
import { DriverReports } from './driver-reports.js'
import { DriverStates } from './driver-states.js'
import type { ExecutionEnvironment } from './execution-environment.js'
import { runInOrder } from './run-in-order.js'
import type { TaskDescriptor } from './task-descriptor.js'
import { threadTaskId } from './task-id.js'
import type { TaskSnapshot } from './task-snapshot.js'
import { ThreadTask } from './thread-task.js'

/** Why what a query has opened is to be given up: made once, since most queries end without anybody to hear of it. */
const QUERY_OVER = new MillraceError('USER_CANCELED', 'The query is over')

/**
 * Runs a local plan: its pipelines, each after those that it reads, each driver in its thread, and the last one's pages as
 * they are asked for.
 * Nothing runs before the first `nextPage`, and while no page is asked for, only what is under way.
 */
export class TaskExecution {
  readonly #environment: ExecutionEnvironment
  readonly #descriptor: TaskDescriptor
  readonly #task: ThreadTask
  readonly #abort = new AbortController()
  readonly #states = new Map<number, readonly unknown[]>()
  readonly #reports = new DriverReports()
  readonly #splits: PipelineSplits[] = []
  readonly #pipelineStates = new Map<number, 'RUNNING' | 'FINISHED'>()
  /** To drivers whose pages are pulled, by pipeline. */
  readonly #threadChannels = new Map<number, ThreadChannels>()
  readonly #remoteFeeds: RemoteFeeds
  readonly #waitingForStates = new Map<number, DriverStates>()
  #output: PulledPages | undefined
  #started: Promise<void> | undefined
  #inPool = false
  /** Drivers in worker threads that have not ended. */
  #workerDrivers = 0
  #failure: MillraceError | undefined
  #reject: ((error: MillraceError) => void) | undefined
  #ending: Promise<void> | undefined
  #peakBytes = 0
  #spilledBytes = 0
  readonly #endedThreads = new Map<number, () => void>()

  constructor(environment: ExecutionEnvironment, descriptor: TaskDescriptor) {
    this.#environment = environment
    this.#descriptor = descriptor
    this.#task = new ThreadTask(environment.thread, descriptor, environment.openRemote)
    const { allocator, turns } = environment.thread
    this.#remoteFeeds = new RemoteFeeds({
      memory: allocator.memory.buffer,
      turns: turns.taker(),
      read: (source, lanes) => {
        assert(environment.readRemote !== undefined, 'remote pages are read by a fragment')
        return environment.readRemote(source, lanes)
      },
      allocate: (byteLength) => this.#task.allocate(byteLength),
      createArena: () => this.#task.createArena(),
      onFailure: (error) => this.#fail(toMillraceError(error)),
    })
  }

  get plan(): LocalPlan {
    return this.#descriptor.plan
  }

  /**
   * The next page of the result, valid until the next call; undefined at the end, when all that the query held has been
   * given back.
   */
  async nextPage(): Promise<Page | undefined> {
    try {
      if (this.#failure !== undefined) throw this.#failure
      this.#started ??= this.#start()
      await this.#orFailure(this.#started)
      const page = await this.#orFailure(this.#output!.nextPage())
      if (this.#failure !== undefined) throw this.#failure
      if (page !== undefined) return page
    } catch (error) {
      this.#failure ??= toMillraceError(error)
    }
    await this.end()
    if (this.#failure !== undefined) throw this.#failure
    return undefined
  }

  /** A sample of sorted runs whose pipeline has ended. */
  sampleRuns(runs: SortedRunsRef): SortSample {
    return this.#task.sampleRuns(runs, this.#states.get(runs.pipeline) as CollectedPages[])
  }

  /** Stops the query; a pending or later nextPage fails with `reason`. */
  cancel(reason: MillraceError = new MillraceError('USER_CANCELED', 'Query was canceled')): void {
    this.#fail(reason)
  }

  /** Ends the query, whether or not it has run to its end, and gives back what it held. Idempotent. */
  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  info(): TaskSnapshot {
    const stats = this.#reports.all()
    const totals = this.#splits.map((s) => s.counts())
    const takenSplits = totals.reduce((sum, t) => sum + t.taken, 0)
    const openSplits = this.#reports
      .running()
      .reduce((sum, driver) => sum + driver.runningSplits, 0)
    const runningSplits = this.#ending === undefined ? Math.min(openSplits, takenSplits) : 0
    return {
      state:
        this.#failure !== undefined
          ? 'FAILED'
          : this.#ending === undefined
            ? 'RUNNING'
            : 'FINISHED',
      pipelines: this.plan.pipelines.map(({ id }) => ({
        id,
        state: this.#pipelineStates.get(id) ?? 'PENDING',
        drivers: stats.filter((s) => s.pipelineId === id),
      })),
      totalSplits: totals.reduce((sum, t) => sum + t.total, 0),
      completedSplits: takenSplits - runningSplits,
      runningSplits,
      memoryBytes: this.#ending === undefined ? this.#task.memory.usedBytes : 0,
      peakMemoryBytes: this.#ending === undefined ? this.#task.memory.peakBytes : this.#peakBytes,
      spilledBytes:
        this.#ending === undefined ? this.#task.memory.writtenSpillBytes : this.#spilledBytes,
    }
  }

  #fail(error: MillraceError): void {
    if (this.#failure !== undefined || this.#ending !== undefined) return
    this.#failure = error
    this.#task.memory.cancel()
    this.#task.abort()
    this.#abort.abort(error)
    this.#reject?.(error)
    for (const channels of this.#threadChannels.values()) channels.failed(error)
    this.#remoteFeeds.close()
  }

  /** The promise's value, or the query's failure if that comes first. */
  #orFailure<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject
      promise.then(resolve, reject)
      if (this.#failure !== undefined) reject(this.#failure)
    })
  }

  async #start(): Promise<void> {
    const { pool } = this.#environment
    const { pipelines } = this.plan
    if (pool !== undefined && pipelines.some((p) => p.drivers !== 'caller')) {
      if (!pool.isReady) await pool.ready()
      this.#throwIfOver()
      this.#inPool = true
      pool.listen(this.#descriptor.taskId, {
        message: (thread, message) => this.#receive(thread, message),
        threadLost: (thread, error) => {
          this.#endedThreads.get(thread)?.()
          this.#endedThreads.delete(thread)
          this.#fail(toMillraceError(error))
        },
      })
      pool.sendTask(this.#descriptor)
    } else pool?.passOver()
    const last = pipelines.at(-1)!
    await runInOrder(
      pipelines.filter((pipeline) => pipeline !== last && pipeline.sink.kind !== 'channel'),
      (pipeline) => {
        if (this.#failure !== undefined) throw this.#failure
        return this.#runToState(pipeline)
      },
    )
    if (this.#failure !== undefined) throw this.#failure
    this.#output = await this.#openOutput(last)
  }

  async #runToState(pipeline: PipelineSpec): Promise<void> {
    this.#pipelineStates.set(pipeline.id, 'RUNNING')
    const splits = await this.#openSplits(pipeline)
    if (this.#runsHere(pipeline)) {
      await allBegun()
      this.#throwIfOver()
      const inputs = this.#callerInputs(splits)
      const { state } = await this.#task.run(pipeline, inputs, (s) => this.#reports.addCaller(s))
      this.#states.set(pipeline.id, [state])
    } else {
      this.#states.set(pipeline.id, await this.#runInThreads(pipeline, splits))
    }
    this.#environment.onState?.(pipeline.id, this.#states.get(pipeline.id)!)
    await splits.close()
    this.#pipelineStates.set(pipeline.id, 'FINISHED')
    for (const id of pipeline.dependsOn) this.#releaseCollected(id)
  }

  async #runInThreads(pipeline: PipelineSpec, splits: PipelineSplits): Promise<readonly unknown[]> {
    const driverCount = this.#driverCount(pipeline, splits)
    const states = new DriverStates(driverCount, () =>
      isTaken(pipeline, splits, this.#states, this.plan.pipelines.length)
        ? closeGate(splits.sharedWords, DRIVER_GATE)
        : undefined,
    )
    this.#waitingForStates.set(pipeline.id, states)
    this.#sendRuns(pipeline, splits, driverCount)
    const all = await states.all
    this.#remoteFeeds.close(pipeline.id)
    this.#task.reserve(pipeline.id, 0)
    this.#waitingForStates.delete(pipeline.id)
    return wholeStates(pipeline, all, driverCount)
  }

  /** Gives collected pages back when the last pipeline that reads them has ended. */
  #releaseCollected(id: number): void {
    if (this.#ending !== undefined) return
    const { pipelines } = this.plan
    if (pipelines.find((p) => p.id === id)!.sink.kind !== 'collect') return
    const readers = pipelines.filter((p) => p.dependsOn.includes(id))
    if (readers.some((p) => this.#pipelineStates.get(p.id) !== 'FINISHED')) return
    // An index may point into pages that lie still.
    const { spillFolder } = this.#descriptor
    const isPointedInto = (p: PipelineSpec) => p.sink.kind === 'joinIndex' && p.sink.stablePages
    if (spillFolder === undefined && readers.some(isPointedInto)) return
    for (const { runs, spilled } of this.#states.get(id) as CollectedPages[]) {
      for (const run of runs) this.#task.memory.release(run)
      if (spilled !== undefined) this.#task.deleteSpilled(spilled)
    }
    this.#states.set(id, [])
  }

  async #openOutput(pipeline: PipelineSpec): Promise<PulledPages> {
    const pages = await this.#openPulled(pipeline)
    return pages instanceof Driver
      ? pages
      : pulledPages(pages, this.#environment.thread.turns.taker())
  }

  /** Starts a pipeline whose pages are pulled: its driver, where it runs in this thread. */
  async #openPulled(pipeline: PipelineSpec): Promise<PageStream> {
    this.#pipelineStates.set(pipeline.id, 'RUNNING')
    const splits = await this.#openSplits(pipeline)
    if (!this.#runsHere(pipeline)) return this.#openThreads(pipeline, splits)
    const feeding = new Map<number, PageStream>()
    for (const id of channelSources(pipeline.source)) {
      feeding.set(id, await this.#openPulled(this.plan.pipelines.find((p) => p.id === id)!))
    }
    const { driver, stats } = this.#task.createDriver(
      pipeline,
      this.#callerInputs(splits),
      (id) => feeding.get(id)!,
    )
    this.#reports.addCaller(stats)
    return driver
  }

  #runsHere(pipeline: PipelineSpec): boolean {
    return pipeline.drivers === 'caller' || isTiny(pipeline, this.#states)
  }

  /** Starts the drivers of a pipeline in their threads, and reads what they hand on. */
  #openThreads(pipeline: PipelineSpec, splits: PipelineSplits): PageStream {
    const driverCount = this.#driverCount(pipeline, splits)
    const ringAddress = this.#task.allocate(pageRingBytes(driverCount)).byteOffset
    const pool = this.#environment.pool!
    const { taskId } = this.#descriptor
    const thread = (driver: number) => threadOf(pipeline, driver, driverCount, pool.size)
    const memory = this.#environment.thread.allocator.memory.buffer
    clearRings(memory, ringAddress, driverCount)
    const { channels, pages } = openThreadPages({
      memory,
      ringAddress,
      sources: Array.from({ length: driverCount }, (_, driver) =>
        threadAddress(threadTaskId(taskId, pool.nameOf(thread(driver))), driver),
      ),
      types: 'types' in pipeline.sink ? pipeline.sink.types : [],
      inTurns: pipeline.source.kind === 'merge',
      wakeProducer: (driver) =>
        pool.send(thread(driver), { kind: 'credit', taskId, pipelineId: pipeline.id }),
    })
    this.#threadChannels.set(pipeline.id, channels)
    this.#sendRuns(pipeline, splits, driverCount, ringAddress)
    return pages
  }

  /** A query that ended while it waited holds no memory any more, and its threads have forgotten it. */
  #throwIfOver(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#ending !== undefined) throw new MillraceError('USER_CANCELED', 'Query was canceled')
  }

  async #openSplits(pipeline: PipelineSpec): Promise<PipelineSplits> {
    const splits = await PipelineSplits.open(
      scansOf(pipeline.source),
      this.plan.pipelines.length + this.plan.readerCount,
      (byteLength) => {
        this.#throwIfOver()
        return this.#task.allocate(byteLength)
      },
      (scan) =>
        this.#environment.openSplits(
          this.#descriptor,
          scan,
          dynamicFilterOf(scan, (id) => this.#states.get(id)),
          this.#abort.signal,
        ),
    )
    this.#splits.push(splits)
    // Closed here where the query's end has passed: it closes what is in the list by then.
    if (this.#ending !== undefined) await splits.close()
    this.#throwIfOver()
    return splits
  }

  #callerInputs(splits: PipelineSplits) {
    return {
      driverIndex: 0,
      driverCount: 1,
      states: this.#states,
      counters: splits.counters,
      sharedWords: splits.sharedWords,
      splits,
    }
  }

  #driverCount(pipeline: PipelineSpec, splits: PipelineSplits): number {
    const { spillsEagerly, driversMax = Number.POSITIVE_INFINITY } = this.#descriptor
    return driverCountOf(pipeline, this.#states, {
      splitCount: splits.knownCount,
      threads: Math.min(this.#environment.pool!.size, driversMax),
      freeBytes: spillsEagerly === true ? 0 : this.#task.memory.freeBytes,
      reserve: (byteLength) => this.#task.reserve(pipeline.id, byteLength),
    })
  }

  #sendRuns(
    pipeline: PipelineSpec,
    splits: PipelineSplits,
    driverCount: number,
    ringAddress?: number,
  ): void {
    const states = pipeline.dependsOn
      .filter((id) => this.#states.has(id))
      .map((id) => [id, this.#states.get(id)!] as const)
    const pool = this.#environment.pool!
    this.#workerDrivers += driverCount
    const { taskId } = this.#descriptor
    const threadAt = (driver: number) => threadOf(pipeline, driver, driverCount, pool.size)
    const feeds = this.#remoteFeeds.open(pipeline, driverCount, (driver, message) =>
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
    this.#remoteFeeds.start(pipeline.id)
  }

  #receive(thread: number, message: FromWorker): void {
    switch (message.kind) {
      case 'state':
        this.#workerDrivers -= 1
        this.#reports.end(message.stats)
        this.#waitingForStates.get(message.pipelineId)?.add(message.state)
        return
      case 'late':
        this.#workerDrivers -= 1
        return
      case 'progress':
        this.#reports.progress(message.stats)
        return
      case 'pages':
        this.#threadChannels.get(message.pipelineId)?.arrived()
        return
      case 'pagesEnd':
        this.#workerDrivers -= 1
        this.#reports.end(message.stats)
        this.#threadChannels.get(message.pipelineId)?.ended(message.stats.driverIndex)
        return
      case 'failed':
        this.#fail(errorFromRecord(message.error))
        return
      case 'remoteCredit':
        this.#remoteFeeds.wake(message.planNodeId)
        return
      case 'needSplits':
        this.#answerSplits(thread, message.scanId)
        return
      case 'ended':
        this.#endedThreads.get(thread)?.()
        this.#endedThreads.delete(thread)
        return
      case 'ready':
      case 'needBuffer':
      case 'kernels':
        return
    }
  }

  #answerSplits(thread: number, scanId: number): void {
    const splits = this.#splits.find((s) => s.has(scanId))
    if (splits === undefined) return
    splits.nextBatch(scanId).then(
      (batch) =>
        this.#environment.pool!.send(thread, {
          kind: 'splits',
          taskId: this.#descriptor.taskId,
          scanId,
          splits: batch.splits,
          last: batch.noMoreSplits,
        }),
      (error: unknown) => this.#fail(toMillraceError(error)),
    )
  }

  async #endInThreads(pool: ThreadPool): Promise<void> {
    const ended = Array.from({ length: pool.size }, (_, thread) => {
      if (pool.isLost(thread)) return undefined
      return new Promise<void>((resolve) => this.#endedThreads.set(thread, resolve))
    })
    pool.broadcast({ kind: 'end', taskId: this.#descriptor.taskId })
    await Promise.all(ended)
  }

  async #end(): Promise<void> {
    const { pool } = this.#environment
    const { taskId, spillFolder } = this.#descriptor
    this.#spilledBytes = this.#task.memory.writtenSpillBytes
    this.#peakBytes = this.#task.memory.peakBytes
    this.#task.memory.cancel()
    this.#remoteFeeds.close()
    try {
      await this.#output?.close()
    } catch (error) {
      this.#failure ??= toMillraceError(error)
    }
    this.#task.abort()
    if (this.#inPool && pool !== undefined) {
      if (this.#failure === undefined && this.#workerDrivers === 0) {
        pool.broadcast({ kind: 'forget', taskId })
      } else await this.#endInThreads(pool)
      pool.unlisten(taskId)
    }
    const closing = await Promise.allSettled(this.#splits.map((splits) => splits.close()))
    for (const result of closing) {
      if (result.status === 'rejected') this.#failure ??= toMillraceError(result.reason)
    }
    this.#abort.abort(QUERY_OVER)
    const memory = new QueryMemory(this.#environment.thread.allocator, this.#descriptor.slot)
    try {
      if (spillFolder !== undefined) await removeQuerySpill(spillFolder, memory)
    } catch (error) {
      this.#failure ??= spillError(error)
    } finally {
      memory.releaseAll()
    }
  }
}
