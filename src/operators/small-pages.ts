import type { Arena, Block, Page } from '../spi/index.js'
import { ColumnStore } from './kernels/column-store.js'
import { nullBlock } from './kernels/gather.js'

/** A page that is emptier than this is put together with those that come after it. */
const SMALL_SHARE = 1 / 4

/**
 * Rows of pages of which a filter has left little, until there are enough of them: what comes next has costs a page as well
 * as a row.
 */
export class SmallPages {
  readonly #channels: readonly number[]
  readonly #arena: Arena
  readonly #fullRows: number
  #store: ColumnStore | undefined
  /** Of all channels: those that nobody reads are nulls. */
  #types: readonly Block['type'][] = []

  /**
   * @param channels those that are read afterwards
   * @param arena its own, for rows that wait
   * @param fullRows rows of a full page
   */
  constructor(channels: readonly number[], arena: Arena, fullRows: number) {
    this.#channels = channels
    this.#arena = arena
    this.#fullRows = fullRows
  }

  get isEmpty(): boolean {
    return this.#store === undefined
  }

  /** Another small page might be too much. */
  get isFull(): boolean {
    return (this.#store?.rowCount ?? 0) > this.#fullRows * (1 - SMALL_SHARE)
  }

  isSmall(rowCount: number): boolean {
    return rowCount < this.#fullRows * SMALL_SHARE
  }

  /** Copies the given positions of a page, or all of it. */
  add(page: Page, positions: Int32Array | null, count: number): void {
    if (this.#store === undefined) {
      this.#types = page.blocks.map((block) => block.type)
      const kept = this.#channels.map((channel) => this.#types[channel]!)
      this.#store = new ColumnStore(kept, this.#arena)
    }
    const blocks = this.#channels.map((channel) => page.blocks[channel]!)
    this.#store.append({ rowCount: page.rowCount, blocks }, positions, count)
  }

  /** One page of all rows that wait, in their order. */
  take(arena: Arena): Page {
    const rowCount = this.#store?.rowCount ?? 0
    const columns = this.#store?.finish(arena) ?? []
    const blocks = this.#types.map((type) => nullBlock(type, rowCount) as Block)
    this.#channels.forEach((channel, i) => {
      blocks[channel] = columns[i]!
    })
    this.#store = undefined
    this.#arena.reset()
    return { rowCount, blocks }
  }

  close(): void {
    this.#arena.close()
  }
}
