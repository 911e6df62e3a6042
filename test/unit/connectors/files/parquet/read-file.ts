import { statSync } from 'node:fs'
import type { DataFile, FileColumn } from '../../../../../src/connectors/files/format.js'
import { parquetFormat } from '../../../../../src/connectors/files/parquet/format.js'
import {
  EMPTY_DYNAMIC_FILTER,
  heapArena,
  type Page,
  readValue,
  type TupleDomain,
  type Value,
} from '../../../../../src/spi/index.js'

export const dataFile = (path: string): DataFile => {
  const { size, mtimeMs } = statSync(path)
  return { path, size, modifiedMillis: mtimeMs }
}

export interface ReadFile {
  readonly columns: readonly FileColumn[]
  readonly rows: readonly (readonly Value[])[]
  readonly pages: readonly Omit<Page, 'blocks'>[]
  /** Read from the file for the rows, so without the footer where that was read before. */
  readonly byteCount: number
}

/** All rows of a file as carriers, read as the connector reads them. */
export async function readParquet(
  path: string,
  options: {
    readonly columns?: readonly string[]
    readonly predicate?: (columns: readonly FileColumn[]) => TupleDomain<FileColumn>
    readonly onPage?: (page: Page) => void
  } = {},
): Promise<ReadFile> {
  const file = dataFile(path)
  const { signal } = new AbortController()
  const summary = await parquetFormat.inspect(file, {}, signal)
  const predicate = options.predicate?.(summary.columns) ?? { columnDomains: [] }
  const columns = summary.columns.filter(({ name }) => options.columns?.includes(name) ?? true)
  const parts = await parquetFormat.splits({
    file,
    summary,
    predicate,
    targetBytes: 1 << 26,
    signal,
  })
  const rows: Value[][] = []
  let byteCount = 0
  const pages: Omit<Page, 'blocks'>[] = []
  for (const part of parts) {
    const source = await parquetFormat.createPageSource({
      file,
      summary,
      part,
      columns,
      predicate,
      dynamicFilter: EMPTY_DYNAMIC_FILTER,
      createArena: heapArena,
      pruning: { usesBloomFilters: true, usesColumnIndex: true },
      signal,
    })
    try {
      for (;;) {
        const page = await source.getNextPage()
        if (page === undefined) break
        options.onPage?.(page)
        pages.push({ rowCount: page.rowCount })
        for (let i = 0; i < page.rowCount; i++) {
          rows.push(page.blocks.map((block) => readValue(block, i)))
        }
      }
    } finally {
      byteCount += source.completedBytes
      await source.close()
    }
  }
  return { columns, rows, pages, byteCount }
}
