import type { Page } from '../../spi/index.js'
import { type PageStream, WAIT } from '../page-stream.js'

/** Branches one after another; each is opened when the one before has ended. */
export class UnionStream implements PageStream {
  readonly #open: readonly (() => PageStream)[]
  #next = 0
  #current: PageStream | undefined
  #closing: Promise<void> | undefined

  constructor(open: readonly (() => PageStream)[]) {
    this.#open = open
  }

  next(): Page | typeof WAIT | undefined {
    if (this.#closing !== undefined) return WAIT
    for (;;) {
      if (this.#current === undefined) {
        const open = this.#open[this.#next]
        if (open === undefined) return undefined
        this.#next += 1
        this.#current = open()
      }
      const page = this.#current.next()
      if (page !== undefined) return page
      const closing = this.#current.close()
      this.#current = undefined
      if (closing !== undefined) {
        this.#closing = closing.finally(() => {
          this.#closing = undefined
        })
        return WAIT
      }
    }
  }

  ready(): Promise<void> {
    return this.#closing ?? this.#current?.ready() ?? Promise.resolve()
  }

  async close(): Promise<void> {
    await this.#closing
    await this.#current?.close()
    this.#current = undefined
  }
}
