import { assert } from '../assert.js'
import type { ConnectorPageSource } from '../connector/page-source.js'
import type { Awaitable } from '../metadata/schema.js'
import { readValue } from '../page/block-value.js'
import type { Page } from '../page/page.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import type { RecordCursor, RecordSet } from './record-set.js'
import { longOf, sliceOf } from './record-value.js'

/** The getters of a cursor whose fields are at hand as carriers. */
abstract class ValueCursor implements RecordCursor {
  readonly #types: readonly SqlType[]

  constructor(types: readonly SqlType[]) {
    this.#types = types
  }

  abstract getCompletedBytes(): number
  abstract getReadTimeNanos(): number
  abstract advanceNextPosition(): Awaitable<boolean>
  abstract close(): Awaitable<void>
  /** A field of the current record. */
  protected abstract valueAt(field: number): Value

  getType(field: number): SqlType {
    const type = this.#types[field]
    assert(type !== undefined, 'a field of the record')
    return type
  }
  getBoolean(field: number): boolean {
    const value = this.valueAt(field)
    assert(typeof value === 'boolean', 'a BOOLEAN that is not null')
    return value
  }
  getLong(field: number): bigint {
    return longOf(this.getType(field), this.valueAt(field))
  }
  getDouble(field: number): number {
    const value = this.valueAt(field)
    assert(typeof value === 'number', 'a number that is not null')
    return value
  }
  getSlice(field: number): Uint8Array {
    return sliceOf(this.valueAt(field))
  }
  getObject(field: number): Value {
    return this.valueAt(field)
  }
  isNull(field: number): boolean {
    return this.valueAt(field) === null
  }
}

type CarrierRow = readonly Value[]

/** Rows in memory as a record set. @source Trino InMemoryRecordSet */
export class InMemoryRecordSet implements RecordSet {
  readonly #types: readonly SqlType[]
  readonly #rows: Iterable<CarrierRow>

  /** @param rows of one carrier (value.ts) a type; gone through once a cursor */
  constructor(types: readonly SqlType[], rows: Iterable<CarrierRow>) {
    this.#types = types
    this.#rows = rows
  }

  static builder(types: readonly SqlType[]): InMemoryRecordSetBuilder {
    const rows: CarrierRow[] = []
    return {
      addRow(...values) {
        assert(values.length === types.length, 'a value a column')
        rows.push(values)
        return this
      },
      build: () => new InMemoryRecordSet(types, rows),
    }
  }

  getColumnTypes(): readonly SqlType[] {
    return this.#types
  }
  cursor(): RecordCursor {
    return new RowCursor(this.#types, this.#rows)
  }
}

export interface InMemoryRecordSetBuilder {
  addRow(...values: CarrierRow): this
  build(): InMemoryRecordSet
}

/** Reads rows of carriers, out of memory or as they come, as a cursor. */
export class RowCursor extends ValueCursor {
  readonly #iterator: Iterator<CarrierRow> | AsyncIterator<CarrierRow>
  #row: CarrierRow | undefined
  #ended = false

  constructor(types: readonly SqlType[], rows: Iterable<CarrierRow> | AsyncIterable<CarrierRow>) {
    super(types)
    this.#iterator =
      Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]()
  }

  getCompletedBytes(): number {
    return 0
  }
  getReadTimeNanos(): number {
    return 0
  }

  advanceNextPosition(): Awaitable<boolean> {
    if (this.#ended) return false
    const step = this.#iterator.next()
    return step instanceof Promise ? step.then((s) => this.#take(s)) : this.#take(step)
  }

  async close(): Promise<void> {
    this.#row = undefined
    if (this.#ended) return
    this.#ended = true
    await this.#iterator.return?.()
  }

  protected valueAt(field: number): Value {
    assert(this.#row !== undefined, 'a record to be read')
    return this.#row[field] ?? null
  }

  #take(step: IteratorResult<CarrierRow, unknown>): boolean {
    this.#row = step.done ? undefined : step.value
    this.#ended = step.done === true
    return !this.#ended
  }
}

/** Reads the rows of a page source as a cursor, which then owns the source. */
export class PageSourceCursor extends ValueCursor {
  readonly #source: ConnectorPageSource
  #page: Page | undefined
  #position = -1

  constructor(types: readonly SqlType[], source: ConnectorPageSource) {
    super(types)
    this.#source = source
  }

  getCompletedBytes(): number {
    return this.#source.completedBytes
  }
  getReadTimeNanos(): number {
    return this.#source.readTimeNanos
  }

  advanceNextPosition(): Awaitable<boolean> {
    this.#position++
    if (this.#page !== undefined && this.#position < this.#page.rowCount) return true
    for (;;) {
      const next = this.#source.getNextPage()
      if (next instanceof Promise) return next.then((page) => this.#enter(page) ?? this.#again())
      const entered = this.#enter(next)
      if (entered !== undefined) return entered
    }
  }

  close(): Awaitable<void> {
    this.#page = undefined
    return this.#source.close()
  }

  protected valueAt(field: number): Value {
    const block = this.#page?.blocks[field]
    assert(block !== undefined, 'a record to be read')
    return readValue(block, this.#position)
  }

  /** Whether there is a record; undefined for a page that has none. */
  #enter(page: Page | undefined): boolean | undefined {
    this.#page = page
    this.#position = 0
    return page === undefined ? false : page.rowCount > 0 ? true : undefined
  }

  #again(): Awaitable<boolean> {
    this.#position = -1
    this.#page = undefined
    return this.advanceNextPosition()
  }
}
