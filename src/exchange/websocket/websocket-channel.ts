import { MillraceError, toMillraceError } from '../../spi/index.js'
import type { BufferAddress } from '../address.js'
import { corrupt } from '../arrow/message.js'
import { PageDecoder } from '../arrow/page-decoder.js'
import { openBody } from '../arrow/sealed-body.js'
import type { Channel, ChannelListener } from '../channel/channel.js'
import type { OwnedPage } from '../owned-page.js'
import { bodyOf, type FrameHeader, HEADER_BYTES } from '../protocol/frame.js'

/** What a channel asks of its connection. */
export interface ChannelConnection {
  grant(channel: WebSocketChannel): void
  /** The consumer has all, or wants no more: the producer is told, over as many connections as that takes. */
  leave(channel: WebSocketChannel, complete: boolean): void
}

/** Of the window: when so much more may be sent, the producer is told at once. */
const NEWS_FRACTION = 0.25
/** A frame that comes damaged so often fails its stream. */
const CORRUPT_TIMES_MAX = 4
let channelCount = 0

/** The consumer's side of a stream. It outlives connections: it knows which frame comes next. */
export class WebSocketChannel implements Channel {
  readonly address: BufferAddress
  readonly number: number
  readonly #listener: ChannelListener
  readonly #connection: ChannelConnection
  readonly #decoder = new PageDecoder(`exchange:${++channelCount}:`)
  #queue: { readonly owned: OwnedPage; readonly frameBytes: number }[] = []
  #bufferedBytes = 0
  /** The frame that comes next: all before it are here. */
  #next = 0
  #receivedBytes = 0
  #takenBytes = 0
  /** What the producer was told last. */
  #toldBytes = 0
  #toldLimit = 0
  #isTelling = false
  #corruptFrame = -1
  #corruptTimes = 0
  #hasEnd = false
  #isClosed = false

  constructor(
    address: BufferAddress,
    number: number,
    listener: ChannelListener,
    connection: ChannelConnection,
  ) {
    this.address = address
    this.number = number
    this.#listener = listener
    this.#connection = connection
  }

  /** What an open or grant message says, now. */
  claim(): { readonly next: number; readonly limit: number } {
    this.#toldBytes = this.#receivedBytes
    this.#toldLimit = Math.max(this.#toldLimit, this.#takenBytes + this.#listener.windowBytes())
    return { next: this.#next, limit: this.#toldLimit }
  }

  /**
   * Takes a frame; one that came before is ignored.
   * @returns false when the connection is to be made anew: a frame is missing, or came damaged
   */
  receive(header: FrameHeader, bytes: Uint8Array): boolean {
    if (this.#isClosed || header.sequence < this.#next) return true
    if (header.sequence > this.#next) return false
    try {
      this.#accept(header, bytes)
    } catch (error) {
      // Damaged on its way, or made so: whether it comes better over another connection tells.
      if (this.#corruptFrame !== header.sequence) this.#corruptTimes = 0
      this.#corruptFrame = header.sequence
      this.#corruptTimes += 1
      if (this.#corruptTimes < CORRUPT_TIMES_MAX) return false
      this.#connection.leave(this, false)
      this.fail(toMillraceError(error))
    }
    return true
  }

  next(): OwnedPage | undefined {
    const item = this.#queue.shift()
    if (item === undefined) return undefined
    this.#bufferedBytes -= item.owned.byteLength
    this.#takenBytes += item.frameBytes
    this.#tell()
    return item.owned
  }

  get isEnded(): boolean {
    return this.#hasEnd && this.#queue.length === 0
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#queue = []
    this.#bufferedBytes = 0
    if (!this.#hasEnd) this.#connection.leave(this, false)
  }

  fail(error: MillraceError): void {
    if (this.#isClosed || this.#hasEnd) return
    this.#isClosed = true
    this.#queue = []
    this.#bufferedBytes = 0
    this.#listener.failed(error)
  }

  #accept(header: FrameHeader, bytes: Uint8Array): void {
    const frameBytes = HEADER_BYTES + bytes.length
    const page = this.#decode(header, bytes)
    this.#next += 1
    this.#receivedBytes += frameBytes
    if (header.kind === 'end') {
      this.#hasEnd = true
      this.#connection.leave(this, true)
    } else if (page === undefined) this.#takenBytes += frameBytes
    else {
      this.#queue.push({ owned: page, frameBytes })
      this.#bufferedBytes += page.byteLength
    }
    this.#tell()
    if (page !== undefined || this.#hasEnd) this.#listener.readable()
  }

  #decode(header: FrameHeader, bytes: Uint8Array): OwnedPage | undefined {
    switch (header.kind) {
      case 'schema':
        this.#decoder.addSchema(header.number, openBody(bodyOf(header, bytes)))
        return undefined
      case 'dictionary':
        this.#decoder.addDictionary(header.number, openBody(bodyOf(header, bytes)))
        return undefined
      case 'page': {
        const page = this.#decoder.decode(header.number, openBody(bodyOf(header, bytes)))
        return { page, byteLength: header.rawLength, release() {} }
      }
      case 'end':
        if (header.checksum !== 0) throw corrupt('its checksum does not match')
        return undefined
      case 'control':
        throw new MillraceError('PAGE_TRANSPORT_ERROR', 'A message stands where data should')
    }
  }

  /**
   * Tells the producer what has come and what it may send: much news now, little news once a turn of the event loop, since
   * a producer with a small buffer waits for it.
   */
  #tell(): void {
    if (this.#hasEnd || this.#isClosed) return
    const window = this.#listener.windowBytes()
    if (this.#takenBytes + window - this.#toldLimit >= window * NEWS_FRACTION) {
      this.#connection.grant(this)
    } else if (!this.#isTelling && this.#receivedBytes > this.#toldBytes) {
      this.#isTelling = true
      setImmediate(() => {
        this.#isTelling = false
        if (!this.#hasEnd && !this.#isClosed && this.#receivedBytes > this.#toldBytes) {
          this.#connection.grant(this)
        }
      })
    }
  }
}
