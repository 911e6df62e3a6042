import type { Block, Page } from '../../spi/index.js'
import type { RowOrder } from './row-order.js'

/** Rows of one page, next to each other. */
export interface PageSlice {
  readonly page: Page
  readonly from: number
  readonly count: number
}

/** A sorted run whose pages lie still, so that any row of it can be looked at. */
export class IndexedRun {
  readonly rowCount: number
  /** The first row of each page, and the end. */
  readonly #starts: readonly number[]
  readonly #read: (index: number) => Page
  /** Pages that were looked at, and may be again. */
  readonly #pages = new Map<number, Page>()
  /** Of the row that was sought last: its page's number, the page's columns and its place there. */
  #at = 0
  blocks: readonly Block[] = []
  position = 0

  /**
   * @param pageRows rows of each page, at least one
   * @param read gives a page by its number
   */
  constructor(pageRows: readonly number[], read: (index: number) => Page) {
    const starts = [0]
    for (const rowCount of pageRows) starts.push(starts.at(-1)! + rowCount)
    this.#starts = starts
    this.rowCount = starts.at(-1)!
    this.#read = read
  }

  /** Goes to a row: `blocks` and `position` are where it is. */
  seek(row: number): void {
    const page = this.#pageOf(row)
    this.blocks = this.#page(page).blocks
    this.position = row - this.#starts[page]!
  }

  /** The rows [from, to), page by page. */
  slices(from: number, to: number): PageSlice[] {
    const slices: PageSlice[] = []
    for (let row = from; row < to; ) {
      const index = this.#pageOf(row)
      const start = this.#starts[index]!
      const end = Math.min(to, this.#starts[index + 1]!)
      slices.push({ page: this.#page(index), from: row - start, count: end - row })
      row = end
    }
    return slices
  }

  /** Rows before this one are not asked for any more. */
  forgetBefore(row: number): void {
    for (const index of this.#pages.keys()) {
      if (this.#starts[index + 1]! <= row) this.#pages.delete(index)
    }
  }

  #page(index: number): Page {
    let page = this.#pages.get(index)
    if (page === undefined) {
      page = this.#read(index)
      this.#pages.set(index, page)
    }
    return page
  }

  /** The number of the page of a row: mostly that of the row before. */
  #pageOf(row: number): number {
    const starts = this.#starts
    if (row >= starts[this.#at]! && row < starts[this.#at + 1]!) return this.#at
    let low = 0
    let high = starts.length - 2
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= row) low = middle
      else high = middle - 1
    }
    this.#at = low
    return low
  }
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)

/**
 * How many rows of each run are among the first `rank` rows of all; of equal rows those of earlier runs come first.
 * O(runs · log² rows) comparisons, with `rows` those between the two cuts.
 * @param from a cut before: that of a smaller rank
 * @param rank at most the rows of all runs
 * @source Odeh, Green, Mwassi, Shmueli, Birk, Merge Path: parallel merging made simple, 2012; here for any number of runs
 */
export function cutRuns(
  runs: readonly IndexedRun[],
  order: RowOrder,
  rank: number,
  from: readonly number[],
): readonly number[] {
  const low = [...from]
  const open = rank - sum(low)
  const high = runs.map(({ rowCount }, i) => Math.min(rowCount, low[i]! + open))
  while (sum(low) < rank) {
    const pivotRun = widest(low, high)
    const pivot = Math.floor((low[pivotRun]! + high[pivotRun]!) / 2)
    runs[pivotRun]!.seek(pivot)
    const before = runs.map((run, i) =>
      i === pivotRun
        ? pivot
        : rowsBefore(run, low[i]!, high[i]!, order, runs[pivotRun]!, i < pivotRun),
    )
    // What lies beyond the bounds of a run is on the side of the rank that the rest tells.
    if (sum(before) < rank) {
      low.splice(0, low.length, ...before)
      low[pivotRun] = pivot + 1
    } else high.splice(0, high.length, ...before)
  }
  return low
}

function widest(low: readonly number[], high: readonly number[]): number {
  let found = 0
  for (let i = 1; i < low.length; i++) {
    if (high[i]! - low[i]! > high[found]! - low[found]!) found = i
  }
  return found
}

/** Where the row that a run has sought would be among the rows [low, high] of another. */
function rowsBefore(
  run: IndexedRun,
  low: number,
  high: number,
  order: RowOrder,
  pivot: IndexedRun,
  tiesComeBefore: boolean,
): number {
  let from = low
  let to = high
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    run.seek(middle)
    const sign = order(run.blocks, run.position, pivot.blocks, pivot.position)
    if (sign < 0 || (sign === 0 && tiesComeBefore)) from = middle + 1
    else to = middle
  }
  return from
}
