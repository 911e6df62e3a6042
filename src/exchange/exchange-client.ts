import { assert, type MillraceError, toMillraceError } from '../spi/index.js'
import { addressText, type BufferAddress } from './address.js'
import type { Channel, ChannelFactory } from './channel/channel.js'
import { GrowingBound } from './growing-bound.js'
import type { OwnedPage } from './owned-page.js'

export interface ExchangeClientOptions {
  readonly channels: ChannelFactory
  /**
   * What may have arrived and not been taken, over all sources together, where the taker is fast; default 32 MiB
   * (exchange.max-buffer-size).
   */
  readonly bufferBytesMax?: number
}

/** What one client holds that was not asked for anything else. */
export const DEFAULT_BUFFER_BYTES = 32 * 2 ** 20
/** However many sources there are, each may have this much under way. */
const SMALLEST_WINDOW_BYTES = 128 * 1024

interface Source {
  readonly channel: Channel
  /** Whether it is in the queue of those that may have a page. */
  queued: boolean
  ended: boolean
}

/**
 * Reads the outputs of many tasks as one stream of pages, in no particular order between tasks. Bounded in bytes: what
 * nobody takes is not sent.
 * @source Trino DirectExchangeClient
 */
export class ExchangeClient {
  readonly #channels: ChannelFactory
  readonly #bound: GrowingBound
  readonly #sources = new Map<string, Source>()
  /** Sources that may have a page, in the order they are asked. */
  readonly #ready: Source[] = []
  #running = 0
  #noMoreSources = false
  #failure: MillraceError | undefined
  #closed = false
  #waiting: (() => void)[] = []

  constructor(options: ExchangeClientOptions) {
    this.#channels = options.channels
    this.#bound = new GrowingBound(options.bufferBytesMax ?? DEFAULT_BUFFER_BYTES)
  }

  /** Starts to read a buffer; one that is read already is left alone. Nothing happens after close. */
  addSource(address: BufferAddress): void {
    assert(!this.#noMoreSources, 'a source after the last')
    const key = addressText(address)
    if (this.#closed || this.#failure !== undefined || this.#sources.has(key)) return
    this.#running += 1
    let source: Source | undefined
    let early = false
    const readable = (): void => {
      if (source === undefined) early = true
      else this.#readable(source)
    }
    const channel = this.#channels.open(address, {
      readable,
      failed: (error) => this.#fail(error),
      windowBytes: () =>
        Math.max(SMALLEST_WINDOW_BYTES, Math.floor(this.#bound.bytes / Math.max(1, this.#running))),
    })
    source = { channel, queued: false, ended: false }
    this.#sources.set(key, source)
    if (early) readable()
  }

  /** All sources are known: the stream ends when they do. */
  noMoreSources(): void {
    this.#noMoreSources = true
    if (this.#running === 0) this.#wake()
  }

  /**
   * The next page, or undefined while there is none; who takes it releases it.
   * @throws the first failure of a source
   */
  next(): OwnedPage | undefined {
    if (this.#failure !== undefined) throw this.#failure
    for (let left = this.#ready.length; left > 0; left--) {
      const source = this.#ready.shift()!
      const page = this.#take(source)
      if (this.#failure !== undefined) throw this.#failure
      if (source.channel.isEnded) this.#end(source)
      else if (page !== undefined || source.channel.sleep !== undefined) this.#ready.push(source)
      else source.queued = false
      if (page === undefined) continue
      this.#bound.passed(page.byteLength)
      return page
    }
    this.#bound.ranDry()
    return undefined
  }

  /** True once every page of every source was taken; asked after `next` gave none. */
  get isEnded(): boolean {
    return this.#closed || (this.#noMoreSources && this.#running === 0)
  }

  /** Resolves when `next` may have a page, the stream has ended or failed, or it was closed; never rejects. */
  ready(): Promise<void> {
    if (this.#failure !== undefined || this.isEnded) return Promise.resolve()
    for (const { channel } of this.#ready) {
      if (channel.sleep?.() !== true) return Promise.resolve()
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  get bufferedBytes(): number {
    let bytes = 0
    for (const { channel } of this.#sources.values()) bytes += channel.bufferedBytes
    return bytes
  }

  /** Closes every source; pages that were taken stay their takers'. Idempotent. */
  close(): void {
    this.#closed = true
    this.#closeAll()
  }

  #take(source: Source): OwnedPage | undefined {
    try {
      return source.channel.next()
    } catch (error) {
      this.#fail(toMillraceError(error))
      return undefined
    }
  }

  #readable(source: Source): void {
    if (this.#closed || source.ended) return
    if (!source.queued) this.#ready.push(source)
    source.queued = true
    this.#wake()
  }

  #end(source: Source): void {
    source.ended = true
    source.channel.close()
    this.#running -= 1
  }

  #fail(error: MillraceError): void {
    if (this.#failure !== undefined || this.#closed) return
    this.#failure = error
    this.#closeAll()
  }

  #closeAll(): void {
    for (const { channel } of this.#sources.values()) channel.close()
    this.#ready.length = 0
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
