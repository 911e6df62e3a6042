import { allocateInt32 } from '../expressions/wasm/buffers.js'
import { copyBlock } from '../expressions/wasm/import.js'
import { type Arena, type Block, heapArena, type Page } from '../spi/index.js'
import { gatherBlock } from './kernels/gather.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import { rowPeers } from './sort/row-order.js'
import type { ChannelOrder, LimitSpec, OffsetSpec } from './spec.js'

export const createLimit = (spec: LimitSpec, context: OperatorContext): Operator =>
  spec.ties === undefined
    ? new LimitOperator(spec, context)
    : new TiesLimitOperator(spec.count, spec.ties, context)

/** Where the parts of pages go that an operator passes on: kernels read them, so not on the heap. */
class SliceArena {
  readonly #context: OperatorContext
  #arena: Arena | undefined

  constructor(context: OperatorContext) {
    this.#context = context
  }

  /** Gives the memory of the last page back. */
  next(): Arena {
    this.#arena ??= this.#context.createArena()
    this.#arena.reset()
    return this.#arena
  }

  close(): void {
    this.#arena?.close()
  }
}

/** Positions [from, to) of a page. */
export function slicePage(page: Page, from: number, to: number, arena: Arena): Page {
  if (from === 0 && to === page.rowCount) return page
  const rowCount = to - from
  const positions = allocateInt32(arena, rowCount)
  for (let i = 0; i < rowCount; i++) positions[i] = from + i
  const blocks = page.blocks.map((block) => gatherBlock(block, positions, rowCount, arena))
  return { rowCount, blocks }
}

/** Passes the first `count` rows on, then ends the stream: everything upstream is closed. */
export class LimitOperator implements Operator {
  readonly #slices: SliceArena
  #remaining: number

  constructor(spec: LimitSpec, context: OperatorContext) {
    this.#slices = new SliceArena(context)
    this.#remaining = spec.count
  }

  get finished(): boolean {
    return this.#remaining <= 0
  }

  process(page: Page): readonly Page[] {
    const taken = Math.min(page.rowCount, this.#remaining)
    this.#remaining -= taken
    return taken === 0 ? NO_PAGES : [slicePage(page, 0, taken, this.#slices.next())]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#slices.close()
  }
}

/**
 * FETCH FIRST … WITH TIES over sorted rows: the first `count`, then those that the order does not tell from the last of
 * them.
 */
class TiesLimitOperator implements Operator {
  readonly #slices: SliceArena
  readonly #ties: readonly ChannelOrder[]
  #remaining: number
  /** The last row of the first `count`, once its ties may still come. */
  #last: readonly Block[] | undefined
  #ended = false

  constructor(count: number, ties: readonly ChannelOrder[], context: OperatorContext) {
    this.#slices = new SliceArena(context)
    this.#remaining = count
    this.#ties = ties
    this.#ended = count === 0
  }

  get finished(): boolean {
    return this.#ended
  }

  process(page: Page): readonly Page[] {
    const taken = Math.min(page.rowCount, this.#remaining)
    this.#remaining -= taken
    if (this.#remaining > 0 || page.rowCount === 0) return page.rowCount === 0 ? NO_PAGES : [page]
    if (this.#last === undefined) {
      this.#last = slicePage(page, taken - 1, taken, heapArena()).blocks.map((block) =>
        copyBlock(block, heapArena()),
      )
    }
    const isPeer = rowPeers(
      this.#ties,
      page.blocks.map((block) => block.type),
    )
    let end = taken
    while (end < page.rowCount && isPeer(this.#last, 0, page.blocks, end)) end += 1
    this.#ended = end < page.rowCount
    return end === 0 ? NO_PAGES : [slicePage(page, 0, end, this.#slices.next())]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#slices.close()
  }
}

/** Drops the first `count` rows. */
export class OffsetOperator implements Operator {
  readonly finished = false
  readonly #slices: SliceArena
  #remaining: number

  constructor(spec: OffsetSpec, context: OperatorContext) {
    this.#slices = new SliceArena(context)
    this.#remaining = spec.count
  }

  process(page: Page): readonly Page[] {
    const dropped = Math.min(page.rowCount, this.#remaining)
    this.#remaining -= dropped
    if (dropped === page.rowCount) return NO_PAGES
    return [slicePage(page, dropped, page.rowCount, this.#slices.next())]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#slices.close()
  }
}
