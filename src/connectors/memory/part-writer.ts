import type { Block, Page, PageOrigin, SqlType, StoredPage } from '../../spi/index.js'
import { ColumnSummarizer, type ColumnSummary } from './column-summary.js'
import type { ColumnDictionary } from './column-writer.js'
import { PageWriter } from './page-writer.js'
import { type TablePage, tablePage } from './table.js'

/** What a sink has written: of all columns of the table, in their order. */
export interface WrittenPart {
  readonly pages: readonly TablePage[]
  readonly summaries: readonly ColumnSummary[]
}

interface PlacedPage {
  readonly page: TablePage
  /** Of the first of its rows. */
  readonly run: number
  /** Of each channel: whether its values, none of them null, are known to ascend. */
  readonly ascending: readonly boolean[]
}

interface DriverPages {
  readonly writer: PageWriter
  /** Of the rows that come. */
  run: number
  /** Of the first row of the page that is being filled. */
  pageRun: number
}

const ONLY_ORIGIN: PageOrigin = { driver: 0, run: 0 }

/**
 * Writes the rows of a sink. What the drivers of a write make at the same time goes into pages of their own, and pages come in
 * the order of the runs that they begin with: so rows that are neighbours in their source stay neighbours, and what each page has of
 * a column that is clustered there is a small range.
 */
export class PartWriter {
  readonly #types: readonly SqlType[]
  readonly #dictionaries: readonly (ColumnDictionary | undefined)[]
  readonly #store: (page: Page) => StoredPage
  readonly #summarizers: readonly ColumnSummarizer[]
  readonly #drivers = new Map<number, DriverPages>()
  #pages: PlacedPage[] = []
  #completedBytes = 0

  /** @param dictionaries of the columns that have one */
  constructor(
    types: readonly SqlType[],
    dictionaries: readonly (ColumnDictionary | undefined)[],
    store: (page: Page) => StoredPage,
  ) {
    this.#types = types
    this.#dictionaries = dictionaries
    this.#store = store
    this.#summarizers = types.map(() => new ColumnSummarizer())
  }

  get completedBytes(): number {
    return this.#completedBytes
  }

  get memoryUsage(): number {
    let bytes = 0
    for (const { writer } of this.#drivers.values()) bytes += writer.memoryUsage
    return bytes
  }

  append(page: Page, { driver, run }: PageOrigin = ONLY_ORIGIN): void {
    const pages = this.#drivers.get(driver) ?? this.#begin(driver, run)
    if (run !== pages.run) {
      pages.writer.endRun()
      pages.run = run
      if (pages.writer.rowCount === 0) pages.pageRun = run
    }
    pages.writer.append(page)
  }

  /** Stores the rest. */
  finish(): WrittenPart {
    for (const { writer } of this.#drivers.values()) writer.end()
    // Sorting is stable: pages of one run stay in their order.
    const placed = this.#pages.sort((a, b) => a.run - b.run)
    const isOneDriver = this.#drivers.size === 1
    return {
      pages: placed.map(({ page }) => page),
      summaries: this.#summarizers.map((summarizer, channel) => {
        const summary = summarizer.finish()
        return isOneDriver
          ? summary
          : { ...summary, ascending: summary.nullCount === 0 && ascendsOver(placed, channel) }
      }),
    }
  }

  /** Nothing of it is to be stored. @returns what was, which is not the writer's any more */
  abort(): readonly StoredPage[] {
    const stored = this.#pages.map(({ page }) => page.stored)
    this.#pages = []
    this.#drivers.clear()
    return stored
  }

  #begin(driver: number, run: number): DriverPages {
    const writer = new PageWriter(
      this.#types,
      this.#dictionaries,
      (page) => this.#place(page, pages),
      this.#summarizers,
    )
    const pages: DriverPages = { writer, run, pageRun: run }
    this.#drivers.set(driver, pages)
    return pages
  }

  #place(page: Page, pages: DriverPages): void {
    const stored = this.#store(page)
    this.#completedBytes += stored.byteLength
    this.#pages.push({
      page: tablePage(stored, page),
      run: pages.pageRun,
      ascending: page.blocks.map(ascends),
    })
    pages.pageRun = pages.run
  }
}

const ascends = (block: Block): boolean =>
  block.encoding === 'flat' && 'ascending' in block && block.ascending === true

/** Whether a channel without nulls ascends from page to page and in each. */
function ascendsOver(placed: readonly PlacedPage[], channel: number): boolean {
  let last = Number.NEGATIVE_INFINITY
  return placed.every(({ page, ascending }) => {
    const bounds = page.bounds[channel]
    if (bounds === undefined || ascending[channel] !== true || bounds.min < last) return false
    last = bounds.max
    return true
  })
}
