import { sliceBlock } from '../../expressions/wasm/import.js'
import { type Arena, type Block, blockOf, type Page, type SqlType } from '../../spi/index.js'
import { type RowOrder, rowOrder } from '../sort/row-order.js'
import type { ChannelOrder } from '../spec.js'
import type { RangeBound } from './range-bound.js'

/**
 * Cuts sorted rows into ranges, which follow one another: what comes after the last row of a range is known to be of a later
 * one.
 */
export class RangePartitioner {
  readonly #order: RowOrder
  /** The bounds, as blocks at the channels of the order. */
  readonly #bounds: readonly Block[]
  /** For each bound, the rows equal to it that come before its cut. */
  readonly #equalRows: readonly number[]
  readonly #arena: Arena
  /** The range of the next row. */
  #range = 0
  /** Rows before the next that are equal to its bound. */
  #equalSoFar = 0

  /**
   * @param bounds in their order
   * @param equalRows how many rows are expected to be equal to a bound: where that is wrong, ranges are less even
   * @param types of all channels
   */
  constructor(
    bounds: readonly RangeBound[],
    equalRows: readonly number[],
    orderBy: readonly ChannelOrder[],
    types: readonly SqlType[],
    arena: Arena,
  ) {
    this.#order = rowOrder(orderBy, types)
    this.#arena = arena
    this.#equalRows = bounds.map(({ share }, i) => Math.round(share * equalRows[i]!))
    const blocks: Block[] = []
    orderBy.forEach(({ channel }, i) => {
      blocks[channel] = blockOf(
        types[channel]!,
        bounds.map(({ key }) => key[i]!),
      )
    })
    this.#bounds = blocks
  }

  /**
   * Hands the rows of the next page to `take`, a page a range, valid until the next call; `end` hears of ranges that are
   * complete. O(ranges · log rows) comparisons.
   */
  partition(
    page: Page,
    take: (page: Page, range: number) => void,
    end: (range: number) => void,
  ): void {
    const { rowCount } = page
    this.#arena.reset()
    let from = 0
    while (from < rowCount) {
      const to = this.#cut(page, from)
      if (to > from) take(this.#slice(page, from, to), this.#range)
      if (to === rowCount) return
      end(this.#range)
      this.#nextRange()
      from = to
    }
  }

  /** The first row of a page that comes behind the range's cut. */
  #cut({ blocks, rowCount }: Page, from: number): number {
    const bound = this.#range
    if (bound === this.#equalRows.length) return rowCount
    const sign = (row: number): number => this.#order(blocks, row, this.#bounds, bound)
    if (sign(rowCount - 1) < 0) return rowCount
    const equalFrom = firstRow(from, rowCount, (row) => sign(row) >= 0)
    const equalTo = firstRow(equalFrom, rowCount, (row) => sign(row) > 0)
    const wanted = Math.max(0, this.#equalRows[bound]! - this.#equalSoFar)
    const taken = Math.min(equalTo - equalFrom, wanted)
    this.#equalSoFar += taken
    return equalFrom + taken
  }

  #nextRange(): void {
    const bound = this.#range
    this.#range += 1
    if (this.#range === this.#equalRows.length) return
    const isOther = this.#order(this.#bounds, bound, this.#bounds, this.#range) !== 0
    if (isOther) this.#equalSoFar = 0
  }

  #slice(page: Page, from: number, to: number): Page {
    const count = to - from
    if (count === page.rowCount) return page
    return {
      rowCount: count,
      blocks: page.blocks.map((block) => sliceBlock(block, from, count, this.#arena)),
    }
  }
}

/** The first row from `from` on for which `isBehind` holds; it holds for all behind that. */
function firstRow(from: number, to: number, isBehind: (row: number) => boolean): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBehind(middle)) high = middle
    else low = middle + 1
  }
  return low
}
