import type { BufferAddress } from '../../exchange/address.js'
import type { ChannelFactory } from '../../exchange/channel/channel.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import { MillraceError, type Page, toMillraceError } from '../../spi/index.js'
import type { DistributedRun, DistributedSnapshot } from './distributed-run.js'
import { ResultPages } from './result-pages.js'
import type { StageSnapshot } from './stage.js'

/** A stage as the run that it belongs to ends and shows it. */
interface RunStage {
  readonly fragment: PlanFragment
  /** Where the pages for a consumer's task lie. */
  addresses(taskIndex: number): readonly BufferAddress[]
  snapshot(): StageSnapshot
  /** Resolves when no node holds anything of it. */
  release(): Promise<void>
}

/**
 * The life of a plan that runs as stages: begun by the first `nextPage`, failed once, ended once. By the time `end` resolves nothing of
 * it is left, whichever way it went. When stages start, and what becomes of tasks that fail, is what its kinds differ in.
 */
export abstract class StagedRun<S extends RunStage> implements DistributedRun {
  readonly #channels: ChannelFactory
  readonly #abort = new AbortController()
  /** By fragment, from the moment on that there are any. */
  protected stages: readonly S[] = []
  #started: Promise<void> | undefined
  #result: ResultPages | undefined
  #failure: MillraceError | undefined
  #ending: Promise<void> | undefined
  /** The result has been read to its end. */
  #isComplete = false
  #hasEnded = false

  constructor(channels: ChannelFactory) {
    this.#channels = channels
  }

  /** Sets {@link stages} and starts what can start. */
  protected abstract start(): Promise<void>
  /** Resolves when the result may be read, or the run has failed. */
  protected abstract readable(): Promise<void>
  /** Begins nothing more. It may be called before `start` has ended, and is called again after it. */
  protected abstract stop(): void
  /** Gives back what the run holds besides its stages, which are released. */
  protected abstract clear(): Promise<void>

  /** Aborts at the first failure, and at the end. */
  protected get signal(): AbortSignal {
    return this.#abort.signal
  }

  protected get failure(): MillraceError | undefined {
    return this.#failure
  }

  /** Whether whatever still goes wrong is of no matter. */
  protected get isComplete(): boolean {
    return this.#isComplete
  }

  protected get isEnding(): boolean {
    return this.#ending !== undefined
  }

  async nextPage(): Promise<Page | undefined> {
    try {
      this.throwIfFailed()
      this.#started ??= this.start()
      await this.#started
      await this.readable()
      this.throwIfFailed()
      this.#result ??= new ResultPages(this.#channels, this.stages[0]!.addresses(0))
      const page = await this.#result.next()
      if (page !== undefined) return page
      this.#isComplete = true
    } catch (error) {
      this.fail(toMillraceError(error))
    }
    await this.end()
    this.throwIfFailed()
    return undefined
  }

  cancel(reason: MillraceError = new MillraceError('USER_CANCELED', 'Query was canceled')): void {
    this.fail(reason)
  }

  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  info(): DistributedSnapshot {
    return {
      state: this.#failure !== undefined ? 'FAILED' : this.#hasEnded ? 'FINISHED' : 'RUNNING',
      stages: this.stages.map((stage) => stage.snapshot()),
    }
  }

  get fragments(): readonly PlanFragment[] {
    return this.stages.map((stage) => stage.fragment)
  }

  protected throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** The first failure counts; whoever waits for a page gets it. */
  protected fail(error: MillraceError): void {
    if (this.#failure !== undefined || this.#hasEnded) return
    this.#failure = error
    this.#abort.abort(error)
    this.#result?.fail(error)
  }

  async #end(): Promise<void> {
    this.stop()
    // A start under way still makes tasks, which are ended below.
    await this.#started?.catch(() => undefined)
    this.stop()
    this.#result?.close()
    const released = await Promise.allSettled(this.stages.map((stage) => stage.release()))
    this.#abort.abort()
    for (const outcome of [...released, ...(await Promise.allSettled([this.clear()]))]) {
      if (outcome.status === 'rejected') this.fail(toMillraceError(outcome.reason))
    }
    this.#hasEnded = true
  }
}
