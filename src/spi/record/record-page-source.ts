import type { Connector } from '../connector/connector.js'
import type { ConnectorTypes } from '../connector/connector-types.js'
import type { ConnectorPageSource, ConnectorPageSourceProvider } from '../connector/page-source.js'
import { CarrierPageSource } from '../define-connector/carrier-page-source.js'
import { asyncRowReader, type RowReader } from '../define-connector/row-reader.js'
import { MillraceError } from '../error.js'
import type { Awaitable } from '../metadata/schema.js'
import type { Page } from '../page/page.js'
import type { Value } from '../type/value.js'
import type { ConnectorRecordSetProvider, RecordCursor, RecordSet } from './record-set.js'
import { type FieldReader, fieldReader } from './record-value.js'

/** Reads a record set as pages. @source Trino RecordPageSource */
export class RecordPageSource implements ConnectorPageSource {
  readonly #cursor: RecordCursor
  readonly #pages: CarrierPageSource

  constructor(recordSet: RecordSet) {
    const types = recordSet.getColumnTypes()
    this.#cursor = recordSet.cursor()
    this.#pages = new CarrierPageSource(
      new CursorReader(this.#cursor, types.map(fieldReader)),
      types.map((type, index) => ({ type, index })),
    )
  }

  get completedBytes(): number {
    return this.#cursor.getCompletedBytes()
  }
  get readTimeNanos(): number {
    return this.#cursor.getReadTimeNanos()
  }
  get memoryUsage(): number {
    return this.#pages.memoryUsage
  }
  getNextPage(): Awaitable<Page | undefined> {
    return this.#pages.getNextPage()
  }
  close(): Awaitable<void> {
    return this.#pages.close()
  }
}

/** A cursor's records as rows of carriers; turns asynchronous with the first record that has to be waited for. */
class CursorReader implements RowReader {
  readonly #cursor: RecordCursor
  readonly #fields: readonly FieldReader[]
  #waiting: RowReader | undefined
  #ended = false

  constructor(cursor: RecordCursor, fields: readonly FieldReader[]) {
    this.#cursor = cursor
    this.#fields = fields
  }

  take(maxRows: number): Awaitable<readonly unknown[]> {
    if (this.#waiting !== undefined) return this.#waiting.take(maxRows)
    const rows: Value[][] = []
    while (!this.#ended && rows.length < maxRows) {
      const advanced = this.#cursor.advanceNextPosition()
      if (advanced instanceof Promise) {
        this.#waiting = this.#asynchronous(advanced)
        // What is there goes out now; the record that is waited for comes with the next batch.
        return rows.length > 0 ? rows : this.#waiting.take(maxRows)
      }
      if (advanced) rows.push(this.#row())
      else this.#ended = true
    }
    return rows
  }

  close(): Awaitable<void> {
    return this.#waiting === undefined ? this.#cursor.close() : this.#closeBoth(this.#waiting)
  }

  /** The asynchronous reader only stops a source that has not ended, a cursor is closed either way. */
  async #closeBoth(reader: RowReader): Promise<void> {
    await reader.close()
    await this.#cursor.close()
  }

  #asynchronous(first: Promise<boolean>): RowReader {
    let pending: Promise<boolean> | undefined = first
    return asyncRowReader({
      next: async () => {
        const advanced: Awaitable<boolean> = pending ?? this.#cursor.advanceNextPosition()
        pending = undefined
        return (await advanced) ? { value: this.#row() } : { done: true }
      },
      stop() {},
    })
  }

  #row(): Value[] {
    return this.#fields.map((read) => read(this.#cursor))
  }
}

/** The page source provider of a connector that has a record set provider only. @source Trino RecordPageSourceProvider */
export const recordPageSourceProvider = <T extends ConnectorTypes>(
  provider: ConnectorRecordSetProvider<T>,
): ConnectorPageSourceProvider<T> => ({
  async createPageSource(transaction, session, split, table, columns, _dynamicFilter, signal) {
    return new RecordPageSource(
      await provider.getRecordSet(transaction, session, split, table, columns, signal),
    )
  },
})

/**
 * The page source provider of a connector: its own, or one over its records.
 * @throws NOT_SUPPORTED for a connector that has neither
 */
export function pageSourceProviderOf<T extends ConnectorTypes>(
  connector: Connector<T>,
): ConnectorPageSourceProvider<T> {
  const own = connector.getPageSourceProvider?.()
  if (own !== undefined) return own
  const records = connector.getRecordSetProvider?.()
  if (records !== undefined) return recordPageSourceProvider(records)
  throw new MillraceError('NOT_SUPPORTED', 'This connector does not support reading tables')
}
