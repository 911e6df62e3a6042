import type { ExchangeClient } from '../../exchange/exchange-client.js'
import type { OwnedPage } from '../../exchange/owned-page.js'
import type { Page } from '../../spi/index.js'
import { type PageStream, WAIT } from '../page-stream.js'

/**
 * The pages of drivers that make those of one stream in turns: of n drivers, the i-th makes pages i, i + n, i + 2n … So a source without
 * a page when it is its turn has ended the stream. Pages lie in the shared memory until the next is asked for.
 */
export class InTurnsStream implements PageStream {
  readonly #clients: readonly ExchangeClient[]
  #turn = 0
  #borrowed: OwnedPage | undefined
  #waitsFor: ExchangeClient | undefined

  /** @param clients one a driver, in their order */
  constructor(clients: readonly ExchangeClient[]) {
    this.#clients = clients
  }

  next(): Page | typeof WAIT | undefined {
    this.#giveBack()
    // The others, whose turns would come later, are asked too: who reads to the end has heard of every driver's.
    for (let asked = 0; asked < this.#clients.length; asked++) {
      const client = this.#clients[this.#turn]!
      const owned = client.next()
      if (owned === undefined && !client.isEnded) {
        this.#waitsFor = client
        return WAIT
      }
      this.#turn = (this.#turn + 1) % this.#clients.length
      if (owned !== undefined) {
        this.#borrowed = owned
        return owned.page
      }
    }
    return undefined
  }

  ready(): Promise<void> {
    return this.#waitsFor?.ready() ?? Promise.resolve()
  }

  close(): void {
    for (const client of this.#clients) client.close()
    this.#giveBack()
  }

  #giveBack(): void {
    this.#borrowed?.release()
    this.#borrowed = undefined
  }
}
