import { MillraceError } from '../../spi/index.js'

/** What a query that reads more than the second is to have of the memory that all share: enough for most to finish by spilling. */
export const LARGE_QUERY_BYTES = 32 * 1024 * 1024
/** Estimated bytes of tables from which on a query is large; what a small one is to have, of a part that large ones leave. */
export const SMALL_QUERY_BYTES = 4 * 1024 * 1024
const SMALL_QUERIES_PART = 1 / 2
/** Where so long nobody has worked, queries that run wait for something else, such as their readers or each other. */
const IDLE_MILLIS = 1000
const IDLE_LOOKS = 10

export interface AdmissionLimits {
  /** Queries that run side by side. */
  readonly maxConcurrentQueries: number
  /** Queries that wait for others to end. */
  readonly maxQueuedQueries: number
  /** What queries share; infinite where they can't spill: then each takes what there is, or fails. */
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
/** `free`: reads no table. */
type Kind = 'large' | 'small' | 'free'

/**
 * Which queries run side by side. Large ones have {@link LARGE_QUERY_BYTES} each of the memory that they share; those that come when
 * no more can have so much wait, and start in the order in which they came. They hold nothing while they wait. Small ones pass them, as far as half of the memory has room for
 * {@link SMALL_QUERY_BYTES} each, so that none waits for ever for the other kind. While all that run wait themselves, such as for a reader that reads another query first, one more may start: so nobody waits for ever.
 * @source Trino InternalResourceGroup: hardConcurrencyLimit, maxQueued, softMemoryLimit
 */
export class Admission {
  readonly #limits: AdmissionLimits
  /** In the order in which they came; and the same by kind, since kinds may pass each other. */
  readonly #waiting = new Map<Admit, Kind>()
  readonly #waitingOf: Readonly<Record<Kind, Set<Admit>>> = {
    large: new Set(),
    small: new Set(),
    free: new Set(),
  }
  readonly #running: Record<Kind, number> = { large: 0, small: 0, free: 0 }
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
    const kind = kindOf(inputBytes)
    // Who comes later does not pass those who wait for the same.
    if (this.#waitingOf[kind].size === 0 && this.#hasRoom(kind)) {
      this.#running[kind] += 1
      return { admitted: undefined, leave: once(() => this.#left(kind)) }
    }
    return this.#queue(kind)
  }

  #queue(kind: Kind): Seat {
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
      this.#forget(admit, kind)
      this.#running[kind] += 1
      resolve()
    }
    this.#waiting.set(admit, kind)
    this.#waitingOf[kind].add(admit)
    this.#looks ??= setInterval(() => this.#look(), IDLE_MILLIS / IDLE_LOOKS)
    const leave = once(() => (isWaiting ? this.#forget(admit, kind) : this.#left(kind)))
    return { admitted, leave }
  }

  #forget(admit: Admit, kind: Kind): void {
    this.#waiting.delete(admit)
    this.#waitingOf[kind].delete(admit)
    if (this.#waiting.size > 0) return
    clearInterval(this.#looks)
    this.#looks = undefined
    this.#idleLooks = 0
  }

  #left(kind: Kind): void {
    this.#running[kind] -= 1
    this.#admitNext()
  }

  #admitNext(): void {
    for (let next = this.#firstWithRoom(); next !== undefined; next = this.#firstWithRoom()) next()
  }

  #firstWithRoom(): Admit | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    for (const kind of [first[1], 'large', 'small', 'free'] as const) {
      const [firstOf] = this.#waitingOf[kind]
      if (firstOf !== undefined && this.#hasRoom(kind)) return firstOf
    }
    return undefined
  }

  get #mayRunMore(): boolean {
    const { large, small, free } = this.#running
    return large + small + free < this.#limits.maxConcurrentQueries
  }

  /** The first of its kind may start however much it is to have. */
  #hasRoom(kind: Kind): boolean {
    if (!this.#mayRunMore) return false
    const { sharedBytes } = this.#limits
    const running = this.#running[kind]
    if (running === 0 || kind === 'free') return true
    return kind === 'large'
      ? (running + 1) * LARGE_QUERY_BYTES <= sharedBytes
      : (running + 1) * SMALL_QUERY_BYTES <= sharedBytes * SMALL_QUERIES_PART
  }

  /** Lets one query start beyond those that have memory, where nobody has worked for a while. */
  #look(): void {
    this.#idleLooks = this.#limits.isBusy() ? 0 : this.#idleLooks + 1
    if (this.#idleLooks < IDLE_LOOKS) return
    this.#idleLooks = 0
    const [first] = this.#waiting
    if (first !== undefined && this.#mayRunMore) first[0]()
  }
}

function kindOf(inputBytes: number | undefined): Kind {
  if (inputBytes === 0) return 'free'
  return inputBytes !== undefined && inputBytes < SMALL_QUERY_BYTES ? 'small' : 'large'
}

function once(action: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    action()
  }
}
