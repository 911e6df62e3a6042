/**
 * Descriptions of pages on their way from one thread to another: a ring of Int32 words in the shared memory, with one writer
 * and one reader, so that counting up is all the agreement they need. A page has a slot from when it is written to when it is
 * released, in any order; the ring says in which order slots were filled. Whoever finds nothing to do says so in a word before
 * it looks once more and sleeps, and is woken by a message from the one who finds that word set: a message costs more than
 * a page's description does. Rings that one reader reads lie side by side, and share the word that it sleeps by.
 *
 * @source Lamport, Specifying concurrent program modules, 1983 (queues of one reader and one writer)
 */

/** Pages of one ring that are under way at most. */
export const RING_PAGES = 4

/** Words of a ring: the count of pages goes round at 2^32; then which slot each of the last was put into, and the slots. */
const Ring = { written: 0, writerSleeps: 1, readerLeft: 2, order: 4, slots: 16 } as const
/** Words of a slot. */
const Slot = { inUse: 0, address: 1, wordCount: 2, byteLength: 3, partition: 4, words: 8 } as const
/** Each part has a cache line of its own. */
const RING_WORDS = Ring.slots + RING_PAGES * Slot.words
/** The first words are the reader's: 1 while it sleeps. */
const READER_WORDS = 16

/** Where a page's description lies in the shared memory, as doubles, and what else its reader has to know. */
export interface RingPage {
  readonly address: number
  readonly wordCount: number
  /** What holding the page costs. */
  readonly byteLength: number
  /** To which of the parts of the writer's output it belongs; 0 where that is not cut. */
  readonly partition: number
}

/** Bytes of the rings of one reader. */
export const pageRingBytes = (ringCount: number): number =>
  (READER_WORDS + ringCount * RING_WORDS) * 4

/** Makes the rings empty, before anybody else knows of them. */
export function clearRings(memory: ArrayBufferLike, address: number, ringCount: number): void {
  new Int32Array(memory, address, READER_WORDS + ringCount * RING_WORDS).fill(0)
}

/** What both ends see: the reader's words, then those of the ring. */
function wordsOf(memory: ArrayBufferLike, address: number, ring: number) {
  return {
    reader: new Int32Array(memory, address, READER_WORDS),
    ring: new Int32Array(memory, address + (READER_WORDS + ring * RING_WORDS) * 4, RING_WORDS),
  }
}

/** The producer's end of a ring. */
export class PageRingWriter {
  readonly #reader: Int32Array
  readonly #ring: Int32Array

  /** @param address of {@link pageRingBytes} bytes, which are cleared */
  constructor(memory: ArrayBufferLike, address: number, ring: number) {
    const words = wordsOf(memory, address, ring)
    this.#reader = words.reader
    this.#ring = words.ring
  }

  /** The slot that the next page gets: of those below {@link RING_PAGES}, one whose page was released; -1: there is none. */
  get slot(): number {
    for (let slot = 0; slot < RING_PAGES; slot++) if (this.isFree(slot)) return slot
    return -1
  }

  /** Whether a slot has no page that was not released. */
  isFree(slot: number): boolean {
    return Atomics.load(this.#ring, Ring.slots + slot * Slot.words + Slot.inUse) === 0
  }

  /** Pages that were not released. */
  get pagesUnderWay(): number {
    let pages = 0
    for (let slot = 0; slot < RING_PAGES; slot++) if (!this.isFree(slot)) pages += 1
    return pages
  }

  get isFull(): boolean {
    return this.slot < 0
  }

  /** The reader takes no more pages. */
  get isAbandoned(): boolean {
    return Atomics.load(this.#ring, Ring.readerLeft) === 1
  }

  /**
   * Hands over the page in a slot.
   * @returns whether the reader sleeps and is to be woken, by who gets true
   */
  push(slot: number, { address, wordCount, byteLength, partition }: RingPage): boolean {
    const ring = this.#ring
    const written = Atomics.load(ring, Ring.written)
    const at = Ring.slots + slot * Slot.words
    ring[at + Slot.address] = address
    ring[at + Slot.wordCount] = wordCount
    ring[at + Slot.byteLength] = byteLength
    ring[at + Slot.partition] = partition
    Atomics.store(ring, at + Slot.inUse, 1)
    ring[Ring.order + ((written >>> 0) % RING_PAGES)] = slot
    Atomics.store(ring, Ring.written, (written + 1) | 0)
    return Atomics.exchange(this.#reader, 0, 0) === 1
  }

  /**
   * Says that the writer sleeps from now on, until the next page is released; false where fewer than `pagesMax` are under way after
   * all, or there is no reader any more.
   */
  sleep(pagesMax = RING_PAGES): boolean {
    Atomics.store(this.#ring, Ring.writerSleeps, 1)
    if (this.pagesUnderWay >= pagesMax && !this.isAbandoned) return true
    Atomics.store(this.#ring, Ring.writerSleeps, 0)
    return false
  }
}

/** The consumer's end of a ring. Pages are taken in order, and released in any. */
export class PageRingReader {
  readonly #reader: Int32Array
  readonly #ring: Int32Array
  /** Pages that were taken, counted as the writer counts. */
  #taken: number

  /** @param address of {@link pageRingBytes} bytes, which are cleared */
  constructor(memory: ArrayBufferLike, address: number, ring: number) {
    const words = wordsOf(memory, address, ring)
    this.#reader = words.reader
    this.#ring = words.ring
    this.#taken = 0
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#ring, Ring.written) === this.#taken
  }

  /** Bytes of the pages that were not taken. */
  get byteLength(): number {
    const written = Atomics.load(this.#ring, Ring.written)
    let bytes = 0
    for (let page = this.#taken; page !== written; page = (page + 1) | 0) {
      bytes += this.#ring[this.#slotOf(page) + Slot.byteLength]!
    }
    return bytes
  }

  /** Takes the next page, which stays where it is until its slot is released. */
  next(): (RingPage & { readonly slot: number }) | undefined {
    if (this.isEmpty) return undefined
    const at = this.#slotOf(this.#taken)
    this.#taken = (this.#taken + 1) | 0
    return {
      slot: (at - Ring.slots) / Slot.words,
      address: this.#ring[at + Slot.address]! >>> 0,
      wordCount: this.#ring[at + Slot.wordCount]!,
      byteLength: this.#ring[at + Slot.byteLength]!,
      partition: this.#ring[at + Slot.partition]!,
    }
  }

  /**
   * Gives the memory of a page back.
   * @returns whether the writer sleeps and is to be woken, by who gets true
   */
  release(slot: number): boolean {
    Atomics.store(this.#ring, Ring.slots + slot * Slot.words + Slot.inUse, 0)
    return Atomics.exchange(this.#ring, Ring.writerSleeps, 0) === 1
  }

  /** Takes no more pages. @returns whether the writer sleeps and is to be woken */
  leave(): boolean {
    Atomics.store(this.#ring, Ring.readerLeft, 1)
    return Atomics.exchange(this.#ring, Ring.writerSleeps, 0) === 1
  }

  /** Says that the reader sleeps from now on; false where the ring has a page after all. */
  sleep(): boolean {
    Atomics.store(this.#reader, 0, 1)
    if (this.isEmpty) return true
    Atomics.store(this.#reader, 0, 0)
    return false
  }

  #slotOf(page: number): number {
    const slot = this.#ring[Ring.order + ((page >>> 0) % RING_PAGES)]!
    return Ring.slots + slot * Slot.words
  }
}
