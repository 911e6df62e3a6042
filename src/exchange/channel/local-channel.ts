import { toMillraceError } from '../../spi/index.js'
import type { BufferAddress } from '../address.js'
import type { BufferReader } from '../output-buffer.js'
import type { OwnedPage } from '../owned-page.js'
import type { TaskBuffers } from '../task-buffers.js'
import type { Channel, ChannelFactory, ChannelListener } from './channel.js'

/** Channels to tasks of the same process: pages pass from hand to hand, nothing is copied or queued. */
export const localChannels = (buffers: TaskBuffers): ChannelFactory => ({
  open: (address, listener) => new LocalChannel(address, buffers, listener),
})

class LocalChannel implements Channel {
  readonly address: BufferAddress
  readonly #listener: ChannelListener
  #reader: BufferReader | undefined
  #closed = false

  constructor(address: BufferAddress, buffers: TaskBuffers, listener: ChannelListener) {
    this.address = address
    this.#listener = listener
    const buffer = buffers.get(address.taskId)
    if (buffer !== undefined) this.#attach(buffer.reader(address.bufferId))
    else {
      buffers.find(address.taskId).then(
        (found) => {
          if (!this.#closed) this.#attach(found.reader(address.bufferId))
        },
        (error) => this.#fail(error),
      )
    }
  }

  next(): OwnedPage | undefined {
    return this.#closed ? undefined : this.#reader?.next()
  }

  get isEnded(): boolean {
    return this.#reader?.isEnded ?? false
  }

  get bufferedBytes(): number {
    return 0
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#reader?.isEnded) this.#reader.finish()
    else this.#reader?.abort()
  }

  #attach(reader: BufferReader): void {
    this.#reader = reader
    reader.onReadable(() => {
      if (!this.#closed) this.#listener.readable()
    })
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#listener.failed(toMillraceError(error))
  }
}
