import {
  type Block,
  isNull,
  MillraceError,
  mayHaveNulls,
  type Page,
  type PageStore,
  type StoredPage,
  selectPositions,
} from '../../spi/index.js'
import { type ColumnSummary, joinSummaries, summaryWithout } from './column-summary.js'
import { gather } from './gather.js'
import { PageWriter } from './page-writer.js'
import { pageNumber, type RowSet } from './row-id.js'
import { loadPage } from './scan.js'
import {
  columnHandle,
  type MemoryTable,
  namingPage,
  storedPages,
  type TablePage,
  tablePage,
} from './table.js'

export interface PageIo {
  readonly store: PageStore
  storePage(page: Page): StoredPage
  discard(pages: readonly StoredPage[]): void
}

/** What changes of rows lead to. */
export interface TableState {
  readonly pages: readonly TablePage[]
  readonly rowCount: number
  /** Of each column. */
  readonly summaries: readonly ColumnSummary[]
}

/** A table's pages and summaries without some of its rows. */
export interface Removal extends TableState {
  /** Pages that are not the table's any more. */
  readonly replaced: readonly StoredPage[]
}

/** A page of which at most one row in so many is left is joined with its neighbours instead of being left nearly empty. */
const SPARSE = 8

/** What a column lost. */
interface Loss {
  nulls: number
}

/**
 * Writes the pages that have any of the rows again without them, in the place of the old ones, and leaves the others as they
 * are. Nothing of the table is changed.
 * @throws TRANSACTION_CONFLICT where a page has been replaced since it was read; MEMORY_LIMIT_EXCEEDED
 */
export function removeRows(table: MemoryTable, rows: RowSet, io: PageIo): Removal {
  const known = new Set(table.pages.map((page) => pageNumber(namingPage(page))))
  for (const number of rows.pages) if (!known.has(number)) throw conflict(table)
  return rewrite(table, rows, io)
}

/** Storage that keeps what it stores, for giving it back. */
export function recordingIo(io: PageIo): {
  readonly writing: PageIo
  readonly written: readonly StoredPage[]
} {
  const written: StoredPage[] = []
  const storePage = (page: Page): StoredPage => {
    const stored = io.storePage(page)
    written.push(stored)
    return stored
  }
  return { writing: { ...io, storePage }, written }
}

export const conflict = ({ schema, name }: Pick<MemoryTable, 'schema' | 'name'>): MillraceError =>
  new MillraceError(
    'TRANSACTION_CONFLICT',
    `Another transaction has changed the table since it was read: ${schema}.${name}`,
    { hint: 'Run the statements again' },
  )

function rewrite(table: MemoryTable, rows: RowSet, io: PageIo): Removal {
  const pages: TablePage[] = []
  const replaced: StoredPage[] = []
  const losses = table.columns.map((): Loss => ({ nulls: 0 }))
  let survivors: readonly ColumnSummary[] | undefined
  let removedRows = 0
  let isAnyKept = false
  let run: Rewriter | undefined
  const endRun = (): void => {
    if (run === undefined) return
    const summaries = run.finish()
    survivors = survivors?.map((s, i) => joinSummaries(s, summaries[i]!)) ?? summaries
    run = undefined
  }
  for (const page of table.pages) {
    const positions = rows.otherPositions(namingPage(page))
    if (positions === undefined) {
      endRun()
      pages.push(page)
      isAnyKept = true
      continue
    }
    replaced.push(...storedPages(page))
    removedRows += page.stored.rowCount - positions.length
    if (positions.length * SPARSE > page.stored.rowCount) {
      endRun()
      pages.push(withoutRows(table, page, positions, losses, io))
      isAnyKept = true
      continue
    }
    run ??= new Rewriter(table, pages, losses, io)
    run.append(page, positions)
  }
  endRun()
  return {
    pages,
    replaced,
    rowCount: table.rowCount - removedRows,
    summaries: table.columns.map(({ summary }, channel) =>
      isAnyKept || survivors === undefined
        ? summaryWithout(summary, {
            rowCount: removedRows,
            nullCount: losses[channel]!.nulls - (survivors?.[channel]?.nullCount ?? 0),
            bounds: boundsOf(pages, channel),
          })
        : survivors[channel]!,
    ),
  }
}

/** A page with the given rows only, in the encodings and widths that it has. */
function withoutRows(
  table: MemoryTable,
  page: TablePage,
  positions: Int32Array,
  losses: readonly Loss[],
  io: PageIo,
): TablePage {
  const { blocks } = loadPage(io.store, page, table.columns.map(columnHandle))
  const kept = blocks.map((block, channel) => {
    const gathered = gather(block, positions)
    losses[channel]!.nulls += nullCount(block) - nullCount(gathered)
    return gathered
  })
  const rest: Page = { rowCount: positions.length, blocks: kept }
  return tablePage(io.storePage(rest), rest)
}

/** Writes what is left of neighbouring pages. */
class Rewriter {
  readonly #table: MemoryTable
  readonly #writer: PageWriter
  readonly #losses: readonly Loss[]
  readonly #io: PageIo

  constructor(table: MemoryTable, pages: TablePage[], losses: readonly Loss[], io: PageIo) {
    this.#table = table
    this.#losses = losses
    this.#io = io
    this.#writer = new PageWriter(
      table.columns.map((column) => column.metadata.type),
      table.columns.map((column) => column.dictionary),
      (page) => pages.push(tablePage(io.storePage(page), page)),
    )
  }

  append(page: TablePage, positions: Int32Array): void {
    const { blocks } = loadPage(this.#io.store, page, this.#table.columns.map(columnHandle))
    for (const [channel, block] of blocks.entries()) {
      this.#losses[channel]!.nulls += nullCount(block)
    }
    if (positions.length === 0) return
    this.#writer.append({
      rowCount: positions.length,
      blocks: blocks.map((block) => selectPositions(block, positions)),
    })
  }

  finish(): readonly ColumnSummary[] {
    return this.#writer.finish()
  }
}

function nullCount(block: Block): number {
  if (!mayHaveNulls(block)) return 0
  let count = 0
  for (let i = 0; i < block.rowCount; i++) if (isNull(block, i)) count++
  return count
}

/** The bounds of a channel over all pages; undefined where a page's are not known. */
export function boundsOf(
  pages: readonly TablePage[],
  channel: number,
): { readonly min: number; readonly max: number } | undefined {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const { bounds, channelCount } of pages) {
    if (channel >= channelCount) continue
    const range = bounds[channel]
    if (range === undefined) return undefined
    min = Math.min(min, range.min)
    max = Math.max(max, range.max)
  }
  return min <= max ? { min, max } : undefined
}
