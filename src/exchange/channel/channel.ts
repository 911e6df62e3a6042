import type { MillraceError } from '../../spi/index.js'
import type { BufferAddress } from '../address.js'
import type { OwnedPage } from '../owned-page.js'

/** The consumer's end of one task's output buffer. Its pages come in order, each exactly once. */
export interface Channel {
  readonly address: BufferAddress
  /** The next page that has arrived, or undefined; its taker releases it. */
  next(): OwnedPage | undefined
  /**
   * Of a channel whose producer tells of pages only while the reader sleeps, which therefore asks it for pages again and again:
   * the reader sleeps from now on. False where there is something to take after all.
   */
  sleep?(): boolean
  /** True once every page was taken and none comes. */
  readonly isEnded: boolean
  /** Bytes that have arrived and were not taken. */
  readonly bufferedBytes: number
  /** Takes no more pages: tells the producer, unless the channel has ended. Idempotent. */
  close(): void
}

export interface ChannelListener {
  /** `next` or `isEnded` may have changed. */
  readable(): void
  /** Nothing more comes; called at most once, and not after close. */
  failed(error: MillraceError): void
  /** How many bytes the channel may have under way and waiting, now. */
  windowBytes(): number
}

/** Opens channels of one kind; made once a node. */
export interface ChannelFactory {
  open(address: BufferAddress, listener: ChannelListener): Channel
}
