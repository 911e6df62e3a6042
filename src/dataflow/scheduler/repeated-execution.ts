import type { SpoolDirectory } from '../../exchange/spool/spool-directory.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import { MillraceError, type Page, toMillraceError } from '../../spi/index.js'
import { DistributedExecution } from './distributed-execution.js'
import type {
  DistributedEnvironment,
  DistributedRun,
  DistributedSnapshot,
  MakePlan,
} from './distributed-run.js'
import { awaitWorkers } from './fault-tolerant-execution.js'
import { HeldResult } from './held-result.js'
import { isRetryable, type RetrySettings, retryDelay } from './retry-settings.js'

/**
 * Runs a plan over the nodes of a cluster, and again if it fails for no fault of its own. Its result is held back until it is
 * complete; one that is more than can be held is given from there on as it comes, and then a failure is the query's.
 * @source Trino's retry-policy=QUERY
 */
export class RepeatedExecution implements DistributedRun {
  readonly #environment: DistributedEnvironment
  readonly #plan: MakePlan
  readonly #queryId: string
  readonly #settings: RetrySettings
  readonly #directory: SpoolDirectory | undefined
  readonly #abort = new AbortController()
  #execution: DistributedExecution
  #held: HeldResult | undefined
  /** Whether what comes after the held pages is yet to be made. */
  #goesOn = false
  #attempts = 0
  #ready: Promise<void> | undefined
  #failure: MillraceError | undefined
  #ending: Promise<void> | undefined

  constructor(
    environment: DistributedEnvironment,
    plan: MakePlan,
    options: {
      readonly queryId: string
      readonly settings: RetrySettings
      /** Where results lie that are too large for memory; absent: nowhere. */
      readonly directory: SpoolDirectory | undefined
    },
  ) {
    this.#environment = environment
    this.#plan = plan
    this.#queryId = options.queryId
    this.#settings = options.settings
    this.#directory = options.directory
    this.#execution = new DistributedExecution(environment, plan)
  }

  async nextPage(): Promise<Page | undefined> {
    try {
      this.#ready ??= this.#untilOneEnds()
      await this.#ready
      if (this.#failure !== undefined) throw this.#failure
      const page = await this.#held!.next()
      if (page !== undefined) return page
      if (this.#goesOn) {
        const fresh = await this.#execution.nextPage()
        if (fresh !== undefined) return fresh
      }
    } catch (error) {
      this.#failure ??= toMillraceError(error)
    }
    await this.end()
    if (this.#failure !== undefined) throw this.#failure
    return undefined
  }

  cancel(reason: MillraceError = new MillraceError('USER_CANCELED', 'Query was canceled')): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#abort.abort(reason)
    this.#execution.cancel(reason)
  }

  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  info(): DistributedSnapshot {
    return this.#execution.info()
  }

  get fragments(): readonly PlanFragment[] {
    return this.#execution.fragments
  }

  /** Makes attempts until one has ended, or its result is more than can be held. */
  async #untilOneEnds(): Promise<void> {
    for (;;) {
      try {
        await awaitWorkers(this.#environment, this.#settings, this.#abort.signal)
        await this.#attempt()
        return
      } catch (error) {
        const failure = toMillraceError(error)
        this.#held?.close()
        this.#held = undefined
        await this.#execution.end()
        this.#attempts += 1
        const isLast = this.#attempts > this.#settings.queryRetries
        const isWanted = this.#failure === undefined && this.#ending === undefined
        if (!isWanted || isLast || !isRetryable(failure)) throw failure
        await pause(retryDelay(this.#settings, this.#attempts), this.#abort.signal)
        this.#execution = new DistributedExecution(this.#environment, this.#plan, this.#attempts)
        // Whoever cancelled or ended it meanwhile has done so to the one before.
        if (this.#abort.signal.aborted) throw failure
      }
    }
  }

  async #attempt(): Promise<void> {
    const held = new HeldResult({
      queryId: this.#queryId,
      attempt: this.#attempts,
      bufferBytesMax: this.#settings.resultBufferBytes,
      directory: this.#directory,
      channels: this.#environment.channels,
    })
    this.#held = held
    for (;;) {
      const page = await this.#execution.nextPage()
      if (page === undefined) break
      if (await held.add(page)) continue
      this.#goesOn = true
      return
    }
    await held.finish()
  }

  async #end(): Promise<void> {
    this.#abort.abort(new MillraceError('USER_CANCELED', 'Query was ended'))
    await this.#execution.end()
    // An attempt under way has lost its pages, and no other follows.
    await this.#ready?.catch(() => undefined)
    this.#held?.close()
    try {
      await this.#directory?.deleteQuery(this.#queryId)
    } catch (error) {
      this.#failure ??= toMillraceError(error)
    }
  }
}

/** Resolves after a time, or at once when the signal aborts. */
const pause = (millis: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, millis)
    signal.addEventListener('abort', done)
  })
