import type { ConnectorPageSource } from '../connector/page-source.js'
import { MillraceError, toMillraceError } from '../error.js'
import type { Awaitable } from '../metadata/schema.js'
import { type BlockBuilder, createBlockBuilder } from '../page/block-builder.js'
import { MAX_PAGE_ROWS, type Page } from '../page/page.js'
import { memberOf, type ValueConverter, valueConverter } from '../type/js-value.js'
import type { SqlType } from '../type/type.js'
import type { RowReader } from './row-reader.js'

/** Where a column's values are in rows. */
export interface RowColumn {
  readonly name: string
  readonly type: SqlType
  /** In rows that are arrays. */
  readonly index: number
  /** In rows that are objects: absent, the name or one that differs from it in case only. */
  readonly key?: string
  /** True where rows are values of this one column. */
  readonly isRow?: boolean
  /** True for the only column of its table: rows that are neither arrays nor objects are values of it. */
  readonly isAlone?: boolean
}

export interface RowPageOptions {
  readonly maxRows?: number
  /** Where a row comes from, for messages. */
  readonly placeOf?: (row: unknown) => string
}

/** A page goes out after this time, so that the event loop gets its turn. */
const SLICE_MILLIS = 2
const ROWS_PER_BATCH = 256
const MAX_PAGE_BYTES = 4 * 2 ** 20

/** Fills pages with rows of JavaScript values: full ones while rows keep coming, small ones as soon as they pause. */
export class RowPageSource implements ConnectorPageSource {
  readonly #reader: RowReader
  readonly #columns: readonly ColumnFiller[]
  readonly #maxRows: number
  #rowCount = 0
  #completedBytes = 0
  #readTimeNanos = 0

  constructor(
    reader: RowReader,
    columns: readonly RowColumn[],
    { maxRows = MAX_PAGE_ROWS, placeOf }: RowPageOptions = {},
  ) {
    this.#reader = reader
    this.#columns = columns.map((column) => new ColumnFiller(column, placeOf))
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
      const batch = this.#take(wanted)
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

  #take(wanted: number): Awaitable<readonly unknown[]> {
    return this.#reader.take(wanted)
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

class ColumnFiller {
  readonly #column: RowColumn
  readonly #placeOf: RowPageOptions['placeOf']
  readonly #builder: BlockBuilder
  readonly #convert: ValueConverter
  /** The member of objects, once seen. */
  #key: string | undefined

  constructor(column: RowColumn, placeOf: RowPageOptions['placeOf']) {
    this.#column = column
    this.#placeOf = placeOf
    this.#builder = createBlockBuilder(column.type)
    this.#convert = valueConverter(column.type)
    this.#key = column.key
  }

  get byteLength(): number {
    return this.#builder.byteLength
  }

  append(rows: readonly unknown[]): void {
    for (const row of rows) {
      try {
        this.#builder.append(this.#convert(this.#valueIn(row)))
      } catch (error) {
        throw inColumn(this.#column.name, this.#placeOf?.(row), error)
      }
    }
  }

  build() {
    return this.#builder.build()
  }

  #valueIn(row: unknown): unknown {
    if (this.#column.isRow) return row
    if (Array.isArray(row)) return row[this.#column.index]
    if (typeof row !== 'object' || row === null) {
      if (this.#column.isAlone) return row
      throw new MillraceError(
        'TYPE_MISMATCH',
        `A row is an array or an object, not: ${row === null ? 'null' : typeof row}`,
      )
    }
    const key = this.#key
    if (key !== undefined) return (row as Readonly<Record<string, unknown>>)[key]
    const { name } = this.#column
    if (Object.hasOwn(row, name)) this.#key = name
    else this.#key = Object.keys(row).find((member) => member.toLowerCase() === name)
    return memberOf(row, name)
  }
}

function inColumn(name: string, place: string | undefined, error: unknown): MillraceError {
  const { code, message, number, type, hint } = toMillraceError(error)
  const column = place === undefined ? `Column '${name}'` : `${place}, column '${name}'`
  return new MillraceError(code, `${column}: ${message}`, {
    number,
    type,
    hint: hint ?? 'Declare the column with a type that holds all of its values',
    cause: error,
  })
}
