import { MillraceError, type StoredPage } from '../../spi/index.js'
import { PageWriter } from './page-writer.js'
import type { PageIo } from './row-removal.js'
import { loadPage } from './scan.js'
import {
  columnHandle,
  isRemote,
  type MemoryTable,
  storedPages,
  type TablePage,
  tablePage,
} from './table.js'

/** Pages at a table's end that are joined to one, and the rows below which they are. */
const RUN_PAGES = 32
const SMALL_ROWS = [64, 2048] as const

/**
 * Joins the small pages that many small inserts have left at the end of a table. A page is rewritten once or twice for
 * each of two sizes, so that n inserts of a row cost O(n).
 * @returns the pages that were replaced, which scans under way may still be reading
 */
export function compact(table: MemoryTable, io: PageIo): readonly StoredPage[] {
  const replaced: StoredPage[] = []
  for (const smallRows of SMALL_ROWS) {
    const first =
      table.pages.findLastIndex((page) => page.stored.rowCount >= smallRows || isRemote(page)) + 1
    const run = table.pages.slice(first)
    if (run.length < RUN_PAGES) continue
    const joined = join(table, run, io)
    if (joined === undefined) break
    table.pages = [...table.pages.slice(0, first), ...joined]
    table.version++
    replaced.push(...run.flatMap(storedPages))
  }
  return replaced
}

/** The rows of pages in new ones; undefined where there is no memory for them, which leaves the table as it is. */
function join(
  { columns }: MemoryTable,
  run: readonly TablePage[],
  { store, storePage, discard }: PageIo,
): readonly TablePage[] | undefined {
  const handles = columns.map(columnHandle)
  const joined: TablePage[] = []
  const writer = new PageWriter(
    columns.map((column) => column.metadata.type),
    columns.map((column) => column.dictionary),
    (page) => joined.push(tablePage(storePage(page), page)),
  )
  try {
    for (const page of run) writer.append(loadPage(store, page, handles))
    writer.finish()
    return joined
  } catch (error) {
    discard(joined.map((page) => page.stored))
    const isOutOfMemory =
      error instanceof MillraceError &&
      (error.code === 'MEMORY_LIMIT_EXCEEDED' || error.code === 'EXCEEDED_LOCAL_MEMORY_LIMIT')
    if (!isOutOfMemory) throw error
    return undefined
  }
}
