import type { Page } from '../../spi/index.js'
import type { PageOutput } from '../output-buffer.js'
import { PageRingWriter } from './page-ring.js'
import { type PageMemory, Places } from './places.js'

export interface ThreadFeedOptions {
  readonly memory: ArrayBufferLike
  /** Of the ring of each driver, which are cleared: each has a reader of its own. */
  readonly addresses: readonly number[]
  /** Every driver gets every page; otherwise each page goes to one driver, whichever has room. */
  readonly isBroadcast: boolean
  /** Copies pages into the shared memory. */
  readonly pages: PageMemory
  /**
   * What the pages of one driver may hold, taken or not, while it has others to take. One that has none is given a page in any
   * case, so that none waits for what it keeps itself.
   */
  bytesMax(): number
  /** A driver sleeps, and is to look again. */
  wakeReader(driver: number): void
  /** Tells the drivers' threads of the end. */
  onFinish(): void
}

/**
 * What one thread hands to the drivers of others: the producer's end of a channel to each. A driver takes its pages in order and gives them
 * back in any; a page that every driver is given lies in one place until the last has given it back. What a driver that leaves has not
 * given back stays where it is.
 */
export class ThreadFeed implements Omit<PageOutput, 'fail'> {
  readonly #options: ThreadFeedOptions
  readonly #rings: readonly PageRingWriter[]
  /** The ring that is asked first for room. */
  #next = 0
  readonly #places = new Places()
  /** By place: drivers that have not given its page back. */
  readonly #holders: number[] = []
  #isEnded = false
  #wake: () => void = () => {}

  constructor(options: ThreadFeedOptions) {
    this.#options = options
    this.#rings = options.addresses.map((address) => new PageRingWriter(options.memory, address, 0))
  }

  add(page: Page): boolean {
    if (this.isAbandoned) return true
    this.#reclaim()
    if (this.#options.isBroadcast) this.#addToAll(page)
    else this.#addToNext(page)
    return !this.isFull
  }

  get isFull(): boolean {
    if (this.isAbandoned) return false
    const bytesMax = this.#options.bytesMax()
    const rings = this.#rings.filter((ring) => !ring.isAbandoned)
    return this.#options.isBroadcast
      ? rings.some((ring) => !hasRoom(ring, bytesMax))
      : rings.every((ring) => !hasRoom(ring, bytesMax))
  }

  get isAbandoned(): boolean {
    return this.#isEnded || this.#rings.every((ring) => ring.isAbandoned)
  }

  /** Resolves when there may be room; who waits looks again. One call at a time. */
  ready(): Promise<void> {
    if (this.isAbandoned) return Promise.resolve()
    for (const ring of this.#rings) ring.sleep('taken')
    if (!this.isFull) {
      for (const ring of this.#rings) ring.stayAwake()
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /** A driver has taken a page or given one back, or left, while the producer slept. */
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
    const drivers = [...this.#rings.keys()]
    this.#hand(
      page,
      drivers.filter((driver) => !this.#rings[driver]!.isAbandoned),
    )
  }

  #addToNext(page: Page): void {
    const bytesMax = this.#options.bytesMax()
    const count = this.#rings.length
    for (let i = 0; i < count; i++) {
      const driver = (this.#next + i) % count
      const ring = this.#rings[driver]!
      if (ring.isAbandoned || !hasRoom(ring, bytesMax)) continue
      this.#next = (driver + 1) % count
      this.#hand(page, [driver])
      return
    }
    // The driver that had room has left since: it has enough, and would have left the page in its ring.
  }

  #hand(page: Page, drivers: readonly number[]): void {
    const place = this.#places.take()
    const placed = this.#options.pages.place(page, place, drivers.length)
    this.#holders[place] = drivers.length
    drivers.forEach((driver, reader) => {
      const sleeps = this.#rings[driver]!.push(place, placed, 0, reader)
      if (sleeps) this.#options.wakeReader(driver)
    })
  }

  /** Lets go of the pages that all have given back who were given them. */
  #reclaim(): void {
    for (const ring of this.#rings) {
      ring.reclaim((place) => {
        this.#holders[place]! -= 1
        if (this.#holders[place]! > 0) return
        this.#places.free(place)
        this.#options.pages.giveBack(place)
      })
    }
  }
}

/** Whether a driver may be given a page more. */
const hasRoom = (ring: PageRingWriter, bytesMax: number): boolean =>
  ring.isEmpty || (!ring.isFull && ring.bytesUnderWay < bytesMax)
