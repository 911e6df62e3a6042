/**
 * Descriptions of pages on their way from one thread to another: a ring of Int32 words in the shared memory, with one writer
 * and one reader, so that counting up is all the agreement they need. The ring is the way only: an entry is free again once its
 * page was taken. The page itself is its reader's until that clears a word of the page's own, its hold: in any order, and however
 * many other pages went by meanwhile. Whoever finds nothing to do says so in a word before it looks once more and sleeps, and is
 * woken by a message from the one who finds that word set: a message costs more than a page's description does. Rings that one
 * reader reads lie side by side, and share the word that it sleeps by.
 *
 * @source Lamport, Specifying concurrent program modules, 1983 (queues of one reader and one writer)
 */

/** Pages of one ring that nobody has taken, at most. */
export const RING_PAGES = 4

/** Words of a ring: counts of pages go round at 2^32. */
const Ring = { written: 0, taken: 1, writerSleeps: 2, readerLeft: 3, entries: 16 } as const
/** Words of an entry. */
const Entry = { address: 0, wordCount: 1, byteLength: 2, partition: 3, hold: 4, words: 8 } as const
/** Each part has a cache line of its own. */
const RING_WORDS = Ring.entries + RING_PAGES * Entry.words
/** The first words are the reader's: 1 while it sleeps. */
const READER_WORDS = 16

/** What a writer that sleeps waits for. */
const Sleep = { no: 0, untilGivenBack: 1, untilTaken: 2 } as const

/** A page in the shared memory. */
export interface PlacedPage {
  /** Of its description, as doubles. */
  readonly address: number
  readonly wordCount: number
  /** What holding the page costs. */
  readonly byteLength: number
  /** The address of an Int32 word for each of its readers, side by side: their holds. */
  readonly holds: number
}

/** A page as its reader gets it. */
export interface RingPage extends Omit<PlacedPage, 'holds'> {
  /** To which of the parts of the writer's output it belongs; 0 where that is not cut. */
  readonly partition: number
  /** The address of the word that is 1 until this reader has given the page back. */
  readonly hold: number
}

export const HOLD_BYTES = Int32Array.BYTES_PER_ELEMENT

/** Bytes of the rings of one reader. */
export const pageRingBytes = (ringCount: number): number =>
  (READER_WORDS + ringCount * RING_WORDS) * 4

/** Makes the rings empty, before anybody else knows of them. */
export function clearRings(memory: ArrayBufferLike, address: number, ringCount: number): void {
  new Int32Array(memory, address, READER_WORDS + ringCount * RING_WORDS).fill(0)
}

/** What both ends see: the reader's words, then those of the ring; and all words, for holds. */
function wordsOf(memory: ArrayBufferLike, address: number, ring: number) {
  return {
    all: new Int32Array(memory),
    reader: new Int32Array(memory, address, READER_WORDS),
    ring: new Int32Array(memory, address + (READER_WORDS + ring * RING_WORDS) * 4, RING_WORDS),
  }
}

const entryOf = (page: number): number => Ring.entries + ((page >>> 0) % RING_PAGES) * Entry.words

/** A page that its reader has not given back. */
interface PageUnderWay {
  readonly place: number
  readonly byteLength: number
  readonly hold: number
}

const wordAt = (address: number): number => address >>> 2

/** The producer's end of a ring, which knows the pages that are under way: those that were not taken, and those that were not given back. */
export class PageRingWriter {
  /** Of the whole memory: a view a page would cost more than what is done with it. */
  readonly #words: Int32Array
  readonly #reader: Int32Array
  readonly #ring: Int32Array
  readonly #underWay: PageUnderWay[] = []

  /** @param address of {@link pageRingBytes} bytes, which are cleared */
  constructor(memory: ArrayBufferLike, address: number, ring: number) {
    const words = wordsOf(memory, address, ring)
    this.#words = words.all
    this.#reader = words.reader
    this.#ring = words.ring
  }

  /** Pages that were not taken. */
  get #waiting(): number {
    const ring = this.#ring
    return (Atomics.load(ring, Ring.written) - Atomics.load(ring, Ring.taken)) | 0
  }

  get isEmpty(): boolean {
    return this.#waiting === 0
  }

  get isFull(): boolean {
    return this.#waiting === RING_PAGES
  }

  get pagesUnderWay(): number {
    let pages = 0
    for (const page of this.#underWay) if (this.#isHeld(page)) pages += 1
    return pages
  }

  get bytesUnderWay(): number {
    let bytes = 0
    for (const page of this.#underWay) if (this.#isHeld(page)) bytes += page.byteLength
    return bytes
  }

  /** The reader takes no more pages, and may give back none of those it has. */
  get isAbandoned(): boolean {
    return Atomics.load(this.#ring, Ring.readerLeft) === 1
  }

  /**
   * Hands over a page; the ring is not full.
   * @param place the writer's own number for what the page lies in, of which it hears by {@link reclaim}
   * @param reader which of the page's readers the ring leads to
   * @returns whether the reader sleeps and is to be woken, by who gets true
   */
  push(place: number, page: PlacedPage, partition = 0, reader = 0): boolean {
    const { address, wordCount, byteLength, holds } = page
    const ring = this.#ring
    const hold = holds + reader * HOLD_BYTES
    this.#underWay.push({ place, byteLength, hold })
    Atomics.store(this.#words, wordAt(hold), 1)
    const written = Atomics.load(ring, Ring.written)
    const at = entryOf(written)
    ring[at + Entry.address] = address
    ring[at + Entry.wordCount] = wordCount
    ring[at + Entry.byteLength] = byteLength
    ring[at + Entry.partition] = partition
    ring[at + Entry.hold] = hold
    Atomics.store(ring, Ring.written, (written + 1) | 0)
    return Atomics.exchange(this.#reader, 0, 0) === 1
  }

  /** Tells the places of the pages that were given back meanwhile. */
  reclaim(giveBack: (place: number) => void): void {
    const pages = this.#underWay
    let kept = 0
    for (const page of pages) {
      if (this.#isHeld(page)) pages[kept++] = page
      else giveBack(page.place)
    }
    pages.length = kept
  }

  /**
   * Says that the writer sleeps from now on, until the next page is given back, or is taken already; it has to look once more
   * whether it finds nothing to do, and else to {@link stayAwake}.
   */
  sleep(until: 'givenBack' | 'taken'): void {
    const state = until === 'taken' ? Sleep.untilTaken : Sleep.untilGivenBack
    Atomics.store(this.#ring, Ring.writerSleeps, state)
  }

  stayAwake(): void {
    Atomics.store(this.#ring, Ring.writerSleeps, Sleep.no)
  }

  #isHeld({ hold }: PageUnderWay): boolean {
    return Atomics.load(this.#words, wordAt(hold)) !== 0
  }
}

/** The consumer's end of a ring. Pages are taken in order, and given back in any. */
export class PageRingReader {
  readonly #words: Int32Array
  readonly #reader: Int32Array
  readonly #ring: Int32Array

  /** @param address of {@link pageRingBytes} bytes, which are cleared */
  constructor(memory: ArrayBufferLike, address: number, ring: number) {
    const words = wordsOf(memory, address, ring)
    this.#words = words.all
    this.#reader = words.reader
    this.#ring = words.ring
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#ring, Ring.written) === this.#ring[Ring.taken]
  }

  /** Bytes of the pages that were not taken. */
  get byteLength(): number {
    const ring = this.#ring
    const written = Atomics.load(ring, Ring.written)
    let bytes = 0
    for (let page = ring[Ring.taken]!; page !== written; page = (page + 1) | 0) {
      bytes += ring[entryOf(page) + Entry.byteLength]!
    }
    return bytes
  }

  /**
   * Takes the next page, which stays where it is until it is given back.
   * @returns also whether the writer sleeps and is to be woken, by who gets true
   */
  next(): (RingPage & { readonly wakesWriter: boolean }) | undefined {
    if (this.isEmpty) return undefined
    const ring = this.#ring
    const taken = ring[Ring.taken]!
    const at = entryOf(taken)
    const page = {
      address: ring[at + Entry.address]! >>> 0,
      wordCount: ring[at + Entry.wordCount]!,
      byteLength: ring[at + Entry.byteLength]!,
      partition: ring[at + Entry.partition]!,
      hold: ring[at + Entry.hold]! >>> 0,
      wakesWriter: false,
    }
    Atomics.store(ring, Ring.taken, (taken + 1) | 0)
    const slept = Atomics.compareExchange(ring, Ring.writerSleeps, Sleep.untilTaken, Sleep.no)
    page.wakesWriter = slept === Sleep.untilTaken
    return page
  }

  /**
   * Gives a page back that was taken: its memory may be used again.
   * @returns whether the writer sleeps and is to be woken, by who gets true
   */
  release(hold: number): boolean {
    Atomics.store(this.#words, wordAt(hold), 0)
    return this.#wakesWriter()
  }

  /** Takes no more pages. @returns whether the writer sleeps and is to be woken */
  leave(): boolean {
    Atomics.store(this.#ring, Ring.readerLeft, 1)
    return this.#wakesWriter()
  }

  /** Says that the reader sleeps from now on; false where the ring has a page after all. */
  sleep(): boolean {
    Atomics.store(this.#reader, 0, 1)
    if (this.isEmpty) return true
    Atomics.store(this.#reader, 0, 0)
    return false
  }

  #wakesWriter(): boolean {
    return Atomics.exchange(this.#ring, Ring.writerSleeps, Sleep.no) !== Sleep.no
  }
}
