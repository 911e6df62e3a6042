import { MillraceError, type Page, toMillraceError } from '../../spi/index.js'
import { Driver } from '../driver.js'
import { dynamicFilterOf } from '../dynamic-filter.js'
import { QueryMemory } from '../memory/query-memory.js'
import type { CollectedPages } from '../page-sink.js'
import type { PageStream } from '../page-stream.js'
import type { LocalPlan, PipelineSpec, SortedRunsRef } from '../pipeline.js'
import { PipelineSplits } from '../pipeline-splits.js'
import { type PulledPages, pulledPages } from '../pulled-pages.js'
import type { SortSample } from '../sort-sample.js'
import { channelSources, scansOf } from '../source-walk.js'
import { spillError } from '../spill/page-file.js'
import { removeQuerySpill } from '../spill/query-spill.js'
import type { ThreadPool } from '../threads/pool.js'
import { isTiny } from '../tiny-pipeline.js'
import { allBegun } from '../turns.js'
import { DriverReports } from './driver-reports.js'
import type { ExecutionEnvironment } from './execution-environment.js'
import { runInOrder } from './run-in-order.js'
import type { TaskDescriptor } from './task-descriptor.js'
import type { TaskSnapshot } from './task-snapshot.js'
import { ThreadTask } from './thread-task.js'
import { WorkerDrivers } from './worker-drivers.js'

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
  #workers: WorkerDrivers | undefined
  #output: PulledPages | undefined
  #started: Promise<void> | undefined
  #failure: MillraceError | undefined
  #reject: ((error: MillraceError) => void) | undefined
  #ending: Promise<void> | undefined
  #peakBytes = 0
  #spilledBytes = 0

  constructor(environment: ExecutionEnvironment, descriptor: TaskDescriptor) {
    this.#environment = environment
    this.#descriptor = descriptor
    this.#task = new ThreadTask(environment.thread, descriptor, environment.openRemote)
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
    this.#workers?.failed(error)
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
    const { pool, thread } = this.#environment
    const { pipelines } = this.plan
    // Where statements follow one another, the end of the last one, this one's plan and its first pipelines were one pass of the loop.
    // A task of a stage begins at once: others would take its splits meanwhile.
    if (this.#descriptor.taskCount === undefined && thread.turns.isPassDue) {
      await thread.turns.take(0)
      this.#throwIfOver()
    }
    if (pool !== undefined && pipelines.some((p) => p.drivers !== 'caller')) {
      if (!pool.isReady) await pool.ready()
      this.#throwIfOver()
      this.#workers = this.#workersIn(pool)
      this.#workers.begin()
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

  #workersIn(pool: ThreadPool): WorkerDrivers {
    return new WorkerDrivers({
      pool,
      environment: this.#environment,
      descriptor: this.#descriptor,
      task: this.#task,
      states: this.#states,
      reports: this.#reports,
      splitsOf: (scanId) => this.#splits.find((s) => s.has(scanId)),
      onFailure: (error) => this.#fail(error),
    })
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
      this.#states.set(pipeline.id, await this.#workers!.run(pipeline, splits))
    }
    this.#environment.onState?.(pipeline.id, this.#states.get(pipeline.id)!)
    await splits.close()
    this.#pipelineStates.set(pipeline.id, 'FINISHED')
    for (const id of pipeline.dependsOn) this.#releaseCollected(id)
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
    if (!this.#runsHere(pipeline)) return this.#workers!.open(pipeline, splits)
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

  async #end(): Promise<void> {
    const { spillFolder } = this.#descriptor
    this.#spilledBytes = this.#task.memory.writtenSpillBytes
    this.#peakBytes = this.#task.memory.peakBytes
    this.#task.memory.cancel()
    this.#workers?.closeFeeds()
    try {
      await this.#output?.close()
    } catch (error) {
      this.#failure ??= toMillraceError(error)
    }
    this.#task.abort()
    await this.#workers?.end(this.#failure !== undefined)
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
