import { assert, MAX_PAGE_ROWS, type Page, page, type SqlType } from '../../spi/index.js'
import { ColumnSummarizer, type ColumnSummary } from './column-summary.js'
import { type ColumnDictionary, type ColumnWriter, columnWriter } from './column-writer.js'

/** Pages are cut before their columns take more than this, whatever their rows. */
const MAX_PAGE_BYTES = 64 * 2 ** 20

/** Fewer rows make no page of their own where more are to come. */
const MIN_PAGE_ROWS = MAX_PAGE_ROWS / 4

/** Re-cuts pages of any size into stored pages of 65,536 rows, each column in its narrowest form. */
export class PageWriter {
  readonly #columns: readonly ColumnWriter[]
  readonly #summarizers: readonly ColumnSummarizer[]
  readonly #store: (page: Page) => void
  #rowCount = 0

  /**
   * @param dictionaries of the columns that have one
   * @param summarizers of all columns, which other writers may add to too
   */
  constructor(
    types: readonly SqlType[],
    dictionaries: readonly (ColumnDictionary | undefined)[],
    store: (page: Page) => void,
    summarizers: readonly ColumnSummarizer[] = types.map(() => new ColumnSummarizer()),
  ) {
    this.#summarizers = summarizers
    this.#columns = types.map((type, i) =>
      columnWriter(type, dictionaries[i], this.#summarizers[i]!),
    )
    this.#store = store
  }

  get memoryUsage(): number {
    return this.#columns.reduce((sum, column) => sum + column.byteLength, 0)
  }

  /** Of the page that is being filled. */
  get rowCount(): number {
    return this.#rowCount
  }

  append(input: Page): void {
    assert(input.blocks.length === this.#columns.length, 'a page with the columns of the table')
    assert(input.changes === undefined, 'a page of rows, not of changes')
    let start = 0
    while (start < input.rowCount) {
      const end = Math.min(input.rowCount, start + MAX_PAGE_ROWS - this.#rowCount)
      for (const [i, column] of this.#columns.entries()) column.append(input.blocks[i]!, start, end)
      this.#rowCount += end - start
      start = end
      if (this.#rowCount === MAX_PAGE_ROWS || this.memoryUsage >= MAX_PAGE_BYTES) this.#flush()
    }
  }

  /** What follows are no neighbours of the rows before: their pages are kept apart, unless these are too few. */
  endRun(): void {
    if (this.#rowCount >= MIN_PAGE_ROWS) this.#flush()
  }

  /** Stores the rest. */
  end(): void {
    if (this.#rowCount > 0) this.#flush()
    for (const column of this.#columns) column.finish()
  }

  /** Stores the rest; what is known of the columns. */
  finish(): readonly ColumnSummary[] {
    this.end()
    return this.#summarizers.map((summarizer) => summarizer.finish())
  }

  #flush(): void {
    const rowCount = this.#rowCount
    this.#rowCount = 0
    this.#store(
      page(
        this.#columns.map((column) => column.build()),
        rowCount,
      ),
    )
  }
}
