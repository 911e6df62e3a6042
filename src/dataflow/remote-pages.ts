import type { PageRingReader } from '../exchange/threads/page-ring.js'
import type { MillraceError, Page, SqlType } from '../spi/index.js'
import { readPageWords } from './memory/page-words.js'
import { type PageStream, WAIT } from './page-stream.js'
import type { TurnTaker } from './turns.js'

/** Pages that drivers in worker threads emit, as they come. Asking for the next one gives the last one's memory back. */
export class RemotePages implements PageStream {
  readonly #rings: PageRingReader
  readonly #memory: ArrayBufferLike
  readonly #types: readonly SqlType[]
  readonly #channels: readonly number[]
  readonly #turns: TurnTaker
  readonly #wakeDriver: (driverIndex: number) => void
  #runningDrivers: number
  #borrowedFrom: number | undefined
  #wake: (() => void) | undefined
  #failure: MillraceError | undefined
  #closed = false

  constructor(
    driverCount: number,
    rings: PageRingReader,
    memory: ArrayBufferLike,
    types: readonly SqlType[],
    turns: TurnTaker,
    wakeDriver: (driverIndex: number) => void,
  ) {
    this.#runningDrivers = driverCount
    this.#rings = rings
    this.#memory = memory
    this.#types = types
    this.#channels = types.map((_, channel) => channel)
    this.#turns = turns
    this.#wakeDriver = wakeDriver
  }

  /** A driver has emitted pages while nobody was looking. */
  arrived(): void {
    this.#wake?.()
  }

  driverEnded(): void {
    this.#runningDrivers -= 1
    this.#wake?.()
  }

  fail(error: MillraceError): void {
    this.#failure = error
    this.#wake?.()
  }

  next(): Page | typeof WAIT | undefined {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) return undefined
    if (this.#borrowedFrom !== undefined) {
      const driverIndex = this.#borrowedFrom
      this.#borrowedFrom = undefined
      if (this.#rings.release(driverIndex)) this.#wakeDriver(driverIndex)
    }
    const item = this.#rings.peek()
    if (item !== undefined) {
      this.#borrowedFrom = item.driverIndex
      return readPageWords(item.words, this.#memory, this.#channels, this.#types)
    }
    return this.#runningDrivers === 0 ? undefined : WAIT
  }

  /** Resolves when next() has something else to say than WAIT. */
  async ready(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#runningDrivers === 0 || this.#closed || !this.#rings.sleep()) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }

  /** The event loop gets its turns also where a page is there whenever one is asked for. */
  async nextPage(): Promise<Page | undefined> {
    if (this.#turns.isDue) await this.#turns.take()
    for (;;) {
      const page = this.next()
      if (page !== WAIT) return page
      await this.ready()
    }
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }
}
