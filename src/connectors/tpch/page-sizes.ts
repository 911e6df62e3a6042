/** Code that has not run yet takes ten times as long, and who cancels the query waits for the end of a page. */
const FIRST_PAGE_ROWS = 2048
/** Pages that take less may have twice as many rows. */
const SHORT_MILLIS = 4
/** Sets of columns that are remembered. */
const KEPT_MAX = 256

/** How many rows pages of a thread may have, by what is generated: few at first, more as V8 compiles what generates them. */
export class PageSizes {
  readonly #rows = new Map<string, number>()

  /** @param columns names the table and its columns */
  rowsMax(columns: string): number {
    return this.#rows.get(columns) ?? FIRST_PAGE_ROWS
  }

  /** A page was generated. Its time is the clock's: a thread that had to wait for a processor tries again. */
  generated(columns: string, rowCount: number, millis: number): void {
    const rowsMax = this.rowsMax(columns)
    // What is left of a split tells little.
    if (rowCount * 2 < rowsMax || millis >= SHORT_MILLIS) return
    if (this.#rows.size === KEPT_MAX) this.#rows.clear()
    this.#rows.set(columns, rowsMax * 2)
  }
}
