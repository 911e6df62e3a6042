import { assert } from '../assert.js'
import type { Block } from './block.js'

/** A set of equally long blocks, one a channel. A page of no channels still has a row count. */
export interface Page {
  readonly rowCount: number
  readonly blocks: readonly Block[]
  /**
   * For changes instead of rows: +1 (added) or -1 (retracted) a position. Absent: every row is added.
   */
  readonly changes?: Int8Array
}

/** Stored pages and scans use at most this many rows a page. */
export const MAX_PAGE_ROWS = 65_536

export function page(blocks: readonly Block[], rowCount = blocks[0]?.rowCount ?? 0): Page {
  for (const block of blocks) {
    assert(block.rowCount === rowCount, `block of ${block.rowCount} rows in a page of ${rowCount}`)
  }
  return { rowCount, blocks }
}
