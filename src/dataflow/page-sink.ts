import { flattenBlock } from '../operators/kernels/gather.js'
import type { SpilledPages, SpillFile, SpillSpace } from '../operators/spill/spill-space.js'
import type { Steps } from '../operators/steps.js'
import type { FlatBlock, Page, SqlType } from '../spi/index.js'
import { readPageWords, writePageWords } from './memory/page-words.js'
import type { ChunkArena } from './memory/query-memory.js'
import type { ChunkRun } from './memory/shared-memory.js'

/** Where a driver's pages go. */
export interface PageSink {
  /** Takes a borrowed page; the driver waits for the promise. */
  add(page: Page): void | Promise<void>
  /** What is long to do once the input has ended, in steps between which the event loop may take its turn. */
  prepare?(): Iterable<unknown>
  /** The input has ended: the state that later pipelines read, as plain data. */
  finish(): unknown
  close(): void
  /** As operators have it. */
  readonly revocableBytes?: number
  readonly neededBytes?: number
  revoke?(): Steps<void>
}

/** State of a collecting sink: pages on disk, then those in memory. */
export interface CollectedPages {
  readonly rowCount: number
  readonly spilled?: SpilledPages
  /** Words of each page, see page-words. */
  readonly pages: readonly Float64Array[]
  /** The memory that these lie in, for whoever knows that nobody reads them any more. */
  readonly runs: readonly ChunkRun[]
}

/**
 * Copies pages into memory that lives until their last reader has ended, and writes them to disk when that memory is asked
 * back. Dictionaries that have an id are copied once.
 */
export class CollectSink implements PageSink {
  readonly #arena: ChunkArena
  readonly #spill: SpillSpace | undefined
  readonly #types: readonly SqlType[]
  #copy: (page: Page) => Float64Array
  #pages: Float64Array[] = []
  #file: SpillFile | undefined
  #rowCount = 0

  /**
   * @param arena the sink's own
   * @param spill absent: the pages stay in memory
   */
  constructor(arena: ChunkArena, types: readonly SqlType[], spill?: SpillSpace) {
    this.#arena = arena
    this.#types = types
    this.#spill = spill
    this.#copy = pageCopier(arena)
  }

  get revocableBytes(): number {
    return this.#spill === undefined ? 0 : this.#arena.heldBytes
  }

  /** What comes after the pages; they are not all in work at once. */
  get neededBytes(): number {
    return this.#arena.heldBytes
  }

  *revoke(): Steps<void> {
    const memory = this.#arena.allocate(0).buffer
    const channels = this.#types.map((_, channel) => channel)
    this.#file ??= this.#spill!.createFile()
    for (const words of this.#pages) {
      this.#file.append(readPageWords(words, memory, channels, this.#types))
      yield
    }
    this.#pages = []
    this.#arena.close()
    this.#copy = pageCopier(this.#arena)
  }

  add(page: Page): void {
    this.#pages.push(this.#copy(page))
    this.#rowCount += page.rowCount
  }

  finish(): CollectedPages {
    return {
      rowCount: this.#rowCount,
      ...(this.#file === undefined ? {} : { spilled: this.#file.seal() }),
      pages: this.#pages,
      runs: this.#arena.detach(),
    }
  }

  close(): void {
    this.#arena.close()
  }
}

/** The words of a page whose buffers stay where they are, in the shared memory. */
export const placePage = (page: Page): Float64Array =>
  writePageWords(page, (buffer) => buffer.byteOffset)

/** Dictionaries that have an id, copied once for all pages that follow, as far as they have room. */
export class KeptDictionaries {
  readonly #arena: ChunkArena
  readonly #bytesMax: number
  readonly #addresses = new WeakMap<FlatBlock, ReadonlyMap<ArrayBufferView, number>>()

  /** @param bytesMax what may be kept; absent: all */
  constructor(arena: ChunkArena, bytesMax = Number.POSITIVE_INFINITY) {
    this.#arena = arena
    this.#bytesMax = bytesMax
  }

  /** Where the buffers of a dictionary lie; undefined where there is no room for it. */
  addressesOf(dictionary: FlatBlock): ReadonlyMap<ArrayBufferView, number> | undefined {
    const known = this.#addresses.get(dictionary)
    if (known !== undefined || this.#arena.heldBytes >= this.#bytesMax) return known
    const addresses = new Map<ArrayBufferView, number>()
    writePageWords({ rowCount: 0, blocks: [dictionary] }, (buffer) => {
      const address = copyInto(this.#arena, buffer)
      addresses.set(buffer, address)
      return address
    })
    this.#addresses.set(dictionary, addresses)
    return addresses
  }
}

function copyInto(arena: ChunkArena, buffer: ArrayBufferView): number {
  const target = arena.allocate(buffer.byteLength)
  target.set(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength))
  return target.byteOffset
}

/** The address of a buffer that stays where it is; undefined: it is to be copied. */
export type FindInPlace = (buffer: ArrayBufferView) => number | undefined

const nothingInPlace: FindInPlace = () => undefined

/** Makes a function that copies pages into an arena, or what of them does not stay in its place, and gives their words. */
export function pageCopier(
  arena: ChunkArena,
  dictionaries = new KeptDictionaries(arena),
  inPlace = nothingInPlace,
): (page: Page) => Float64Array {
  return (borrowed) => {
    const page = decoded(borrowed, arena, inPlace)
    const shared = new Map<ArrayBufferView, number>()
    for (const block of page.blocks) {
      if (block.encoding !== 'dictionary' || block.dictionaryId === undefined) continue
      if (staysInPlace(block.dictionary, inPlace)) continue
      const kept = dictionaries.addressesOf(block.dictionary)
      if (kept !== undefined) for (const [buffer, address] of kept) shared.set(buffer, address)
    }
    return writePageWords(
      page,
      (buffer) => inPlace(buffer) ?? shared.get(buffer) ?? copyInto(arena, buffer),
    )
  }
}

function staysInPlace(block: FlatBlock, inPlace: FindInPlace): boolean {
  let stays = inPlace !== nothingInPlace
  if (!stays) return false
  writePageWords({ rowCount: 0, blocks: [block] }, (buffer) => {
    stays &&= inPlace(buffer) !== undefined
    return 0
  })
  return stays
}

/** A dictionary that is no table's may be far longer than the page, a selection: it is decoded instead of copied. */
function decoded(page: Page, arena: ChunkArena, inPlace: FindInPlace): Page {
  const isSelection = (block: Page['blocks'][number]): boolean =>
    block.encoding === 'dictionary' &&
    block.dictionaryId === undefined &&
    block.dictionary.rowCount > block.rowCount &&
    !staysInPlace(block.dictionary, inPlace)
  if (!page.blocks.some(isSelection)) return page
  const blocks = page.blocks.map((block) =>
    isSelection(block) ? flattenBlock(block, arena) : block,
  )
  return { ...page, blocks }
}
