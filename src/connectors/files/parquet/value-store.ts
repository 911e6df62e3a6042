import type { Arena, Block, IntegerBlock } from '../../../spi/index.js'
import type { DictionaryPage, PageParts } from './page-cursor.js'
import type { Placement } from './placement.js'

/**
 * Collects the values of a batch, for one column chunk: from dictionary pages as codes, from plain ones as they are. Addresses
 * are of kernel memory.
 */
export interface ValueStore {
  /** Takes over the dictionary's buffer. */
  setDictionary(page: DictionaryPage): void
  readonly dictionarySize: number
  /** The entries of a dictionary of integers, by code. */
  readonly integerEntries?: IntegerBlock | undefined
  /** Gives the plain values of a page: `from` to `end`. */
  openPlain(from: number, end: number, valueCount: number): void
  /** Begins a batch of at most so many values. */
  begin(capacity: number): void
  /** The next values of the plain page. */
  appendPlain(count: number): void
  skipPlain(count: number): void
  /** Values by 32-bit codes, all below the dictionary's size. */
  appendCodes(codes: number, count: number): void
  /** The block of the batch. */
  finish(placement: Placement, arena: Arena): Block
  /**
   * The block of a batch that has codes only, with its dictionary.
   * @param codes 32-bit codes of the values
   */
  finishCodes(codes: number, placement: Placement, arena: Arena): Block
  /**
   * Where the rows that are wanted can be taken from a plain page directly: reads the next `count` values, all of them rows of
   * the batch, and gives the wanted ones' block.
   */
  readSelected?(placement: Placement, arena: Arena): Block
  close(): void
}

export type { DictionaryPage, PageParts }
