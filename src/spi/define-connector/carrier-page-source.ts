import type { ConnectorPageSource } from '../connector/page-source.js'
import type { Awaitable } from '../metadata/schema.js'
import { type BlockBuilder, createBlockBuilder } from '../page/block-builder.js'
import type { Page } from '../page/page.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import type { RowReader } from './row-reader.js'

const ROWS_PER_BATCH = 256
const MAX_ROWS = 16_384
const MAX_PAGE_BYTES = 4 * 2 ** 20
const SLICE_MILLIS = 2

/** Fills pages with rows of carriers (value.ts): full ones while rows keep coming, small ones as soon as they pause. */
export class CarrierPageSource implements ConnectorPageSource {
  readonly #reader: RowReader
  readonly #indexes: readonly number[]
  readonly #builders: readonly BlockBuilder[]
  #rowCount = 0
  #completedBytes = 0
  #readTimeNanos = 0

  /** @param columns where in a row each block's values are */
  constructor(
    reader: RowReader,
    columns: readonly { readonly index: number; readonly type: SqlType }[],
  ) {
    this.#reader = reader
    this.#indexes = columns.map((column) => column.index)
    this.#builders = columns.map((column) => createBlockBuilder(column.type))
  }

  get completedBytes(): number {
    return this.#completedBytes
  }
  get readTimeNanos(): number {
    return this.#readTimeNanos
  }
  get memoryUsage(): number {
    return this.#builders.reduce((sum, builder) => sum + builder.byteLength, 0)
  }

  getNextPage(): Awaitable<Page | undefined> {
    return this.#fill(performance.now())
  }

  close(): Awaitable<void> {
    return this.#reader.close()
  }

  #fill(start: number): Awaitable<Page | undefined> {
    for (;;) {
      const batch = this.#reader.take(ROWS_PER_BATCH)
      if (batch instanceof Promise) {
        return batch.then((rows) =>
          this.#append(rows, start) ? this.#page(start) : this.#fill(start),
        )
      }
      if (this.#append(batch, start)) return this.#page(start)
    }
  }

  /** Whether the page is to go out. */
  #append(rows: readonly unknown[], start: number): boolean {
    for (const row of rows as readonly (readonly Value[])[]) {
      for (const [i, index] of this.#indexes.entries())
        this.#builders[i]!.append(row[index] ?? null)
    }
    this.#rowCount += rows.length
    return (
      rows.length < ROWS_PER_BATCH ||
      this.#rowCount >= MAX_ROWS ||
      performance.now() - start > SLICE_MILLIS ||
      this.memoryUsage >= MAX_PAGE_BYTES
    )
  }

  #page(start: number): Page | undefined {
    this.#readTimeNanos += Math.round((performance.now() - start) * 1e6)
    if (this.#rowCount === 0) return undefined
    this.#completedBytes += this.memoryUsage
    const rowCount = this.#rowCount
    this.#rowCount = 0
    return { rowCount, blocks: this.#builders.map((builder) => builder.build()) }
  }
}
