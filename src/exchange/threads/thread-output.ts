import { assert, type MillraceError, type Page } from '../../spi/index.js'
import type { PageOutput } from '../output-buffer.js'
import { PageRingWriter, type RingPage } from './page-ring.js'

export interface ThreadOutputOptions {
  readonly memory: ArrayBufferLike
  /** Of the rings of the reader, which are cleared. */
  readonly address: number
  /** Which of these is this producer's. */
  readonly driver: number
  /**
   * Copies a page into the shared memory and describes it there.
   * @param slot of those below RING_PAGES; what its last page took is free
   */
  placePage(page: Page, slot: number): Omit<RingPage, 'partition'>
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
      const { slot } = this.#ring
      assert(slot >= 0, 'a page for a full ring')
      const placed = this.#options.placePage(page, slot)
      if (this.#ring.push(slot, { ...placed, partition })) this.#options.wakeReader()
    }
    return !this.isFull
  }

  get isFull(): boolean {
    return !this.isAbandoned && this.#ring.isFull
  }

  get isAbandoned(): boolean {
    return this.#isEnded || this.#ring.isAbandoned
  }

  ready(): Promise<void> {
    if (this.isAbandoned || !this.#ring.sleep()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
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

  /** Nobody wants its pages any more: who waits for room goes on. */
  abandon(): void {
    this.#isEnded = true
    this.wake()
  }
}
