import { statSync } from 'node:fs'
import { arrowFormat } from '../../../../../src/connectors/files/arrow/format.js'
import { EMPTY_DYNAMIC_FILTER, heapArena, type Page } from '../../../../../src/spi/index.js'

/** The pages of an Arrow file, all columns, split by split, as the files connector reads them. */
export async function* readArrow(path: string): AsyncGenerator<Page> {
  const { signal } = new AbortController()
  const { size, mtimeMs } = statSync(path)
  const file = { path, size, modifiedMillis: mtimeMs }
  const summary = await arrowFormat.inspect(file, {}, signal)
  await arrowFormat.statistics!(file, summary, summary.columns, signal)
  const predicate = { columnDomains: [] }
  const request = { file, summary, predicate, targetBytes: 1 << 26, signal }
  for await (const part of await arrowFormat.splits(request)) {
    const source = await arrowFormat.createPageSource({
      ...request,
      part,
      columns: summary.columns,
      dynamicFilter: EMPTY_DYNAMIC_FILTER,
      createArena: heapArena,
      pruning: { usesBloomFilters: true, usesColumnIndex: true },
    })
    try {
      for (;;) {
        const page = await source.getNextPage()
        if (page === undefined) break
        if (typeof page === 'object' && 'blocks' in page) yield page
      }
    } finally {
      await source.close()
    }
  }
}
