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
    yield slicePage({ rowCount, blocks }, from, Math.min(pageRows, rowCount - from), arena)
  }
}

/** Rows of a page, which share its buffers. */
export function slicePage(page: Page, from: number, rowCount: number, arena: Arena): Page {
  if (rowCount === page.rowCount) return page
  return {
    ...page,
    rowCount,
    blocks: page.blocks.map((block) => sliceBlock(block, from, rowCount, arena)),
    ...(page.changes === undefined
      ? {}
      : { changes: page.changes.subarray(from, from + rowCount) }),
  }
}
