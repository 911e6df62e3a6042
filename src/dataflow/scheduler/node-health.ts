/** Failures within the window that make a node one to leave out. */
const FAILURES_MAX = 3
const WINDOW_MILLIS = 60_000
/** How long a node gets no tasks. */
const PAUSE_MILLIS = 30_000

interface Record {
  /** Times of the last failures. */
  failures: number[]
  leftOutUntil: number
}

/**
 * Which nodes fail often, by their addresses: a node that comes back under another id is the same machine. One that fails
 * three times within a minute gets no tasks for half a minute, as long as there are others.
 * @source Trino HeartbeatFailureDetector, by outcomes rather than probes
 */
export class NodeHealth {
  readonly #records = new Map<string, Record>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A task has failed there, or the node is gone. */
  failed(uri: string): void {
    const now = this.#now()
    const record = this.#records.get(uri) ?? { failures: [], leftOutUntil: 0 }
    this.#records.set(uri, record)
    record.failures = record.failures.filter((at) => now - at < WINDOW_MILLIS)
    record.failures.push(now)
    if (record.failures.length < FAILURES_MAX) return
    record.failures = []
    record.leftOutUntil = now + PAUSE_MILLIS
  }

  isLeftOut(uri: string): boolean {
    const record = this.#records.get(uri)
    return record !== undefined && record.leftOutUntil > this.#now()
  }

  /** Those of some nodes that are to have tasks: all, where none is well. */
  wellOf<Node extends { readonly uri: string }>(nodes: readonly Node[]): readonly Node[] {
    this.#forget()
    const well = nodes.filter(({ uri }) => !this.isLeftOut(uri))
    return well.length === 0 ? nodes : well
  }

  /** Forgets what says nothing any more. */
  #forget(): void {
    const now = this.#now()
    for (const [uri, { failures, leftOutUntil }] of this.#records) {
      const isRecent = failures.some((at) => now - at < WINDOW_MILLIS)
      if (!isRecent && leftOutUntil <= now) this.#records.delete(uri)
    }
  }
}
