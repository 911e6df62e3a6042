import type { FlatBlock, Page, PageStore, SqlType, StoredPage } from '../../spi/index.js'
import { assert, MillraceError } from '../../spi/index.js'
import { readPageWords, writePageWords } from './page-words.js'
import { CHUNK_BYTES, type ChunkAllocator, type ChunkRun, STORE_OWNER } from './shared-memory.js'

const ALIGNMENT = 16
const WORD_BYTES = 8
/** Pages smaller than this share chunks. */
const SMALL_PAGE_BYTES = CHUNK_BYTES / 2

const aligned = (byteLength: number): number => Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT

interface StoredDictionary {
  readonly block: FlatBlock
  readonly offset: number
  readonly addresses: ReadonlyMap<ArrayBufferView, number>
  pages: number
}

interface Region {
  readonly run: ChunkRun
  next: number
  livePages: number
}

/**
 * Keeps pages in shared memory until they are released. A stored page is its words (count first), then its buffers.
 * One thread stores and releases; every thread loads.
 */
export class SharedPageStore implements PageStore {
  readonly #allocator: ChunkAllocator
  /** Regions by the offset of their run. */
  readonly #regions = new Map<number, Region>()
  /** Runs of stored pages and dictionaries, by the page's offset. */
  readonly #regionOfPage = new Map<number, Region>()
  #open: Region | undefined
  /** A dictionary with an id is stored once, for as long as pages that use it are. */
  readonly #dictionaries = new Map<FlatBlock, StoredDictionary>()
  readonly #dictionariesOfPage = new Map<number, readonly StoredDictionary[]>()

  constructor(allocator: ChunkAllocator) {
    this.#allocator = allocator
  }

  store(page: Page): StoredPage {
    const dictionaries = page.blocks.flatMap((block) =>
      block.encoding === 'dictionary' && block.dictionaryId !== undefined
        ? [this.#storeDictionary(block.dictionary)]
        : [],
    )
    const shared = new Map(dictionaries.flatMap((dictionary) => [...dictionary.addresses]))
    const placed = new Map<ArrayBufferView, number>()
    const buffers: { readonly buffer: ArrayBufferView; readonly offset: number }[] = []
    let bodyBytes = 0
    const measure = (buffer: ArrayBufferView): number => {
      const known = placed.get(buffer) ?? shared.get(buffer)
      if (known !== undefined) return known
      const offset = bodyBytes
      placed.set(buffer, offset)
      buffers.push({ buffer, offset })
      bodyBytes += aligned(buffer.byteLength)
      return offset
    }
    const wordCount = writePageWords(page, measure).length
    const headBytes = aligned((wordCount + 1) * WORD_BYTES)
    const byteLength = headBytes + bodyBytes
    const offset = this.#allocate(byteLength)
    const bodyStart = offset + headBytes
    const words = writePageWords(
      page,
      (buffer) => shared.get(buffer) ?? bodyStart + placed.get(buffer)!,
    )
    const memory = this.#allocator.memory.buffer
    const head = new Float64Array(memory, offset, wordCount + 1)
    head[0] = wordCount
    head.set(words, 1)
    for (const { buffer, offset: at } of buffers) copyBuffer(buffer, memory, bodyStart + at)
    if (dictionaries.length > 0) this.#dictionariesOfPage.set(offset, dictionaries)
    return { segment: 0, offset, rowCount: page.rowCount, byteLength }
  }

  load(stored: StoredPage, channels: readonly number[], types: readonly SqlType[]): Page {
    return loadStoredPage(this.#allocator.memory.buffer, stored, channels, types)
  }

  release(stored: StoredPage): void {
    for (const dictionary of this.#dictionariesOfPage.get(stored.offset) ?? []) {
      dictionary.pages -= 1
      if (dictionary.pages > 0) continue
      this.#dictionaries.delete(dictionary.block)
      this.#releaseRegion(dictionary.offset)
    }
    this.#dictionariesOfPage.delete(stored.offset)
    this.#releaseRegion(stored.offset)
  }

  #storeDictionary(block: FlatBlock): StoredDictionary {
    let stored = this.#dictionaries.get(block)
    if (stored === undefined) {
      const buffers = new Set<ArrayBufferView>()
      const collect = (buffer: ArrayBufferView): number => {
        buffers.add(buffer)
        return 0
      }
      writePageWords({ rowCount: block.rowCount, blocks: [block] }, collect)
      let byteLength = 0
      for (const buffer of buffers) byteLength += aligned(buffer.byteLength)
      const offset = this.#allocate(byteLength)
      const addresses = new Map<ArrayBufferView, number>()
      let next = offset
      for (const buffer of buffers) {
        copyBuffer(buffer, this.#allocator.memory.buffer, next)
        addresses.set(buffer, next)
        next += aligned(buffer.byteLength)
      }
      stored = { block, offset, addresses, pages: 0 }
      this.#dictionaries.set(block, stored)
    }
    stored.pages += 1
    return stored
  }

  #releaseRegion(offset: number): void {
    const region = this.#regionOfPage.get(offset)
    assert(region !== undefined, 'stored page released twice')
    this.#regionOfPage.delete(offset)
    region.livePages -= 1
    if (region.livePages > 0) return
    if (region === this.#open) this.#open = undefined
    this.#regions.delete(region.run.offset)
    this.#allocator.release(region.run)
  }

  #allocate(byteLength: number): number {
    let region = this.#open
    if (
      byteLength >= SMALL_PAGE_BYTES ||
      region === undefined ||
      region.next + byteLength > region.run.offset + region.run.byteLength
    ) {
      const run = this.#allocator.claim(byteLength, STORE_OWNER)
      if (run === undefined) {
        throw new MillraceError(
          'EXCEEDED_LOCAL_MEMORY_LIMIT',
          `No memory left to store a page of ${byteLength} bytes`,
          { hint: 'Raise memoryLimitBytes, or drop tables of the memory catalog' },
        )
      }
      region = { run, next: run.offset, livePages: 0 }
      this.#regions.set(run.offset, region)
      if (byteLength < SMALL_PAGE_BYTES) this.#open = region
    }
    const offset = region.next
    region.next += byteLength
    region.livePages += 1
    this.#regionOfPage.set(offset, region)
    return offset
  }
}

function copyBuffer(buffer: ArrayBufferView, memory: ArrayBufferLike, address: number): void {
  new Uint8Array(memory, address, buffer.byteLength).set(
    new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength),
  )
}

export function loadStoredPage(
  memory: ArrayBufferLike,
  stored: StoredPage,
  channels: readonly number[],
  types: readonly SqlType[],
): Page {
  const wordCount = new Float64Array(memory, stored.offset, 1)[0]!
  const words = new Float64Array(memory, stored.offset + WORD_BYTES, wordCount)
  return readPageWords(words, memory, channels, types)
}
