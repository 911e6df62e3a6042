import { sliceBlock } from '../../expressions/wasm/import.js'
import type { Arena, Page, SqlType } from '../../spi/index.js'
import { concatBlocks } from '../kernels/concat.js'
import { gatherBlock } from '../kernels/gather.js'
import { memoryOf } from '../operator-memory.js'
import type { ChannelOrder } from '../spec.js'
import { type RowOrder, rowOrder } from './row-order.js'
import { cutRuns, type IndexedRun, type PageSlice } from './run-cuts.js'
import { sortPositions } from './sort-positions.js'

/** Which pages of a merge are made: every `step`th from `first` on. */
export interface PagesOfMerge {
  readonly first: number
  readonly step: number
}

/**
 * Merges sorted runs that lie still, page by page: what falls into a page is found by where the page begins and ends in each run,
 * without what comes before, so that several drivers can make a page each. Equal rows come in the order of the runs. A page is valid
 * until the next is asked for. The rows of a page are sorted by kernels, as long columns are: runs of a few thousand rows that are in
 * the cache take less than a comparison a row in JavaScript would.
 */
export class PageMerger {
  readonly #runs: readonly IndexedRun[]
  readonly #orderBy: readonly ChannelOrder[]
  readonly #types: readonly SqlType[]
  readonly #pageRows: number
  readonly #pages: PagesOfMerge
  readonly #order: RowOrder
  readonly #rowCount: number
  readonly #scratch: Arena
  readonly #output: Arena
  /** Where the page that was made last ends in each run. */
  #cut: readonly number[]
  #page: number

  /** @param pageRows rows of every page but the last */
  constructor(
    runs: readonly IndexedRun[],
    orderBy: readonly ChannelOrder[],
    types: readonly SqlType[],
    pageRows: number,
    pages: PagesOfMerge,
    createArena: () => Arena,
  ) {
    this.#runs = runs
    this.#orderBy = orderBy
    this.#types = types
    this.#pageRows = pageRows
    this.#pages = pages
    this.#page = pages.first
    this.#order = rowOrder(orderBy, types)
    this.#rowCount = runs.reduce((sum, run) => sum + run.rowCount, 0)
    this.#cut = runs.map(() => 0)
    this.#scratch = createArena()
    this.#output = createArena()
  }

  /** The next page of those that are this merger's; undefined at the end. */
  next(): Page | undefined {
    const from = this.#page * this.#pageRows
    if (from >= this.#rowCount) return undefined
    this.#page += this.#pages.step
    const to = Math.min(this.#rowCount, from + this.#pageRows)
    const starts = cutRuns(this.#runs, this.#order, from, this.#cut)
    const ends = cutRuns(this.#runs, this.#order, to, starts)
    this.#cut = ends
    const slices = this.#runs.flatMap((run, i) => run.slices(starts[i]!, ends[i]!))
    const page = this.#merged(slices, to - from)
    this.#runs.forEach((run, i) => run.forgetBefore(ends[i]!))
    return page
  }

  #merged(slices: readonly PageSlice[], rowCount: number): Page {
    this.#scratch.reset()
    this.#output.reset()
    const blocks = this.#types.map((type, channel) => {
      const parts = slices.map(({ page, from, count }) =>
        sliceBlock(page.blocks[channel]!, from, count, this.#scratch),
      )
      return parts.length === 1 ? parts[0]! : concatBlocks(parts, type, this.#scratch)
    })
    if (this.#isInOrder(slices)) return { rowCount, blocks }
    const memory = memoryOf(this.#scratch)
    const positions = sortPositions(memory, blocks, this.#orderBy, rowCount, this.#scratch)
    return {
      rowCount,
      blocks: blocks.map((block) => gatherBlock(block, positions, rowCount, this.#output)),
    }
  }

  /** Runs often follow one another: rows may have come in some order. */
  #isInOrder(slices: readonly PageSlice[]): boolean {
    return slices.every((next, i) => {
      if (i === 0) return true
      const { page, from, count } = slices[i - 1]!
      return this.#order(page.blocks, from + count - 1, next.page.blocks, next.from) <= 0
    })
  }

  close(): void {
    this.#scratch.close()
    this.#output.close()
  }
}
