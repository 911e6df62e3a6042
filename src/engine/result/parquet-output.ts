import { parquetFormat } from '../../connectors/files/parquet/format.js'
import { type Awaitable, assert, type Page } from '../../spi/index.js'
import type { ResultColumn } from './result-column.js'

/** A Parquet file that is being made. */
export interface ParquetOutput {
  /** Takes a page, which may be reused after the answer. */
  append(page: Page): Awaitable<void>
  /** Writes what is left and the footer. */
  finish(): Awaitable<void>
}

/**
 * Begins a Parquet file of a result, whose bytes go to `write` in order.
 * @throws NOT_SUPPORTED for columns that Parquet can't hold
 */
export async function createParquetOutput(
  columns: readonly ResultColumn[],
  write: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<ParquetOutput> {
  const { writing } = parquetFormat
  assert(writing !== undefined, 'Parquet files are written')
  const fileColumns = columns.map(({ name, type }, index) => ({ name, index, type }))
  for (const column of fileColumns) writing.checkColumn(column)
  let position = 0
  const output = {
    get position(): number {
      return position
    },
    async write(bytes: Uint8Array): Promise<void> {
      position += bytes.length
      await write(bytes)
    },
  }
  return writing.createWriter({ columns: fileColumns, output, options: { properties: {} }, signal })
}
