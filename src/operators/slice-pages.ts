import { sliceBlock } from '../expressions/wasm/import.js'
import type { Arena, Block, Page } from '../spi/index.js'

/** Whole columns as pages of at most `pageRows` rows, which share their buffers. `arena` is reset for each. */
export function* slicePages(
  blocks: readonly Block[],
  rowCount: number,
  pageRows: number,
  arena: Arena,
): Generator<Page, void> {
  for (let from = 0; from < rowCount; from += pageRows) {
    arena.reset()
    const count = Math.min(pageRows, rowCount - from)
    yield {
      rowCount: count,
      blocks: blocks.map((block) => sliceBlock(block, from, count, arena)),
    }
  }
}
