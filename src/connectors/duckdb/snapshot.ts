import type { DuckDBConnection } from '@duckdb/node-api'
import { MillraceError } from '../../spi/index.js'
import { duckdbError } from './errors.js'
import type { DuckdbInstance } from './instances.js'

interface Waiting {
  readonly resolve: (connection: DuckDBConnection) => void
  readonly reject: (reason: unknown) => void
}

/**
 * One committed state of a database, which several connections see, each in a transaction of its own: all of them began with no
 * commit between them. There are never more than were asked for: who wants another waits until one is given back.
 */
export class DuckdbSnapshot {
  readonly #instance: DuckdbInstance
  readonly #path: string
  readonly #connectionsMax: number
  /** The state is what so many commits have led to. */
  readonly commitCount: number
  readonly #idle: DuckDBConnection[] = []
  readonly #waiting: Waiting[] = []
  #openCount = 0
  #isClosed = false

  constructor(instance: DuckdbInstance, path: string, connectionsMax: number, commitCount: number) {
    this.#instance = instance
    this.#path = path
    this.#connectionsMax = connectionsMax
    this.commitCount = commitCount
  }

  /** The present state, in so many connections. @throws JDBC_ERROR */
  static begin(
    instance: DuckdbInstance,
    path: string,
    connectionsMax: number,
  ): Promise<DuckdbSnapshot> {
    return instance.betweenCommits(async () => {
      const { commitCount } = instance
      const snapshot = new DuckdbSnapshot(instance, path, connectionsMax, commitCount)
      try {
        while (snapshot.#openCount < connectionsMax) snapshot.#idle.push(await snapshot.#begun())
      } catch (error) {
        snapshot.close()
        throw error
      }
      return snapshot
    })
  }

  /**
   * A connection that the caller gives back, with a transaction in which nothing has failed.
   * @throws TRANSACTION_CONFLICT where it is too late for another look at this state
   */
  async take(signal: AbortSignal): Promise<DuckDBConnection> {
    const connection = this.#idle.pop()
    if (connection !== undefined) return connection
    if (this.#isClosed || this.#openCount < this.#connectionsMax) {
      return this.#instance.betweenCommits(() => this.#begun())
    }
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason)
      }
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          signal.removeEventListener('abort', cancel)
          settle(value)
        }
      const waiting: Waiting = { resolve: settled(resolve), reject: settled(reject) }
      this.#waiting.push(waiting)
      signal.addEventListener('abort', cancel, { once: true })
      if (signal.aborted) cancel()
    })
  }

  /** @param isReusable whether its query has ended without a failure */
  giveBack(connection: DuckDBConnection, isReusable: boolean): void {
    const next = this.#waiting.shift()
    if (isReusable && next !== undefined) next.resolve(connection)
    else if (isReusable && !this.#isClosed) this.#idle.push(connection)
    else {
      connection.closeSync()
      this.#openCount--
      if (next !== undefined) {
        this.#instance.betweenCommits(() => this.#begun()).then(next.resolve, next.reject)
      }
    }
  }

  /** Ends it for connections that nobody has; the others follow as they are given back. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#idle.splice(0)) connection.closeSync()
  }

  async #begun(): Promise<DuckDBConnection> {
    if (this.#instance.commitCount !== this.commitCount) {
      throw new MillraceError('TRANSACTION_CONFLICT', 'The table was written while it was read', {
        hint: 'Run the query again',
      })
    }
    const connection = await this.#instance.connect()
    try {
      await connection.run('BEGIN TRANSACTION')
      // A transaction sees the state in which it first reads.
      await connection.run('SELECT NULL FROM duckdb_tables() LIMIT 0')
    } catch (error) {
      connection.closeSync()
      throw duckdbError(error, this.#path)
    }
    this.#openCount++
    return connection
  }
}
