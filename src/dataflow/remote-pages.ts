import type { MillraceError, Page, SqlType } from '../spi/index.js'
import { readPageWords } from './memory/page-words.js'
import { type PageStream, WAIT } from './page-stream.js'

/** Pages that worker threads send, as they come. Asking for the next one gives the last one's memory back. */
export class RemotePages implements PageStream {
  readonly #queue: { readonly thread: number; readonly words: Float64Array }[] = []
  readonly #memory: ArrayBufferLike
  readonly #types: readonly SqlType[]
  readonly #channels: readonly number[]
  readonly #giveBack: (thread: number) => void
  #runningDrivers: number
  #borrowedFrom: number | undefined
  #wake: (() => void) | undefined
  #failure: MillraceError | undefined
  #closed = false

  constructor(
    driverCount: number,
    memory: ArrayBufferLike,
    types: readonly SqlType[],
    giveBack: (thread: number) => void,
  ) {
    this.#runningDrivers = driverCount
    this.#memory = memory
    this.#types = types
    this.#channels = types.map((_, channel) => channel)
    this.#giveBack = giveBack
  }

  push(thread: number, words: Float64Array): void {
    this.#queue.push({ thread, words })
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
    if (this.#borrowedFrom !== undefined) {
      this.#giveBack(this.#borrowedFrom)
      this.#borrowedFrom = undefined
    }
    const item = this.#queue.shift()
    if (item !== undefined) {
      this.#borrowedFrom = item.thread
      return readPageWords(item.words, this.#memory, this.#channels, this.#types)
    }
    return this.#runningDrivers === 0 || this.#closed ? undefined : WAIT
  }

  async ready(): Promise<void> {
    if (this.#queue.length > 0 || this.#runningDrivers === 0 || this.#closed) return
    if (this.#failure !== undefined) throw this.#failure
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }

  async nextPage(): Promise<Page | undefined> {
    for (;;) {
      const page = this.next()
      if (page !== WAIT) return page
      await this.ready()
    }
  }

  close(): void {
    this.#closed = true
    this.#queue.length = 0
    this.#wake?.()
  }
}
