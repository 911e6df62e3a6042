import { assert, type MillraceError, type Page } from '../../spi/index.js'
import type { PageOutput } from '../output-buffer.js'
import { PageRingWriter, RING_PAGES, type RingPage } from './page-ring.js'

/** Where the pages of a ring lie while they are read. */
export interface PlacedPages {
  /**
   * Sees to it that a page lies in the shared memory until it is given back, and describes it there.
   * @param slot of those below RING_PAGES, of which no page is held
   */
  place(page: Page, slot: number): Omit<RingPage, 'partition'>
  /** Pages that may be under way, of RING_PAGES: fewer where memory is scarce. */
  readonly pagesMax: number
  /** The page that a slot may have is read no more. */
  giveBack(slot: number): void
  /** No page is read any more. */
  close(): void
}

export interface ThreadOutputOptions {
  readonly memory: ArrayBufferLike
  /** Of the rings of the reader, which are cleared. */
  readonly address: number
  /** Which of these is this producer's. */
  readonly driver: number
  readonly pages: PlacedPages
  /** The reader sleeps, and is to look again. */
  wakeReader(): void
  /** Tells the reader's thread of the end. */
  onFinish(): void
  /** Tells the reader's thread of a failure. */
  onFailure(error: MillraceError): void
}

/**
 * What a driver hands on to another thread: the producer's end of a {@link ThreadChannels} channel. Pages of all partitions go through
 * one ring, in order, each with its partition.
 */
export class ThreadOutput implements PageOutput {
  readonly #options: ThreadOutputOptions
  readonly #ring: PageRingWriter
  #waiting: (() => void)[] = []
  #isEnded = false

  constructor(options: ThreadOutputOptions) {
    this.#options = options
    this.#ring = new PageRingWriter(options.memory, options.address, options.driver)
  }

  add(page: Page, partition = 0): boolean {
    if (!this.isAbandoned) {
      const { pages } = this.#options
      const { slot } = this.#ring
      assert(slot >= 0, 'a page for a full ring')
      pages.giveBack(slot)
      const placed = pages.place(page, slot)
      if (this.#ring.push(slot, { ...placed, partition })) this.#options.wakeReader()
    }
    return !this.isFull
  }

  get isFull(): boolean {
    return !this.isAbandoned && this.#ring.pagesUnderWay >= this.#options.pages.pagesMax
  }

  get isAbandoned(): boolean {
    return this.#isEnded || this.#ring.isAbandoned
  }

  ready(): Promise<void> {
    if (this.isAbandoned || !this.#ring.sleep(this.#options.pages.pagesMax))
      return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Waits until there is room for a page that is yet to be made, and has what was released given back before. */
  async makeRoom(): Promise<void> {
    while (this.isFull) await this.ready()
    this.reclaim()
  }

  /** Has the pages given back that were released. */
  reclaim(): void {
    for (let slot = 0; slot < RING_PAGES; slot++) {
      if (this.#ring.isFree(slot)) this.#options.pages.giveBack(slot)
    }
  }

  /** The reader has given a page back, or left, while the producer slept. */
  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  finish(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#options.onFinish()
  }

  fail(error: MillraceError): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#options.onFailure(error)
    this.wake()
  }

  /** Nobody reads its pages any more: who waits for room goes on. */
  abandon(): void {
    this.#isEnded = true
    this.#options.pages.close()
    this.wake()
  }
}
