import type { BufferAddress } from '../../exchange/address.js'
import { ExchangeClient } from '../../exchange/exchange-client.js'
import { clearRings } from '../../exchange/threads/page-ring.js'
import { ThreadChannels } from '../../exchange/threads/thread-channel.js'
import { readPageWords } from '../memory/page-words.js'
import type { PageStream } from '../page-stream.js'
import type { PipelineSpec } from '../pipeline.js'
import { ExchangeStream } from '../streams/exchange.js'
import { InTurnsStream } from '../streams/in-turns.js'

/** The pages of drivers in other threads as one stream, and the channels that are told what these threads say. */
export function openThreadPages(options: {
  readonly memory: ArrayBufferLike
  /** Of pageRingBytes for the drivers. */
  readonly ringAddress: number
  /** Of each driver's output. */
  readonly sources: readonly BufferAddress[]
  /** Those of a merge make the stream's pages in turns. */
  readonly pipeline: PipelineSpec
  wakeProducer(driver: number): void
}): { readonly channels: ThreadChannels; readonly pages: PageStream } {
  const { memory, ringAddress, sources, pipeline } = options
  const types = 'types' in pipeline.sink ? pipeline.sink.types : []
  clearRings(memory, ringAddress, sources.length)
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
    pipeline.source.kind === 'merge'
      ? new InTurnsStream(sources.map((source) => clientOf([source])))
      : new ExchangeStream(clientOf(sources))
  return { channels, pages }
}
