import { HOLD_BYTES, type PlacedPage, RING_PAGES } from '../../exchange/threads/page-ring.js'
import type { PageMemory } from '../../exchange/threads/places.js'
import type { Page } from '../../spi/index.js'
import type { ChunkArena } from '../memory/query-memory.js'
import { KeptDictionaries, pageCopier } from '../page-sink.js'

/** Of dictionaries that a driver's pages share; beyond that they go with each page. */
export const KEPT_DICTIONARY_BYTES = 16 * 2 ** 20

/** Puts the description of a page into its arena, and words for its readers to hold it by. */
export function describePage(
  memory: ArrayBufferLike,
  arena: ChunkArena,
  words: Float64Array,
  page: { readonly byteLength: number; readonly readerCount: number },
): PlacedPage {
  const { byteLength, readerCount } = page
  const address = arena.allocateAddress(words.byteLength)
  new Float64Array(memory, address, words.length).set(words)
  const holds = arena.allocateAddress(readerCount * HOLD_BYTES)
  return { address, wordCount: words.length, byteLength, holds }
}

/**
 * Copies pages for other threads into the shared memory, each place into an arena of its own. The memory of the first few places stays for
 * the pages that come next; of others, which there are where pages are kept, it goes as soon as they are given back. What is not given
 * back stays until the task ends: the consumer may still read the last pages.
 */
export class PlacedPages implements PageMemory {
  readonly #memory: ArrayBufferLike
  readonly #createArena: () => ChunkArena
  readonly #arenas: ChunkArena[] = []
  readonly #stayingPlaces: number
  readonly #copy: (page: Page, arena: ChunkArena) => Float64Array

  constructor(memory: ArrayBufferLike, createArena: () => ChunkArena, driverCount: number) {
    this.#memory = memory
    this.#createArena = createArena
    this.#stayingPlaces = driverCount * RING_PAGES
    const dictionaries = new KeptDictionaries(createArena(), KEPT_DICTIONARY_BYTES)
    this.#copy = (page, arena) => pageCopier(arena, dictionaries)(page)
  }

  place(page: Page, place: number, readerCount: number): PlacedPage {
    this.#arenas[place] ??= this.#createArena()
    const arena = this.#arenas[place]
    arena.reset()
    const words = this.#copy(page, arena)
    return describePage(this.#memory, arena, words, { byteLength: arena.heldBytes, readerCount })
  }

  giveBack(place: number): void {
    if (place >= this.#stayingPlaces) this.#arenas[place]!.close()
  }
}
