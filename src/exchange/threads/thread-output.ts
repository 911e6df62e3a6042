import { assert, type MillraceError, type Page } from '../../spi/index.js'
import type { PageOutput } from '../output-buffer.js'
import { PageRingWriter, RING_PAGES } from './page-ring.js'
import { type PageMemory, Places } from './places.js'

/** Where a driver's pages lie while they are read. */
export interface OutputMemory extends PageMemory {
  /** Pages that may be under way, at most RING_PAGES: fewer where memory is scarce. */
  readonly pagesMax: number
  /** No page is read any more. */
  close(): void
}

export interface ThreadOutputOptions {
  readonly memory: ArrayBufferLike
  /** Of the rings of the reader, which are cleared. */
  readonly address: number
  /** Which of these is this producer's. */
  readonly driver: number
  readonly pages: OutputMemory
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
  readonly #places = new Places()
  #waiting: (() => void)[] = []
  #isEnded = false

  constructor(options: ThreadOutputOptions) {
    this.#options = options
    this.#ring = new PageRingWriter(options.memory, options.address, options.driver)
  }

  add(page: Page, partition = 0): boolean {
    if (!this.isAbandoned) {
      assert(this.#ring.pagesUnderWay < RING_PAGES, 'a page for a full ring')
      this.reclaim()
      const place = this.#places.take()
      const placed = this.#options.pages.place(page, place, 1)
      if (this.#ring.push(place, placed, partition)) this.#options.wakeReader()
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
    if (this.isAbandoned) return Promise.resolve()
    this.#ring.sleep('givenBack')
    if (this.isFull) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#ring.stayAwake()
    return Promise.resolve()
  }

  /** Waits until there is room for a page that is yet to be made, and lets go of what was given back before. */
  async makeRoom(): Promise<void> {
    while (this.isFull) await this.ready()
    this.reclaim()
  }

  /** Lets go of the pages that were given back. */
  reclaim(): void {
    this.#ring.reclaim((place) => {
      this.#places.free(place)
      this.#options.pages.giveBack(place)
    })
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
