import type { MillraceError, Page } from '../../spi/index.js'
import type { BufferAddress } from '../address.js'
import type { Channel, ChannelFactory, ChannelListener } from '../channel/channel.js'
import type { OwnedPage } from '../owned-page.js'
import { PageRingReader } from './page-ring.js'

const SCHEME = 'thread:'

/** The address of what the driver of a pipeline hands on. @param taskId of the task's part in the driver's thread */
export const threadAddress = (taskId: string, driver: number): BufferAddress => ({
  nodeUri: SCHEME,
  taskId,
  bufferId: driver,
})

export interface ThreadChannelsOptions {
  readonly memory: ArrayBufferLike
  /** Of the rings of all producers, which are cleared. */
  readonly address: number
  /** The page that the words describe, which stays in the shared memory. */
  readPage(words: Float64Array): Page
  /** A producer sleeps, and is to look again. */
  wakeProducer(driver: number): void
}

/**
 * Channels to other threads of the process: pages stay where their producers have put them, in the shared memory, and their
 * descriptions come through rings of words. What a thread tells by message (that it has woken the reader, has ended or failed) is
 * told here by who receives its messages.
 */
export class ThreadChannels implements ChannelFactory {
  readonly #options: ThreadChannelsOptions
  readonly #channels = new Map<number, ThreadChannel>()

  constructor(options: ThreadChannelsOptions) {
    this.#options = options
  }

  open(address: BufferAddress, listener: ChannelListener): Channel {
    const channel = new ThreadChannel(address, this.#options, listener)
    this.#channels.set(address.bufferId, channel)
    // What is there already, nobody tells of.
    channel.readable()
    return channel
  }

  /** There are pages, while the reader sleeps. */
  arrived(): void {
    for (const channel of this.#channels.values()) channel.readable()
  }

  /** A producer has handed on its last page. */
  ended(driver: number): void {
    this.#channels.get(driver)?.end()
  }

  /** A producer has failed, or the thread that it was in is gone. */
  failed(error: MillraceError): void {
    for (const channel of this.#channels.values()) channel.fail(error)
  }
}

class ThreadChannel implements Channel {
  readonly address: BufferAddress
  readonly #options: ThreadChannelsOptions
  readonly #listener: ChannelListener
  readonly #ring: PageRingReader
  #hasEnd = false
  #isClosed = false

  constructor(address: BufferAddress, options: ThreadChannelsOptions, listener: ChannelListener) {
    this.address = address
    this.#options = options
    this.#listener = listener
    this.#ring = new PageRingReader(options.memory, options.address, address.bufferId)
  }

  next(): OwnedPage | undefined {
    const taken = this.#isClosed ? undefined : this.#ring.next()
    if (taken === undefined) return undefined
    const { memory, readPage } = this.#options
    if (taken.wakesWriter) this.#options.wakeProducer(this.address.bufferId)
    return {
      page: readPage(new Float64Array(memory, taken.address, taken.wordCount)),
      byteLength: taken.byteLength,
      partition: taken.partition,
      driver: this.address.bufferId,
      release: () => this.#release(taken.hold),
    }
  }

  get isEnded(): boolean {
    return this.#hasEnd && (this.#isClosed || this.#ring.isEmpty)
  }

  get bufferedBytes(): number {
    return this.#isClosed ? 0 : this.#ring.byteLength
  }

  sleep(): boolean {
    return this.#isClosed || (!this.#hasEnd && this.#ring.sleep())
  }

  close(): void {
    if (this.#isClosed) return
    const { isEnded } = this
    this.#isClosed = true
    if (!isEnded && this.#ring.leave()) this.#options.wakeProducer(this.address.bufferId)
  }

  readable(): void {
    if (!this.#isClosed) this.#listener.readable()
  }

  end(): void {
    this.#hasEnd = true
    this.readable()
  }

  fail(error: MillraceError): void {
    if (this.#isClosed || this.isEnded) return
    this.close()
    this.#listener.failed(error)
  }

  /** The memory of a closed channel may be another's already. */
  #release(hold: number): void {
    if (this.#isClosed || !this.#ring.release(hold)) return
    this.#options.wakeProducer(this.address.bufferId)
  }
}
