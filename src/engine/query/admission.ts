import { MillraceError } from '../../spi/index.js'

/** What queries that read more are to have of the memory that all share: enough for most to finish by spilling. */
export const LARGE_QUERY_BYTES = 32 * 1024 * 1024
/** Estimated bytes of tables from which on a query is large. */
const LARGE_INPUT_BYTES = 4 * 1024 * 1024
/** Where so long nobody has worked, queries that run wait for something else, such as their readers or each other. */
const IDLE_MILLIS = 1000
const IDLE_LOOKS = 10

export interface AdmissionLimits {
  /** Queries that run side by side. */
  readonly maxConcurrentQueries: number
  /** Queries that wait for others to end. */
  readonly maxQueuedQueries: number
  /** What large queries share; infinite where they can't spill: then each takes what there is, or fails. */
  readonly sharedBytes: number
  /** Whether some query that may spill has work to do. */
  isBusy(): boolean
}

/** A query's place among those that run, or wait to run. */
export interface Seat {
  /** Resolves when the query may run; undefined: it may at once. Never resolves after {@link leave}. */
  readonly admitted: Promise<void> | undefined
  /** The query runs no more, or waits no more. Idempotent. */
  leave(): void
}

type Admit = () => void

/**
 * Which queries run side by side. Large ones have {@link LARGE_QUERY_BYTES} each of the memory that they share; those that come when
 * no more can have so much wait, and start in the order in which they came. They hold nothing while they wait. Small ones don't wait for memory. While all
 * that run wait themselves, such as for a reader that reads another query first, one more may start: so nobody waits for ever.
 * @source Trino InternalResourceGroup: hardConcurrencyLimit, maxQueued, softMemoryLimit
 */
export class Admission {
  readonly #limits: AdmissionLimits
  /** In the order in which they came; the small ones again, since they may pass. */
  readonly #waiting = new Set<Admit>()
  readonly #waitingSmall = new Set<Admit>()
  #runningCount = 0
  #runningLargeCount = 0
  #looks: NodeJS.Timeout | undefined
  #idleLooks = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get queuedCount(): number {
    return this.#waiting.size
  }

  /**
   * @param inputBytes estimated, of the tables that the query reads; absent where unknown
   * @throws QUERY_QUEUE_FULL
   */
  request(inputBytes: number | undefined): Seat {
    const isLarge = !(inputBytes !== undefined && inputBytes < LARGE_INPUT_BYTES)
    // Who comes later does not pass those who wait for the same.
    const isFirst = (isLarge ? this.#waiting : this.#waitingSmall).size === 0
    if (isFirst && this.#hasRoom() && (!isLarge || this.#hasRoomForLarge())) {
      this.#count(isLarge, 1)
      return { admitted: undefined, leave: once(() => this.#left(isLarge)) }
    }
    return this.#queue(isLarge)
  }

  #queue(isLarge: boolean): Seat {
    const { maxQueuedQueries } = this.#limits
    if (this.#waiting.size >= maxQueuedQueries) {
      throw new MillraceError(
        'QUERY_QUEUE_FULL',
        `Too many queued queries: ${maxQueuedQueries} wait for others to end`,
        { hint: 'Raise maxQueuedQueries, maxConcurrentQueries or memoryLimitBytes' },
      )
    }
    let isWaiting = true
    let resolve!: () => void
    const admitted = new Promise<void>((admit) => {
      resolve = admit
    })
    const admit = (): void => {
      isWaiting = false
      this.#forget(admit)
      this.#count(isLarge, 1)
      resolve()
    }
    this.#waiting.add(admit)
    if (!isLarge) this.#waitingSmall.add(admit)
    this.#looks ??= setInterval(() => this.#look(), IDLE_MILLIS / IDLE_LOOKS)
    const leave = once(() => (isWaiting ? this.#forget(admit) : this.#left(isLarge)))
    return { admitted, leave }
  }

  #forget(admit: Admit): void {
    this.#waiting.delete(admit)
    this.#waitingSmall.delete(admit)
    if (this.#waiting.size > 0) return
    clearInterval(this.#looks)
    this.#looks = undefined
    this.#idleLooks = 0
  }

  #left(isLarge: boolean): void {
    this.#count(isLarge, -1)
    this.#admitNext()
  }

  #admitNext(): void {
    while (this.#hasRoom()) {
      const [next] = this.#hasRoomForLarge() ? this.#waiting : this.#waitingSmall
      if (next === undefined) return
      next()
    }
  }

  #count(isLarge: boolean, difference: number): void {
    this.#runningCount += difference
    if (isLarge) this.#runningLargeCount += difference
  }

  #hasRoom(): boolean {
    return this.#runningCount < this.#limits.maxConcurrentQueries
  }

  #hasRoomForLarge(): boolean {
    const count = this.#runningLargeCount
    return count === 0 || (count + 1) * LARGE_QUERY_BYTES <= this.#limits.sharedBytes
  }

  /** Lets one query start beyond those that have memory, where nobody has worked for a while. */
  #look(): void {
    this.#idleLooks = this.#limits.isBusy() ? 0 : this.#idleLooks + 1
    if (this.#idleLooks < IDLE_LOOKS) return
    this.#idleLooks = 0
    const [next] = this.#waiting
    if (this.#hasRoom()) next?.()
  }
}

function once(action: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    action()
  }
}
