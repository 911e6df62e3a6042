import type { Arena, Page, SqlType } from '../../spi/index.js'

/** Pages on disk as plain data, for any thread of the node. */
export interface SpilledPages {
  readonly path: string
  /** Three words a page: where it starts, its length in bytes, and the CRC-32 of these. */
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

/** Reads pages in their order, each in place of the one before it. */
export function* readSpilled(
  spill: SpillSpace,
  pages: SpilledPages,
  types: readonly SqlType[],
  arena: Arena,
): Generator<Page, void> {
  if (pages.rowCount === 0) return
  const reader = spill.open(pages, types)
  try {
    for (let i = 0; i < reader.pageCount; i++) {
      arena.reset()
      yield reader.read(i, arena)
    }
  } finally {
    reader.close()
  }
}
