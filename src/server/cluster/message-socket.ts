import type { RawData, WebSocket } from 'ws'
import { toMillraceError } from '../../spi/index.js'
import type { PlainCodec } from './plain-codec.js'

export interface LivenessOptions {
  /** How often the peer is asked whether it is there. */
  readonly pingMillis: number
  /** A peer of which nothing is heard for this long is gone. */
  readonly silentMillis: number
}

export const DEFAULT_LIVENESS: LivenessOptions = { pingMillis: 500, silentMillis: 3000 }

/** Messages to a node and from it, in order, over a WebSocket; silent peers are cut off. */
export class MessageSocket<Sent, Received> {
  readonly #socket: WebSocket
  readonly #codec: PlainCodec
  readonly #timer: NodeJS.Timeout
  readonly #silentMillis: number
  #heardAt = performance.now()
  #wasSilent = false
  #isClosed = false

  /** @param closed called once, after the last message, with the reason */
  constructor(
    socket: WebSocket,
    codec: PlainCodec,
    liveness: LivenessOptions,
    events: {
      readonly message: (message: Received) => void
      readonly closed: (reason: string) => void
    },
  ) {
    this.#socket = socket
    this.#codec = codec
    this.#silentMillis = liveness.silentMillis
    let reason = 'the connection was closed'
    socket.on('message', (data) => {
      this.#heard()
      if (this.#isClosed) return
      try {
        events.message(codec.unpack(bytesOf(data)) as Received)
      } catch (error) {
        reason = toMillraceError(error).message
        socket.terminate()
      }
    })
    socket.on('ping', () => this.#heard())
    socket.on('pong', () => this.#heard())
    socket.on('error', (error) => {
      reason = error.message
      socket.terminate()
    })
    socket.on('close', () => {
      if (this.#isClosed) return
      this.#isClosed = true
      clearInterval(this.#timer)
      events.closed(reason)
    })
    this.#timer = setInterval(() => {
      const isSilent = performance.now() - this.#heardAt > this.#silentMillis
      // This thread may have been busy: what came meanwhile is read before the next look.
      if (isSilent && this.#wasSilent) {
        reason = `nothing was heard of it for ${this.#silentMillis} ms`
        socket.terminate()
      } else socket.ping()
      this.#wasSilent = isSilent
    }, liveness.pingMillis)
    this.#timer.unref()
  }

  send(message: Sent): void {
    if (this.#isClosed) return
    // A send that fails is followed by the close, which is acted on.
    this.#socket.send(this.#codec.pack(message), () => {})
  }

  close(): void {
    this.#socket.close()
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#socket.terminate()
  }

  #heard(): void {
    this.#heardAt = performance.now()
  }
}

const bytesOf = (data: RawData): Uint8Array =>
  Array.isArray(data)
    ? Buffer.concat(data)
    : data instanceof ArrayBuffer
      ? new Uint8Array(data)
      : data
