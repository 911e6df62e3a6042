import type { Page } from '../../spi/index.js'
import type { PageOutput } from '../output-buffer.js'
import { PageRingWriter, RING_PAGES, type RingPage } from './page-ring.js'

export interface ThreadFeedOptions {
  readonly memory: ArrayBufferLike
  /** Of the ring of each driver, which are cleared: each has a reader of its own. */
  readonly addresses: readonly number[]
  /** Every driver gets every page; otherwise each page goes to one driver, whichever has room. */
  readonly isBroadcast: boolean
  /**
   * Copies a page into the shared memory and describes it there.
   * @param place a number that a page of before may have had: what that took is free
   */
  placePage(page: Page, place: number): Omit<RingPage, 'partition'>
  /** A driver sleeps, and is to look again. */
  wakeReader(driver: number): void
  /** Tells the drivers' threads of the end. */
  onFinish(): void
}

/**
 * What one thread hands to the drivers of others: the producer's end of a channel to each. A driver takes its pages in order. Those that every
 * driver is given it gives back in that order too, each before the next, so that the slots of all rings go round; others in any.
 */
export class ThreadFeed implements Omit<PageOutput, 'fail'> {
  readonly #options: ThreadFeedOptions
  readonly #rings: readonly PageRingWriter[]
  /** The ring that is asked first for room. */
  #next = 0
  /** Pages that every driver was given. */
  #broadcastCount = 0
  #isEnded = false
  #wake: () => void = () => {}

  constructor(options: ThreadFeedOptions) {
    this.#options = options
    this.#rings = options.addresses.map((address) => new PageRingWriter(options.memory, address, 0))
  }

  add(page: Page): boolean {
    if (this.isAbandoned) return true
    if (this.#options.isBroadcast) this.#addToAll(page)
    else this.#addToNext(page)
    return !this.isFull
  }

  get isFull(): boolean {
    if (this.isAbandoned) return false
    return this.#options.isBroadcast
      ? this.#rings.some((ring) => !ring.isAbandoned && ring.isFull)
      : this.#rings.every((ring) => ring.isAbandoned || ring.isFull)
  }

  get isAbandoned(): boolean {
    return this.#isEnded || this.#rings.every((ring) => ring.isAbandoned)
  }

  /** Resolves when there may be room; who waits looks again. One call at a time. */
  ready(): Promise<void> {
    const full = this.#rings.filter((ring) => !ring.isAbandoned && ring.isFull)
    const waits = this.#options.isBroadcast
      ? full.some((ring) => ring.sleep())
      : full.every((ring) => ring.sleep()) && this.isFull
    if (!waits || this.isAbandoned) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /** A driver has given a page back, or left, while the producer slept. */
  wake(): void {
    this.#wake()
  }

  finish(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#options.onFinish()
  }

  /** The memory of the rings may be another's from now on: who waits for room goes on, and finds nobody. */
  abandon(): void {
    this.#isEnded = true
    this.#wake()
  }

  #addToAll(page: Page): void {
    const slot = this.#broadcastCount++ % RING_PAGES
    const placed = this.#options.placePage(page, slot)
    this.#rings.forEach((ring, driver) => {
      if (ring.isAbandoned) return
      if (ring.push(slot, { ...placed, partition: 0 })) this.#options.wakeReader(driver)
    })
  }

  #addToNext(page: Page): void {
    const count = this.#rings.length
    for (let i = 0; i < count; i++) {
      const driver = (this.#next + i) % count
      const ring = this.#rings[driver]!
      const slot = ring.isAbandoned ? -1 : ring.slot
      if (slot < 0) continue
      this.#next = (driver + 1) % count
      const placed = this.#options.placePage(page, driver * RING_PAGES + slot)
      if (ring.push(slot, { ...placed, partition: 0 })) this.#options.wakeReader(driver)
      return
    }
    // The driver that had room has left since: it has enough, and would have left the page in its ring.
  }
}
