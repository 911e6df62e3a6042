import {
  CarrierPageSource,
  type ConnectorPageSource,
  MillraceError,
  type RowReader,
  type Value,
} from '../../spi/index.js'
import type { SqlColumn } from '../sql-base/handles.js'
import type { Storage } from './columns.js'
import type { SqliteConnection } from './connection.js'
import { sqliteError } from './errors.js'
import { type Decoder, decoder, type SqliteValue } from './values.js'

/** Reads the rows of a query; the connection goes back where it came from once they have ended. */
class SqliteReader implements RowReader {
  readonly #connection: SqliteConnection
  readonly #sql: string
  readonly #path: string
  readonly #decoders: readonly Decoder[]
  readonly #signal: AbortSignal
  readonly #release: (isIdle: boolean) => void
  readonly #interrupt = (): void => {
    if (this.#starting === undefined) this.#connection.interrupt()
    else void this.#connection.interruptUntilEnd(this.#starting)
  }
  #rows: Iterator<readonly SqliteValue[]> | undefined
  #starting: Promise<void> | undefined
  #isEnded = false
  #hasFailed = false

  constructor(parts: {
    readonly connection: SqliteConnection
    readonly sql: string
    readonly path: string
    readonly decoders: readonly Decoder[]
    readonly signal: AbortSignal
    readonly release: (isIdle: boolean) => void
  }) {
    this.#connection = parts.connection
    this.#sql = parts.sql
    this.#path = parts.path
    this.#decoders = parts.decoders
    this.#signal = parts.signal
    this.#release = parts.release
  }

  take(maxRows: number): readonly unknown[] | Promise<readonly unknown[]> {
    if (this.#isEnded) return []
    if (this.#rows !== undefined) return this.#next(this.#rows, maxRows)
    this.#starting ??= this.#start()
    return this.#starting.then(() =>
      this.#rows === undefined ? [] : this.#next(this.#rows, maxRows),
    )
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#interrupt)
    const wasEnded = this.#isEnded
    this.#isEnded = true
    if (!wasEnded) {
      await this.#connection.interruptUntilEnd(this.#starting ?? Promise.resolve())
      this.#drain()
    }
    this.#release(!this.#hasFailed)
  }

  async #start(): Promise<void> {
    if (this.#signal.aborted) throw this.#failure(this.#signal.reason)
    this.#signal.addEventListener('abort', this.#interrupt, { once: true })
    try {
      this.#rows = await this.#connection.rows(this.#sql)
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #next(rows: Iterator<readonly SqliteValue[]>, maxRows: number): readonly (readonly Value[])[] {
    const taken: Value[][] = []
    while (taken.length < maxRows) {
      let step: IteratorResult<readonly SqliteValue[]>
      try {
        step = rows.next()
      } catch (error) {
        throw this.#failure(error)
      }
      if (step.done === true) {
        this.#isEnded = true
        break
      }
      const row = step.value
      taken.push(this.#decoders.map((decode, i) => decode(row[i]!)))
    }
    return taken
  }

  /** A statement that has not ended keeps its lock on the file: the interrupt ends it at its next step. */
  #drain(): void {
    try {
      while (this.#rows !== undefined && this.#rows.next().done !== true) {}
    } catch {
      // The interrupt.
    }
  }

  /** A statement that has failed would begin anew at its next step. */
  #failure(error: unknown): MillraceError {
    this.#rows = undefined
    if (!this.#signal.aborted) {
      this.#hasFailed = true
      return sqliteError(error, this.#path)
    }
    return new MillraceError('USER_CANCELED', 'Query was canceled', { cause: error })
  }
}

export function sqlitePageSource(
  connection: SqliteConnection,
  path: string,
  sql: string,
  columns: readonly SqlColumn[],
  signal: AbortSignal,
  release: (isIdle: boolean) => void,
): ConnectorPageSource {
  const decoders = columns.map(({ name, type, storage }) => decoder(name, type, storage as Storage))
  const reader = new SqliteReader({ connection, sql, path, decoders, signal, release })
  return new CarrierPageSource(
    reader,
    columns.map(({ type }, index) => ({ index, type })),
  )
}
