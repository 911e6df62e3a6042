import type { BufferAddress } from '../../exchange/address.js'
import { ExchangeClient } from '../../exchange/exchange-client.js'
import { clearRings } from '../../exchange/threads/page-ring.js'
import { ThreadChannels } from '../../exchange/threads/thread-channel.js'
import type { SqlType } from '../../spi/index.js'
import { readPageWords } from '../memory/page-words.js'
import type { PageStream } from '../page-stream.js'
import { ExchangeStream } from '../streams/exchange.js'

/** The pages of drivers in other threads as one stream, and the channels that are told what these threads say. */
export function openThreadPages(options: {
  readonly memory: ArrayBufferLike
  /** Of pageRingBytes for the drivers. */
  readonly ringAddress: number
  /** Of each driver's output. */
  readonly sources: readonly BufferAddress[]
  readonly types: readonly SqlType[]
  wakeProducer(driver: number): void
}): { readonly channels: ThreadChannels; readonly pages: PageStream } {
  const { memory, ringAddress, sources, types } = options
  clearRings(memory, ringAddress, sources.length)
  const columns = types.map((_, channel) => channel)
  const channels = new ThreadChannels({
    memory,
    address: ringAddress,
    readPage: (words) => readPageWords(words, memory, columns, types),
    wakeProducer: (driver) => options.wakeProducer(driver),
  })
  const client = new ExchangeClient({ channels })
  for (const source of sources) client.addSource(source)
  client.noMoreSources()
  return { channels, pages: new ExchangeStream(client) }
}
