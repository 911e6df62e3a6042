/**
 * Descriptions of pages on their way from the drivers of a pipeline to the calling thread: a ring of Int32 words a driver, in
 * the shared memory. A ring has one writer and one reader, so that counting up is all the agreement they need. Whoever finds
 * nothing to do says so in a word before it looks once more and sleeps, and is woken by a message from the one who finds
 * that word set: a message costs more than a page's description does.
 *
 * @source Lamport, Specifying concurrent program modules, 1983 (queues of one reader and one writer)
 */

/** Pages of one driver that are under way at most. */
export const RING_PAGES = 4

/** Words of a ring; both counts go round at 2^32. */
const Ring = { written: 0, taken: 1, writerSleeps: 2, slots: 4 } as const
const RING_WORDS = Ring.slots + RING_PAGES * 2 + 4
/** The first words are the reader's: 1 while it sleeps. Each part has a cache line of its own. */
const READER_WORDS = 16

export const pageRingBytes = (driverCount: number): number =>
  (READER_WORDS + driverCount * RING_WORDS) * 4

const wordsAt = (memory: ArrayBufferLike, address: number, driverCount: number): Int32Array =>
  new Int32Array(memory, address, READER_WORDS + driverCount * RING_WORDS)

/** A driver's end of its ring. */
export class PageRingWriter {
  readonly #words: Int32Array
  readonly #ring: number

  constructor(memory: ArrayBufferLike, address: number, driverIndex: number) {
    this.#words = wordsAt(memory, address, driverIndex + 1)
    this.#ring = READER_WORDS + driverIndex * RING_WORDS
  }

  /** The slot that the next page gets, from 0 to below {@link RING_PAGES}; what the page before it in the slot used is free. */
  get slot(): number {
    return (Atomics.load(this.#words, this.#ring + Ring.written) >>> 0) % RING_PAGES
  }

  get isFull(): boolean {
    const written = Atomics.load(this.#words, this.#ring + Ring.written)
    return ((written - Atomics.load(this.#words, this.#ring + Ring.taken)) | 0) >= RING_PAGES
  }

  /**
   * Hands over the description of a page, which lies in the shared memory as doubles.
   * @returns whether the reader sleeps and is to be woken, by who gets true
   */
  push(address: number, wordCount: number): boolean {
    const written = Atomics.load(this.#words, this.#ring + Ring.written)
    const slot = this.#ring + Ring.slots + this.slot * 2
    this.#words[slot] = address
    this.#words[slot + 1] = wordCount
    Atomics.store(this.#words, this.#ring + Ring.written, (written + 1) | 0)
    return Atomics.exchange(this.#words, 0, 0) === 1
  }

  /** Says that the writer sleeps from now on; false where there is room after all. */
  sleep(): boolean {
    Atomics.store(this.#words, this.#ring + Ring.writerSleeps, 1)
    if (this.isFull) return true
    Atomics.store(this.#words, this.#ring + Ring.writerSleeps, 0)
    return false
  }
}

export interface RingPage {
  readonly driverIndex: number
  /** A view of the shared memory, valid until the page is released. */
  readonly words: Float64Array
}

/** The calling thread's end of the rings of a pipeline's drivers. */
export class PageRingReader {
  readonly #memory: ArrayBufferLike
  readonly #words: Int32Array
  readonly #driverCount: number
  /** Whose ring is looked at first: drivers take turns. */
  #next = 0

  /** @param address of {@link pageRingBytes} bytes in the shared memory */
  constructor(memory: ArrayBufferLike, address: number, driverCount: number) {
    this.#memory = memory
    this.#driverCount = driverCount
    this.#words = wordsAt(memory, address, driverCount).fill(0)
  }

  get isEmpty(): boolean {
    for (let driver = 0; driver < this.#driverCount; driver++) {
      if (this.#has(driver)) return false
    }
    return true
  }

  #has(driverIndex: number): boolean {
    const ring = READER_WORDS + driverIndex * RING_WORDS
    const written = Atomics.load(this.#words, ring + Ring.written)
    return written !== this.#words[ring + Ring.taken]
  }

  /** The next page of any driver, which stays in its ring until it is released. */
  peek(): RingPage | undefined {
    for (let i = 0; i < this.#driverCount; i++) {
      const driverIndex = (this.#next + i) % this.#driverCount
      if (!this.#has(driverIndex)) continue
      this.#next = driverIndex + 1
      const ring = READER_WORDS + driverIndex * RING_WORDS
      const taken = this.#words[ring + Ring.taken]! >>> 0
      const slot = ring + Ring.slots + (taken % RING_PAGES) * 2
      const words = new Float64Array(this.#memory, this.#words[slot]! >>> 0, this.#words[slot + 1]!)
      return { driverIndex, words }
    }
    return undefined
  }

  /**
   * Gives the memory of a driver's oldest page back.
   * @returns whether the driver sleeps and is to be woken, by who gets true
   */
  release(driverIndex: number): boolean {
    const ring = READER_WORDS + driverIndex * RING_WORDS
    const taken = this.#words[ring + Ring.taken]!
    Atomics.store(this.#words, ring + Ring.taken, (taken + 1) | 0)
    return Atomics.exchange(this.#words, ring + Ring.writerSleeps, 0) === 1
  }

  /** Says that the reader sleeps from now on; false where there is a page after all. */
  sleep(): boolean {
    Atomics.store(this.#words, 0, 1)
    if (this.isEmpty) return true
    Atomics.store(this.#words, 0, 0)
    return false
  }
}
