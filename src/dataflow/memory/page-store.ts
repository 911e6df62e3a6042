import type { FlatBlock, Page, PageStore, SqlType, StoredPage } from '../../spi/index.js'
import { assert, MillraceError } from '../../spi/index.js'
import { readPageWords, writePageWords } from './page-words.js'
import type { SegmentPool, SegmentRun } from './segment-pool.js'
import { CHUNK_BYTES, type ChunkAllocator, STORE_OWNER } from './shared-memory.js'

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

/** Chunks that are given back together. */
interface Region {
  readonly run: SegmentRun
  next: number
  livePages: number
}

/** A place that no two living pages have. */
const placeOf = ({ segment, offset }: Pick<StoredPage, 'segment' | 'offset'>): number =>
  segment * 2 ** 32 + offset

/**
 * Keeps pages until they are released: in the shared memory while they fit a budget, then in further segments. A stored page
 * is its words (count first), then its buffers. Dictionaries that have an id lie in the shared memory always, where all
 * pages of a column have the same. One thread stores and releases; every thread loads.
 */
export class SharedPageStore implements PageStore {
  readonly #allocator: ChunkAllocator
  readonly #segments: SegmentPool
  readonly #budgetBytes: number
  /** Bytes of the shared memory that are taken. */
  #sharedBytes = 0
  /** Where pages and dictionaries lie, by their place. */
  readonly #regionOfPage = new Map<number, Region>()
  #open: Region | undefined
  /** A dictionary with an id is stored once, for as long as pages that use it are. */
  readonly #dictionaries = new Map<FlatBlock, StoredDictionary>()
  /** By the place of the page. */
  readonly #dictionariesOfPage = new Map<number, readonly StoredDictionary[]>()

  /** @param budgetBytes how much of the shared memory pages take before they go to further segments */
  constructor(allocator: ChunkAllocator, segments: SegmentPool, budgetBytes: number) {
    this.#allocator = allocator
    this.#segments = segments
    this.#budgetBytes = budgetBytes
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
    const { segment, offset } = this.#allocate(byteLength)
    const bodyStart = offset + headBytes
    const words = writePageWords(
      page,
      (buffer) => shared.get(buffer) ?? bodyStart + placed.get(buffer)!,
    )
    const memory = this.#buffer(segment)
    const head = new Float64Array(memory, offset, wordCount + 1)
    head[0] = wordCount
    head.set(words, 1)
    for (const { buffer, offset: at } of buffers) copyBuffer(buffer, memory, bodyStart + at)
    const stored = { segment, offset, rowCount: page.rowCount, byteLength }
    if (dictionaries.length > 0) this.#dictionariesOfPage.set(placeOf(stored), dictionaries)
    return stored
  }

  load(stored: StoredPage, channels: readonly number[], types: readonly SqlType[]): Page {
    const { buffer } = this.#allocator.memory
    return loadStoredPage(this.#buffer(stored.segment), buffer, stored, channels, types)
  }

  #buffer(segment: number): SharedArrayBuffer {
    return segment === 0
      ? (this.#allocator.memory.buffer as SharedArrayBuffer)
      : this.#segments.buffer(segment)
  }

  release(stored: StoredPage): void {
    const place = placeOf(stored)
    for (const dictionary of this.#dictionariesOfPage.get(place) ?? []) {
      dictionary.pages -= 1
      if (dictionary.pages > 0) continue
      this.#dictionaries.delete(dictionary.block)
      this.#releaseRegion(dictionary.offset)
    }
    this.#dictionariesOfPage.delete(place)
    this.#releaseRegion(place)
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
      const { offset } = this.#enter(this.#claimRegion(byteLength, [this.#claimShared]), byteLength)
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

  #releaseRegion(place: number): void {
    const region = this.#regionOfPage.get(place)
    assert(region !== undefined, 'stored page released twice')
    this.#regionOfPage.delete(place)
    region.livePages -= 1
    if (region.livePages > 0) return
    if (region === this.#open) this.#open = undefined
    if (region.run.segment !== 0) {
      this.#segments.release(region.run)
      return
    }
    this.#sharedBytes -= region.run.byteLength
    this.#allocator.release(region.run)
  }

  #allocate(byteLength: number): { readonly segment: number; readonly offset: number } {
    const isSmall = byteLength < SMALL_PAGE_BYTES
    const open = isSmall ? this.#open : undefined
    if (open !== undefined && open.next + byteLength <= open.run.offset + open.run.byteLength) {
      return this.#enter(open, byteLength)
    }
    const inSegment = (bytes: number) => this.#segments.claim(bytes)
    const isOverBudget = this.#sharedBytes + byteLength > this.#budgetBytes
    const region = this.#claimRegion(
      byteLength,
      isOverBudget ? [inSegment, this.#claimShared] : [this.#claimShared, inSegment],
    )
    if (isSmall) this.#open = region
    return this.#enter(region, byteLength)
  }

  #enter(
    region: Region,
    byteLength: number,
  ): { readonly segment: number; readonly offset: number } {
    const place = { segment: region.run.segment, offset: region.next }
    region.next += byteLength
    region.livePages += 1
    this.#regionOfPage.set(placeOf(place), region)
    return place
  }

  readonly #claimShared = (byteLength: number): SegmentRun | undefined => {
    const run = this.#allocator.claim(byteLength, STORE_OWNER)
    if (run === undefined) return undefined
    this.#sharedBytes += run.byteLength
    return { segment: 0, ...run }
  }

  /** Memory from the first that has any. @throws EXCEEDED_LOCAL_MEMORY_LIMIT */
  #claimRegion(
    byteLength: number,
    claims: readonly ((byteLength: number) => SegmentRun | undefined)[],
  ): Region {
    for (const claim of claims) {
      const run = claim(byteLength)
      if (run !== undefined) return { run, next: run.offset, livePages: 0 }
    }
    throw new MillraceError(
      'EXCEEDED_LOCAL_MEMORY_LIMIT',
      `No memory left to store a page of ${byteLength} bytes`,
      { hint: 'Raise memoryLimitBytes, or drop tables of the memory catalog' },
    )
  }
}

function copyBuffer(buffer: ArrayBufferView, memory: ArrayBufferLike, address: number): void {
  new Uint8Array(memory, address, buffer.byteLength).set(
    new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength),
  )
}

/**
 * The given channels of a stored page, as views of where it lies.
 * @param segment the buffer of its segment
 * @param shared the shared memory, which has its dictionaries
 */
export function loadStoredPage(
  segment: ArrayBufferLike,
  shared: ArrayBufferLike,
  stored: StoredPage,
  channels: readonly number[],
  types: readonly SqlType[],
): Page {
  const wordCount = new Float64Array(segment, stored.offset, 1)[0]!
  const words = new Float64Array(segment, stored.offset + WORD_BYTES, wordCount)
  return readPageWords(words, segment, channels, types, 0, shared)
}
