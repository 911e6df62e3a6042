import type { RawData, WebSocket } from 'ws'
import { toMillraceError } from '../../spi/index.js'
import type { PlainCodec } from './plain-codec.js'

export interface LivenessOptions {
  /** How often the peer is asked whether it is there. */
  readonly pingMillis: number
  /** A peer of which nothing is heard for this long is gone. */
  readonly silentMillis: number
  /** A peer that lives, but says nothing by itself for this long, is gone. */
  readonly stuckMillis: number
}

/** What a coordinator expects of workers, whose processes say that they live however busy they are. */
export const DEFAULT_LIVENESS: LivenessOptions = {
  pingMillis: 500,
  silentMillis: 3000,
  stuckMillis: 60_000,
}

/** Messages to a node and from it, in order, over a WebSocket; silent peers are cut off. */
export class MessageSocket<Sent, Received> {
  readonly #socket: WebSocket
  readonly #codec: PlainCodec
  readonly #timer: NodeJS.Timeout
  #heardAt = performance.now()
  #livedAt = performance.now()
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
      const silentMillis = this.#silentMillis
      const isSilent =
        silentMillis > liveness.stuckMillis || this.#lifelessMillis > liveness.silentMillis
      // This thread may have been busy: what came meanwhile is read before the next look.
      if (isSilent && this.#wasSilent) {
        reason = `nothing was heard of it for ${Math.round(silentMillis)} ms`
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

  /** The peer's process lives, whether or not it has a word for this socket. */
  lives(): void {
    this.#livedAt = performance.now()
  }

  #heard(): void {
    this.#heardAt = performance.now()
  }

  get #silentMillis(): number {
    return performance.now() - this.#heardAt
  }

  get #lifelessMillis(): number {
    return performance.now() - Math.max(this.#heardAt, this.#livedAt)
  }
}

const bytesOf = (data: RawData): Uint8Array =>
  Array.isArray(data)
    ? Buffer.concat(data)
    : data instanceof ArrayBuffer
      ? new Uint8Array(data)
      : data
