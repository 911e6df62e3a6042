import { allocateInt32 } from '../expressions/wasm/buffers.js'
import { type Arena, heapArena, type Page } from '../spi/index.js'
import { gatherBlock } from './kernels/gather.js'
import { NO_PAGES, type Operator } from './operator.js'
import type { LimitSpec, OffsetSpec } from './spec.js'

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
  #remaining: number

  constructor(spec: LimitSpec) {
    this.#remaining = spec.count
  }

  get finished(): boolean {
    return this.#remaining <= 0
  }

  process(page: Page): readonly Page[] {
    const taken = Math.min(page.rowCount, this.#remaining)
    this.#remaining -= taken
    return taken === 0 ? NO_PAGES : [slicePage(page, 0, taken, heapArena())]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {}
}

/** Drops the first `count` rows. */
export class OffsetOperator implements Operator {
  readonly finished = false
  #remaining: number

  constructor(spec: OffsetSpec) {
    this.#remaining = spec.count
  }

  process(page: Page): readonly Page[] {
    const dropped = Math.min(page.rowCount, this.#remaining)
    this.#remaining -= dropped
    if (dropped === page.rowCount) return NO_PAGES
    return [slicePage(page, dropped, page.rowCount, heapArena())]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {}
}
