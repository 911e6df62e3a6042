import type { ConnectorPageSource } from '../connector/page-source.js'
import type { Awaitable } from '../metadata/schema.js'
import type { Block } from '../page/block.js'
import { MAX_PAGE_ROWS, type Page } from '../page/page.js'
import type { RowReader } from './row-reader.js'

/** A column of the pages under way. */
export interface ColumnFiller {
  readonly byteLength: number
  append(rows: readonly unknown[]): void
  build(): Block
}

/** A page goes out after this time, so that the event loop gets its turn. */
const SLICE_MILLIS = 2
const ROWS_PER_BATCH = 256
const MAX_PAGE_BYTES = 4 * 2 ** 20

/** Fills pages with rows: full ones while rows keep coming, small ones as soon as they pause. */
export class FilledPageSource implements ConnectorPageSource {
  readonly #reader: RowReader
  readonly #columns: readonly ColumnFiller[]
  readonly #maxRows: number
  #rowCount = 0
  #completedBytes = 0
  #readTimeNanos = 0

  constructor(reader: RowReader, columns: readonly ColumnFiller[], maxRows = MAX_PAGE_ROWS) {
    this.#reader = reader
    this.#columns = columns
    this.#maxRows = maxRows
  }

  get completedBytes(): number {
    return this.#completedBytes
  }
  get readTimeNanos(): number {
    return this.#readTimeNanos
  }
  get memoryUsage(): number {
    return this.#columns.reduce((sum, column) => sum + column.byteLength, 0)
  }

  getNextPage(): Awaitable<Page | undefined> {
    return this.#fill(performance.now())
  }

  close(): Awaitable<void> {
    return this.#reader.close()
  }

  /** Takes batches until the page is full, the slice is over or the source pauses. Synchronous where the source is. */
  #fill(start: number): Awaitable<Page | undefined> {
    for (;;) {
      const wanted = Math.min(ROWS_PER_BATCH, this.#maxRows - this.#rowCount)
      const batch = this.#reader.take(wanted)
      if (batch instanceof Promise) {
        return batch.then((rows) => {
          this.#append(rows)
          return this.#isDone(rows.length < wanted, start) ? this.#page(start) : this.#fill(start)
        })
      }
      this.#append(batch)
      if (this.#isDone(batch.length < wanted, start)) return this.#page(start)
    }
  }

  #isDone(paused: boolean, start: number): boolean {
    return (
      paused ||
      this.#rowCount >= this.#maxRows ||
      performance.now() - start > SLICE_MILLIS ||
      this.memoryUsage >= MAX_PAGE_BYTES
    )
  }

  #append(rows: readonly unknown[]): void {
    for (const column of this.#columns) column.append(rows)
    this.#rowCount += rows.length
  }

  #page(start: number): Page | undefined {
    this.#readTimeNanos += Math.round((performance.now() - start) * 1e6)
    if (this.#rowCount === 0) return undefined
    this.#completedBytes += this.memoryUsage
    const rowCount = this.#rowCount
    this.#rowCount = 0
    return { rowCount, blocks: this.#columns.map((column) => column.build()) }
  }
}
