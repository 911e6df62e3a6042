import type { Arena, Page, SqlType } from '../../spi/index.js'
import { concatBlocks } from '../kernels/concat.js'

/** Of a page in {@link SpilledPages.index}. */
export const SPILL_INDEX_WORDS = 3

/** Pages on disk as plain data, for any thread of the node. */
export interface SpilledPages {
  readonly path: string
  /** {@link SPILL_INDEX_WORDS} words a page: where it starts, its length in bytes, and the CRC-32 of these. */
  readonly index: Float64Array
  readonly rowCount: number
  readonly byteLength: number
}

/** A file of pages that one driver writes. */
export interface SpillFile {
  readonly rowCount: number
  readonly byteLength: number
  /**
   * Writes a page behind those before it; it is borrowed for the call.
   * @throws EXCEEDED_SPILL_LIMIT, OUT_OF_SPILL_SPACE
   */
  append(page: Page): void
  /** Ends the writing: what is in the file, which stays until it is deleted or the query ends. */
  seal(): SpilledPages
  /** Deletes the file, sealed or not. */
  close(): void
}

/** Reads the pages of a file. */
export interface SpillReader {
  readonly pageCount: number
  /**
   * Reads a page into `arena`, which is not reset.
   * @throws GENERIC_INTERNAL_ERROR where what is read is not what was written
   */
  read(index: number, arena: Arena): Page
  close(): void
}

/** A query's way to disk, in one thread. Nothing is made on disk before something is written. */
export interface SpillSpace {
  /** Whatever can be is spilled, however much memory there is: for tests. */
  readonly isEager: boolean
  createFile(): SpillFile
  open(pages: SpilledPages, types: readonly SqlType[]): SpillReader
  /** Deletes a file whose pages nobody reads any more. */
  delete(pages: SpilledPages): void
}

/** Pages of more rows are written as several: who reads them back needs memory for one. */
export const SPILL_PAGE_ROWS = 8192

/** Pages are read back together up to so many bytes: what divides them again would make smaller and smaller ones. */
const TOGETHER_BYTES = 128 * 1024

/** Reads rows in their order, pages each in place of the one before it: as they were written, small ones together. */
export function* readSpilled(
  spill: SpillSpace,
  pages: SpilledPages,
  types: readonly SqlType[],
  arena: Arena,
): Generator<Page, void> {
  if (pages.rowCount === 0) return
  const reader = spill.open(pages, types)
  try {
    for (let from = 0; from < reader.pageCount; ) {
      const to = endOfGroup(pages, from, reader.pageCount)
      arena.reset()
      const group = Array.from({ length: to - from }, (_, i) => reader.read(from + i, arena))
      yield* together(group, types, arena)
      from = to
    }
  } finally {
    reader.close()
  }
}

/** Where the pages end that are read together with one: of which there is at least itself. */
function endOfGroup({ index }: SpilledPages, from: number, pageCount: number): number {
  let bytes = 0
  for (let page = from; page < pageCount; page++) {
    bytes += index[page * SPILL_INDEX_WORDS + 1]!
    if (bytes > TOGETHER_BYTES && page > from) return page
  }
  return pageCount
}

/** One page of all, unless changes are among them: these are few, and stay as they are. */
function together(
  group: readonly Page[],
  types: readonly SqlType[],
  arena: Arena,
): readonly Page[] {
  if (group.length === 1 || group.some((page) => page.changes !== undefined)) return group
  const rowCount = group.reduce((sum, page) => sum + page.rowCount, 0)
  const blocks = types.map((type, channel) =>
    concatBlocks(
      group.map((page) => page.blocks[channel]!),
      type,
      arena,
    ),
  )
  return [{ rowCount, blocks }]
}
