import type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBPreparedStatement,
  DuckDBResult,
} from '@duckdb/node-api'
import {
  type BlockBuilder,
  type ConnectorPageSource,
  createBlockBuilder,
  MillraceError,
  type Page,
} from '../../spi/index.js'
import type { SqlColumn } from '../sql-base/handles.js'
import { duckdbError } from './errors.js'
import type { DuckdbInstance } from './instances.js'
import { type Decoder, decoder } from './values.js'
import { type VectorReader, vectorReader } from './vectors.js'

const ROWS_MAX = 16_384
const BYTES_MAX = 4 * 2 ** 20
/** A page goes out after this time, so that the event loop gets its turn. */
const SLICE_MILLIS = 4
/** DuckDB forgets an interrupt that comes while nothing runs, as between a query's preparation and its start. */
const INTERRUPT_MILLIS = 10

/** A query, and the connection that runs it. */
interface DuckdbRead {
  readonly instance: DuckdbInstance
  readonly connection: DuckDBConnection
  /** Takes the connection back; whether the query has ended without a failure, so that it can have another. */
  readonly release: (isReusable: boolean) => void
  readonly isInTransaction: boolean
  readonly sql: string
  readonly path: string
  readonly columns: readonly SqlColumn[]
  readonly signal: AbortSignal
}

/**
 * Reads a query's rows as DuckDB makes them. A stream of DuckDB's that fails ends as one that has ended, and its driver
 * doesn't say which: the last row is one of our own, and a stream that ends without it has failed.
 */
export class DuckdbPageSource implements ConnectorPageSource {
  readonly #connection: DuckDBConnection
  readonly #release: (isReusable: boolean) => void
  readonly #isInTransaction: boolean
  readonly #sql: string
  readonly #path: string
  readonly #decoders: readonly Decoder[]
  readonly #instance: DuckdbInstance
  readonly #columns: readonly SqlColumn[]
  #vectorReaders: readonly (VectorReader | undefined)[] = []
  readonly #builders: readonly BlockBuilder[]
  readonly #signal: AbortSignal
  readonly #interrupt = (): void => void this.#interruptUntilEnd()
  #result: DuckDBResult | undefined
  #pending: Promise<unknown> | undefined
  #isEnded = false
  #hasFailed = false
  #isClosed = false
  #readTimeNanos = 0
  completedBytes = 0

  constructor(read: DuckdbRead) {
    const { instance, connection, release, isInTransaction, sql, path, columns, signal } = read
    this.#instance = instance
    this.#columns = columns
    this.#connection = connection
    this.#release = release
    this.#isInTransaction = isInTransaction
    this.#sql = sql
    this.#path = path
    this.#decoders = columns.map(({ name, type }) => decoder(type, name))
    this.#builders = columns.map(({ type }) => createBlockBuilder(type))
    this.#signal = signal
    signal.addEventListener('abort', this.#interrupt, { once: true })
  }

  get readTimeNanos(): number {
    return this.#readTimeNanos
  }
  get memoryUsage(): number {
    return this.#builders.reduce((sum, builder) => sum + builder.byteLength, 0)
  }

  getNextPage(): Promise<Page | undefined> {
    const page = this.#nextPage()
    this.#pending = page.catch(() => undefined)
    return page
  }

  async #nextPage(): Promise<Page | undefined> {
    if (this.#isEnded) return undefined
    const start = performance.now()
    try {
      if (this.#signal.aborted) throw this.#signal.reason
      if (this.#result === undefined) {
        const statement = await this.#prepare()
        if (this.#isClosed) return undefined
        this.#signal.throwIfAborted()
        this.#result = await statement.stream()
        this.#vectorReaders = this.#readersOf(this.#result)
      }
      let rowCount = 0
      while (!this.#isEnded && rowCount < ROWS_MAX && this.memoryUsage < BYTES_MAX) {
        const chunk = await this.#result.fetchChunk()
        if (this.#isClosed) return undefined
        if (this.#signal.aborted) throw this.#signal.reason
        if (chunk === null || chunk.rowCount === 0) throw await this.#reasonOfEnd()
        rowCount += this.#take(chunk)
        if (performance.now() - start > SLICE_MILLIS) break
      }
      this.#readTimeNanos += Math.round((performance.now() - start) * 1e6)
      if (rowCount === 0) return undefined
      this.completedBytes += this.memoryUsage
      return { rowCount, blocks: this.#builders.map((builder) => builder.build()) }
    } catch (error) {
      this.#isEnded = true
      this.#hasFailed = true
      if (this.#signal.aborted) {
        throw new MillraceError('USER_CANCELED', 'Query was canceled', { cause: error })
      }
      throw duckdbError(error, this.#path)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#signal.removeEventListener('abort', this.#interrupt)
    if (!this.#isEnded) await this.#interruptUntilEnd()
    this.#release(this.#isEnded && !this.#hasFailed)
  }

  /** Ends what runs, and comes back when it has ended. */
  async #interruptUntilEnd(): Promise<void> {
    this.#connection.interrupt()
    const timer = setInterval(() => this.#connection.interrupt(), INTERRUPT_MILLIS)
    try {
      await this.#pending
    } finally {
      clearInterval(timer)
    }
  }

  #prepare(): Promise<DuckDBPreparedStatement> {
    const nulls = this.#builders.map(() => 'NULL, ').join('')
    return this.#connection.prepare(
      `SELECT *, FALSE FROM (${this.#sql}) UNION ALL SELECT ${nulls || 'NULL, '}TRUE`,
    )
  }

  #readersOf(result: DuckDBResult): readonly (VectorReader | undefined)[] {
    const { api, bindings } = this.#instance
    return this.#columns.map(({ type }, i) =>
      vectorReader(api, bindings, result.columnType(i), type),
    )
  }

  /** @returns the rows of a chunk, without our own */
  #take(chunk: DuckDBDataChunk): number {
    const marks = chunk.getColumnVector(chunk.columnCount - 1)
    let rowCount = chunk.rowCount
    if (marks.getItem(rowCount - 1) === true) {
      rowCount--
      this.#isEnded = true
    }
    for (const [i, builder] of this.#builders.entries()) {
      const block = this.#vectorReaders[i]?.(chunk, i, rowCount)
      if (block !== undefined) {
        builder.appendRange(block, 0, rowCount)
        continue
      }
      const vector = chunk.getColumnVector(i)
      const decode = this.#decoders[i]!
      for (let row = 0; row < rowCount; row++) builder.append(decode(vector.getItem(row)))
    }
    return rowCount
  }

  /** What ended the stream: running the query again, into a table that nobody sees, tells. */
  async #reasonOfEnd(): Promise<unknown> {
    if (this.#signal.aborted) return this.#signal.reason
    try {
      // One in which a query has failed takes no other.
      if (this.#isInTransaction) await this.#connection.run('ROLLBACK')
      await this.#connection.run(`CREATE OR REPLACE TEMP TABLE millrace_failure AS ${this.#sql}`)
    } catch (error) {
      return error
    }
    return new Error('the result ended before its last row')
  }
}
