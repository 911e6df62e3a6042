import { Worker } from 'node:worker_threads'
import { compiledModules } from '../../expressions/wasm/module-cache.js'
import { MillraceError } from '../../spi/index.js'
import type { TaskDescriptor } from '../task/task-descriptor.js'
import { adoptKernels, type PostedKernels, postKernels } from './kernel-exchange.js'
import type { FromWorker, ToWorker } from './messages.js'
import { planId, ShippedPlans } from './shipped-plans.js'

/** Hears when threads have work: V8 compiles at other times then. */
export interface ThreadUse {
  /** Threads have begun to work, of which none was at work. */
  threadsBegin(): void
  /** None of them is at work any more. */
  threadsEnd(): void
  /** A query runs in the calling thread alone. */
  runsWithoutThreads(): void
}

export interface PoolOptions {
  readonly threads: number
  /** The module that worker threads run; compiled JavaScript. */
  readonly entry: URL
  /** What a thread is told when it starts, as things are then. */
  workerData(): object
  /** The buffer that all threads share under a name, made on first request. */
  sharedBuffer(name: string, byteLength: number): SharedArrayBuffer
  /** A thread has died: what was its own is nobody's, before another takes its place. */
  threadDied(thread: number): void
  readonly use: ThreadUse
}

/** What the pool itself tells a thread that starts. */
export interface ThreadStart {
  readonly threadIndex: number
  readonly threadName: string
  /** Kernels that are compiled already: a thread that replaces another does not begin anew. */
  readonly kernels: PostedKernels
}

/** What a query hears from the threads. */
export interface PoolListener {
  message(thread: number, message: FromWorker): void
  /** A thread died. What has replaced it, if anything has, knows nothing of the query. */
  threadLost(thread: number, error: Error): void
}

interface PoolThread {
  worker: Worker
  ready: Promise<void>
  online: boolean
  /** It never came up, and nothing takes its place. */
  isLost: boolean
  /** Those that it keeps. */
  readonly plans: ShippedPlans
}

/**
 * The worker threads of an engine. They start in the background, by {@link ThreadPool.startThread} or when they are waited for, and
 * keep the process alive only while a query runs. A thread that dies fails the queries it worked for and is replaced.
 */
export class ThreadPool {
  readonly #options: PoolOptions
  /** Those that have been made. */
  readonly #threads: PoolThread[] = []
  readonly #listeners = new Map<string, PoolListener>()
  /** What this thread compiles for queries of its own, the others need not. */
  readonly #stopPosting = postKernels((kernels) => this.broadcast({ kind: 'kernels', kernels }))
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#options.threads
  }

  /** Makes one of the threads that are missing yet, which holds the event loop up for milliseconds. */
  startThread(): void {
    if (this.#closed || this.#threads.length === this.size) return
    this.#threads.push(this.#spawn(this.#threads.length))
  }

  /** Threads that may be at work: all of them while any query runs in them. */
  get usedCount(): number {
    return this.#listeners.size === 0 ? 0 : this.size
  }

  /** True once every thread takes queries. */
  get isReady(): boolean {
    return this.#threads.length === this.size && this.#threads.every((thread) => thread.online)
  }

  /** Resolves when every thread takes queries; until then the process is held. */
  async ready(): Promise<void> {
    for (let i = this.#threads.length; i < this.size; i++) this.startThread()
    for (const thread of this.#threads) thread.worker.ref()
    try {
      await Promise.all(this.#threads.map((thread) => thread.ready))
    } finally {
      if (this.#listeners.size === 0) for (const thread of this.#threads) thread.worker.unref()
    }
  }

  /** Starts to hear what threads say of a query, and holds the process until {@link unlisten}. */
  listen(taskId: string, listener: PoolListener): void {
    this.#listeners.set(taskId, listener)
    if (this.#listeners.size > 1) return
    this.#options.use.threadsBegin()
    for (const thread of this.#threads) thread.worker.ref()
  }

  unlisten(taskId: string): void {
    if (!this.#listeners.delete(taskId) || this.#listeners.size > 0) return
    this.#options.use.threadsEnd()
    for (const thread of this.#threads) thread.worker.unref()
  }

  /** A query has nothing for the threads. */
  passOver(): void {
    this.#options.use.runsWithoutThreads()
  }

  /** The name of a thread, by its number. */
  nameOf(thread: number): string {
    return `worker-${thread + 1}`
  }

  /** Whether a thread is gone for good, and answers nothing. */
  isLost(thread: number): boolean {
    return this.#threads[thread]!.isLost
  }

  send(thread: number, message: ToWorker): void {
    this.#threads[thread]!.worker.postMessage(message)
  }

  /** Tells all threads of a query's work. */
  sendTask(task: TaskDescriptor): void {
    if (task.isKept !== true) {
      this.broadcast({ kind: 'task', task })
      return
    }
    const { plan, ...rest } = task
    const id = planId(plan)
    this.#threads.forEach(({ plans }, i) => {
      const { isNew, forgotten } = plans.use(id)
      this.send(i, {
        kind: 'keptTask',
        task: rest,
        planId: id,
        ...(isNew ? { plan } : {}),
        ...(forgotten === undefined ? {} : { forgottenPlanId: forgotten }),
      })
    })
  }

  /** Tells all threads; those that are yet to be made are told how things are when they start. */
  broadcast(message: ToWorker): void {
    for (let i = 0; i < this.#threads.length; i++) this.send(i, message)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopPosting()
    await Promise.all(this.#threads.map((thread) => thread.worker.terminate()))
  }

  #spawn(index: number): PoolThread {
    const worker = new Worker(this.#options.entry, {
      ...ownFlags(process.execArgv),
      name: `millrace-${index + 1}`,
      workerData: {
        ...this.#options.workerData(),
        kernels: [...compiledModules()],
        threadIndex: index,
        threadName: this.nameOf(index),
      } satisfies ThreadStart,
    })
    let isReady: () => void = () => {}
    let isFailed: (error: Error) => void = () => {}
    const thread: PoolThread = {
      worker,
      online: false,
      isLost: false,
      plans: new ShippedPlans(),
      ready: new Promise<void>((resolve, reject) => {
        isReady = resolve
        isFailed = reject
      }),
    }
    thread.ready.catch(() => undefined)
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') {
        thread.online = true
        isReady()
        return
      }
      if (message.kind === 'needBuffer') {
        const { name, byteLength } = message
        const buffer = this.#options.sharedBuffer(name, byteLength)
        worker.postMessage({ kind: 'buffer', name, buffer } satisfies ToWorker)
        return
      }
      if (message.kind === 'kernels') {
        adoptKernels(message.kernels)
        for (let i = 0; i < this.#threads.length; i++) if (i !== index) this.send(i, message)
        return
      }
      this.#listeners.get(message.taskId)?.message(index, message)
    })
    let failure: unknown
    worker.on('error', (error) => {
      failure = error
    })
    worker.on('exit', () => {
      if (this.#closed) return
      this.#options.threadDied(index)
      const error = workerDied(this.nameOf(index), thread.online, failure)
      if (!thread.online) {
        // It never came up: starting it again would fail in the same way.
        thread.isLost = true
        isFailed(error)
      } else {
        this.#threads[index] = this.#spawn(index)
        if (this.#listeners.size > 0) this.#threads[index].worker.ref()
      }
      for (const listener of [...this.#listeners.values()]) listener.threadLost(index, error)
    })
    if (this.#listeners.size === 0) worker.unref()
    return thread
  }
}

/**
 * A worker inherits Node's flags, but dies of those that say how the main program was given. Flags of V8, which hold for the
 * whole process, may not be passed on by name.
 */
const ownFlags = (flags: readonly string[]): { readonly execArgv?: string[] } =>
  flags.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {}

/** What ends the queries of a worker thread that died, or that could not be started. */
function workerDied(threadName: string, hasStarted: boolean, cause: unknown): MillraceError {
  const what = hasStarted ? 'A worker thread died' : 'A worker thread could not be started'
  const detail = cause instanceof Error ? cause.message : undefined
  const isOutOfFiles = /\bE[MN]FILE\b/.test(detail ?? '')
  return new MillraceError('GENERIC_INTERNAL_ERROR', `${what}: ${threadName}`, {
    cause,
    ...(detail === undefined ? {} : { detail }),
    ...(isOutOfFiles ? { hint: 'Allow the process more open files: ulimit -n' } : {}),
  })
}
