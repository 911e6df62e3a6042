import type { BufferAddress } from '../../exchange/address.js'
import type { ChannelFactory } from '../../exchange/channel/channel.js'
import { ExchangeClient } from '../../exchange/exchange-client.js'
import type { OwnedPage } from '../../exchange/owned-page.js'
import type { MillraceError, Page } from '../../spi/index.js'

/** The pages of a query's result, read from the tasks of its first stage. */
export class ResultPages {
  readonly #client: ExchangeClient
  #borrowed: OwnedPage | undefined
  #failure: MillraceError | undefined
  #wake: (() => void) | undefined

  constructor(channels: ChannelFactory, addresses: readonly BufferAddress[]) {
    this.#client = new ExchangeClient({ channels })
    for (const address of addresses) this.#client.addSource(address)
    this.#client.noMoreSources()
  }

  /** The next page, valid until the next call; undefined at the end. @throws what the query fails with */
  async next(): Promise<Page | undefined> {
    this.#release()
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const owned = this.#client.next()
      if (owned !== undefined) {
        this.#borrowed = owned
        return owned.page
      }
      if (this.#client.isEnded) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.#client.ready().then(resolve)
      })
    }
  }

  /** Whoever waits gets the error. */
  fail(error: MillraceError): void {
    this.#failure ??= error
    this.#wake?.()
  }

  close(): void {
    this.#release()
    this.#client.close()
  }

  #release(): void {
    this.#borrowed?.release()
    this.#borrowed = undefined
  }
}
