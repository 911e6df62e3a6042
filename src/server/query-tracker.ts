import type { ClientQuery } from './client-query.js'
import { serverStops } from './server-stops.js'

/** How long the end of a statement can be asked for again. */
const ENDED_KEPT_MILLIS = 60_000
const SWEEP_MILLIS = 5_000

/** The statements of clients by id; those whose clients stopped asking are cancelled, ended ones forgotten. */
export class QueryTracker {
  readonly #queries = new Map<string, ClientQuery>()
  readonly #clientTimeoutMillis: number
  readonly #timer: NodeJS.Timeout

  constructor(clientTimeoutMillis: number) {
    this.#clientTimeoutMillis = clientTimeoutMillis
    this.#timer = setInterval(() => this.#sweep(), Math.min(SWEEP_MILLIS, clientTimeoutMillis))
    this.#timer.unref()
  }

  add(query: ClientQuery): void {
    this.#queries.set(query.run.id, query)
  }

  /** The statement of an id; undefined where there is none or the slug is another's. */
  find(id: string, slug: string): ClientQuery | undefined {
    const query = this.#queries.get(id)
    return query?.slug === slug ? query : undefined
  }

  /** Statements whose clients may still ask for something. */
  get count(): number {
    return this.#queries.size
  }

  /** What is held of their results. */
  get bufferedBytes(): number {
    let bytes = 0
    for (const query of this.#queries.values()) bytes += query.bufferedBytes
    return bytes
  }

  #sweep(): void {
    const now = Date.now()
    for (const [id, query] of this.#queries) {
      const idleMillis = now - query.lastAccessMillis
      if (query.isDone) {
        if (idleMillis > ENDED_KEPT_MILLIS) this.#queries.delete(id)
      } else if (idleMillis > this.#clientTimeoutMillis) {
        query.abandon()
        this.#queries.delete(id)
      }
    }
  }

  /** Ends the statements that are under way. */
  close(): void {
    clearInterval(this.#timer)
    for (const query of this.#queries.values()) query.cancel(serverStops())
    this.#queries.clear()
  }
}
