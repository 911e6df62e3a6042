import type { BufferAddress } from '../../exchange/address.js'
import { ExchangeClient } from '../../exchange/exchange-client.js'
import type { OwnedPage } from '../../exchange/owned-page.js'
import { ThreadChannels } from '../../exchange/threads/thread-channel.js'
import type { SqlType } from '../../spi/index.js'
import { readPageWords } from '../memory/page-words.js'
import type { PageStream } from '../page-stream.js'
import { ExchangeStream } from '../streams/exchange.js'
import { InTurnsStream } from '../streams/in-turns.js'

/** The pages of drivers in other threads as one stream, and the channels that are told what these threads say. */
export function openThreadPages(options: {
  readonly memory: ArrayBufferLike
  /** Of pageRingBytes for the drivers, which are cleared. */
  readonly ringAddress: number
  /** Of each driver's output. */
  readonly sources: readonly BufferAddress[]
  readonly types: readonly SqlType[]
  /** The drivers make the stream's pages in turns. */
  readonly inTurns?: boolean
  /** The pages tell which driver made them, and of what run: their parts are runs. */
  readonly withOrigins?: boolean
  /** Notes the pages that are read, for a driver that hands their blocks on. */
  readonly take?: (page: OwnedPage) => OwnedPage
  wakeProducer(driver: number): void
}): { readonly channels: ThreadChannels; readonly pages: PageStream } {
  const { memory, ringAddress, sources, types } = options
  const columns = types.map((_, channel) => channel)
  const channels = new ThreadChannels({
    memory,
    address: ringAddress,
    readPage: (words) => readPageWords(words, memory, columns, types),
    wakeProducer: (driver) => options.wakeProducer(driver),
  })
  const clientOf = (addresses: readonly BufferAddress[]): ExchangeClient => {
    const client = new ExchangeClient({ channels })
    for (const address of addresses) client.addSource(address)
    client.noMoreSources()
    return client
  }
  const pages =
    options.inTurns === true
      ? new InTurnsStream(sources.map((source) => clientOf([source])))
      : new ExchangeStream(clientOf(sources), undefined, options)
  return { channels, pages }
}
