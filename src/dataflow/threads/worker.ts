import type { MessagePort } from 'node:worker_threads'
import { assert, errorToRecord } from '../../spi/index.js'
import type { ChunkArena } from '../memory/query-memory.js'
import { pageCopier } from '../page-sink.js'
import type { LocalPlan, PipelineSpec } from '../pipeline.js'
import type { DriverStats } from '../stats.js'
import { Task } from '../task.js'
import type { DriverInputs, TaskDescriptor, ThreadEnvironment } from '../thread-environment.js'
import type {
  FromWorker,
  KeptTaskMessage,
  RunMessage,
  SplitsMessage,
  ToWorker,
} from './messages.js'
import { PageRingWriter } from './page-ring.js'
import { DriverProgress } from './progress.js'

interface WorkerQuery {
  readonly task: Task
  readonly running: Set<Promise<void>>
  readonly waitingForSplits: Map<number, (message: SplitsMessage) => void>
  readonly waitingForCredit: Map<number, () => void>
}

/** A worker thread's side: runs drivers as the calling thread's messages say. */
export class WorkerRuntime {
  readonly #environment: ThreadEnvironment
  readonly #port: MessagePort
  readonly #queries = new Map<string, WorkerQuery>()
  /** Plans of queries that may come again, by the numbers that the calling thread gave them. */
  readonly #plans = new Map<number, LocalPlan>()
  readonly #progress = new DriverProgress()

  constructor(environment: ThreadEnvironment, port: MessagePort) {
    this.#environment = environment
    this.#port = port
  }

  /** Handles a message that is about a query. */
  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'task':
        this.#begin(message.task)
        return
      case 'keptTask':
        this.#begin({ ...message.task, plan: this.#keptPlan(message) })
        return
      case 'run': {
        const query = this.#query(message.queryId)
        const run = this.#run(query, message)
          .catch((error: unknown) => {
            this.#send({ kind: 'failed', queryId: message.queryId, error: errorToRecord(error) })
          })
          .finally(() => query.running.delete(run))
        query.running.add(run)
        return
      }
      case 'splits':
        this.#queries.get(message.queryId)?.waitingForSplits.get(message.scanId)?.(message)
        return
      case 'credit':
        this.#queries.get(message.queryId)?.waitingForCredit.get(message.pipelineId)?.()
        return
      case 'end':
        void this.#end(message.queryId)
        return
      case 'forget':
        this.#queries.get(message.queryId)?.task.abort()
        this.#queries.delete(message.queryId)
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
    this.#queries.set(task.queryId, {
      task: new Task(this.#environment, task),
      running: new Set(),
      waitingForSplits: new Map(),
      waitingForCredit: new Map(),
    })
  }

  #keptPlan({ planId, plan, forgottenPlanId }: KeptTaskMessage): LocalPlan {
    if (forgottenPlanId !== undefined) this.#plans.delete(forgottenPlanId)
    if (plan !== undefined) this.#plans.set(planId, plan)
    const kept = this.#plans.get(planId)
    assert(kept !== undefined, `no plan ${planId}`)
    return kept
  }

  #query(queryId: string): WorkerQuery {
    const query = this.#queries.get(queryId)
    assert(query !== undefined, `no query ${queryId}`)
    return query
  }

  #send(message: FromWorker): void {
    this.#port.postMessage(message)
  }

  async #run(query: WorkerQuery, message: RunMessage): Promise<void> {
    const pipeline = query.task.pipeline(message.pipelineId)
    const inputs = this.#inputs(query, message)
    if (pipeline.sink.kind === 'output' || pipeline.sink.kind === 'channel') {
      await this.#stream(query, pipeline, inputs, message)
      return
    }
    const { queryId, pipelineId, driverIndex } = message
    let endReports: (() => void) | undefined
    try {
      const { state, stats } = await query.task.run(pipeline, inputs, (running) => {
        endReports = this.#reportProgress(queryId, running)
      })
      this.#send({ kind: 'state', queryId, pipelineId, driverIndex, state, stats })
    } finally {
      endReports?.()
    }
  }

  /** @returns what ends the reports of a driver */
  #reportProgress(queryId: string, stats: () => DriverStats): () => void {
    return this.#progress.begin(stats, (now) =>
      this.#send({ kind: 'progress', queryId, stats: now }),
    )
  }

  /** Hands pages over, each copied into one of a few arenas, in the order in which the consumer gives them back. */
  async #stream(
    query: WorkerQuery,
    pipeline: PipelineSpec,
    inputs: DriverInputs,
    message: RunMessage,
  ): Promise<void> {
    const { queryId, pipelineId, driverIndex, ringAddress } = message
    assert(ringAddress !== undefined, 'a pipeline whose pages are pulled has rings')
    const { buffer } = this.#environment.allocator.memory
    const ring = new PageRingWriter(buffer, ringAddress, driverIndex)
    const { driver, stats } = query.task.createDriver(pipeline, inputs)
    const endReports = this.#reportProgress(queryId, stats)
    const arenas: ChunkArena[] = []
    let wake: (() => void) | undefined
    query.waitingForCredit.set(pipelineId, () => wake?.())
    try {
      for (;;) {
        const page = await driver.nextPage()
        if (page === undefined || query.task.memory.cancelled) break
        while (ring.isFull && !query.task.memory.cancelled) {
          await new Promise<void>((resolve) => {
            wake = resolve
            if (!ring.sleep()) resolve()
          })
          wake = undefined
        }
        if (query.task.memory.cancelled) break
        const { slot } = ring
        arenas[slot] ??= query.task.createArena()
        const arena = arenas[slot]
        arena.reset()
        const words = pageCopier(arena)(page)
        const address = arena.allocateAddress(words.byteLength)
        new Float64Array(buffer, address, words.length).set(words)
        if (ring.push(address, words.length)) this.#send({ kind: 'pages', queryId, pipelineId })
      }
    } finally {
      endReports()
      // The arenas stay until the query ends: the consumer may still read the last pages.
      await driver.close()
    }
    this.#send({ kind: 'pagesEnd', queryId, pipelineId, stats: stats() })
  }

  #inputs(query: WorkerQuery, message: RunMessage): DriverInputs {
    const { address, length } = message.counters
    const counters = new Int32Array(this.#environment.allocator.memory.buffer, address, length)
    const pageCounters = counters.length - message.splits.length
    const positions = new Map(message.splits.map((s, i) => [s.scanId, pageCounters + i]))
    const lists = new Map(
      message.splits.map((s) => [
        s.scanId,
        { shared: s.splits, more: [] as unknown[], complete: s.complete },
      ]),
    )
    const next = (scanId: number): unknown => {
      const list = lists.get(scanId)
      assert(list !== undefined, `no splits for scan ${scanId}`)
      const position = positions.get(scanId)!
      if (Atomics.load(counters, position) < list.shared.length) {
        const index = Atomics.add(counters, position, 1)
        if (index < list.shared.length) return list.shared[index]
      }
      if (list.more.length > 0) return list.more.shift()
      if (list.complete) return undefined
      return this.#requestSplits(query, message.queryId, scanId).then((answer) => {
        list.more.push(...answer.splits)
        list.complete = answer.last
        return next(scanId)
      })
    }
    return {
      driverIndex: message.driverIndex,
      driverCount: message.driverCount,
      states: new Map(message.states),
      counters,
      splits: { next },
    }
  }

  #requestSplits(query: WorkerQuery, queryId: string, scanId: number): Promise<SplitsMessage> {
    return new Promise((resolve) => {
      query.waitingForSplits.set(scanId, (message) => {
        query.waitingForSplits.delete(scanId)
        resolve(message)
      })
      this.#send({ kind: 'needSplits', queryId, scanId })
    })
  }

  async #end(queryId: string): Promise<void> {
    const query = this.#queries.get(queryId)
    if (query !== undefined) {
      query.task.memory.cancel()
      query.task.abort()
      for (const wake of query.waitingForCredit.values()) wake()
      for (const answer of query.waitingForSplits.values()) {
        answer({ kind: 'splits', queryId, scanId: -1, splits: [], last: true })
      }
      await Promise.allSettled([...query.running])
      this.#queries.delete(queryId)
    }
    this.#send({ kind: 'ended', queryId })
  }
}
