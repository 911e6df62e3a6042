import {
  BIGINT,
  blockOf,
  type ConnectorPageSink,
  type Page,
  page,
  VARBINARY,
} from '../../spi/index.js'

/** Rows that a task writes where it runs. */
export interface SinkPages {
  /**
   * Writes all rows, a page at a time, and gives one page: the number of rows, and what the sink told at its finish, one fragment a
   * row; then undefined.
   */
  nextPage(): Promise<Page | undefined>
  /** Undoes what was written, unless the sink has finished. Idempotent. */
  abort(): Promise<void>
}

/** @source Trino TableWriterOperator */
export function sinkPages(
  source: { nextPage(): Promise<Page | undefined> },
  openSink: () => Promise<ConnectorPageSink>,
): SinkPages {
  let sink: ConnectorPageSink | undefined
  let isBegun = false
  return {
    async nextPage() {
      if (isBegun) return undefined
      isBegun = true
      const opened = await openSink()
      sink = opened
      let rowCount = 0
      for (let rows = await source.nextPage(); rows !== undefined; rows = await source.nextPage()) {
        await opened.appendPage(rows)
        rowCount += rows.rowCount
      }
      const fragments = await opened.finish()
      sink = undefined
      const counts = [BigInt(rowCount), ...fragments.slice(1).map(() => 0n)]
      return page([
        blockOf(BIGINT, counts),
        blockOf(VARBINARY, fragments.length === 0 ? [null] : fragments),
      ])
    },
    async abort() {
      const open = sink
      sink = undefined
      await open?.abort()
    },
  }
}
