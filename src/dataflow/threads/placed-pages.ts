import type { RingPage } from '../../exchange/threads/page-ring.js'
import type { Page } from '../../spi/index.js'
import type { ChunkArena } from '../memory/query-memory.js'
import { KeptDictionaries, pageCopier } from '../page-sink.js'

/** Of dictionaries that a driver's pages share; beyond that they go with each page. */
export const KEPT_DICTIONARY_BYTES = 16 * 2 ** 20

/**
 * Makes what copies pages for other threads into the shared memory, each place that a page may have there into an arena of its own, with
 * the words that describe it. The arenas stay until the task ends: the consumer may still read the last pages.
 */
export function pagePlacer(
  memory: ArrayBufferLike,
  createArena: () => ChunkArena,
): (page: Page, place: number) => Omit<RingPage, 'partition'> {
  const arenas: ChunkArena[] = []
  const dictionaries = new KeptDictionaries(createArena(), KEPT_DICTIONARY_BYTES)
  return (page, place) => {
    arenas[place] ??= createArena()
    const arena = arenas[place]
    arena.reset()
    const words = pageCopier(arena, dictionaries)(page)
    const address = arena.allocateAddress(words.byteLength)
    new Float64Array(memory, address, words.length).set(words)
    return { address, wordCount: words.length, byteLength: arena.heldBytes }
  }
}
