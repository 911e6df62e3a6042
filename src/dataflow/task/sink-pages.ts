import {
  BIGINT,
  blockOf,
  type ConnectorPageSink,
  type Page,
  page,
  VARBINARY,
} from '../../spi/index.js'
import { originOf } from '../page-origin.js'

/** Gives a sink all rows and finishes it: the next page is asked for once the sink has taken the last. */
export async function writeAll(
  source: { nextPage(): Promise<Page | undefined> },
  sink: Pick<ConnectorPageSink, 'appendPage' | 'finish'>,
): Promise<{ readonly rowCount: number; readonly fragments: readonly Uint8Array[] }> {
  let rowCount = 0
  for (let rows = await source.nextPage(); rows !== undefined; rows = await source.nextPage()) {
    await sink.appendPage(rows, originOf(rows))
    rowCount += rows.rowCount
  }
  return { rowCount, fragments: await sink.finish() }
}

/** Rows that a task writes where it runs. */
export interface SinkPages {
  /**
   * Writes all rows, a page at a time, and gives one page: the number of rows, and what the sink told at its finish, one fragment a
   * row; then undefined.
   */
  nextPage(): Promise<Page | undefined>
  /** Undoes what was written, unless the sink has finished. Idempotent. */
  abort(): Promise<void>
  /** What the sink has written so far, as far as it tells. */
  readonly writtenBytes: number
}

/** @source Trino TableWriterOperator */
export function sinkPages(
  source: { nextPage(): Promise<Page | undefined> },
  openSink: () => Promise<ConnectorPageSink>,
): SinkPages {
  let sink: ConnectorPageSink | undefined
  let isBegun = false
  let writtenBytes = 0
  return {
    get writtenBytes() {
      return sink?.completedBytes ?? writtenBytes
    },
    async nextPage() {
      if (isBegun) return undefined
      isBegun = true
      const opened = await openSink()
      sink = opened
      const { rowCount, fragments } = await writeAll(source, opened)
      writtenBytes = opened.completedBytes
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
