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
  readonly #pingMillis: number
  #heardAt = performance.now()
  #turns = 0
  /** Looks at the peer since it said something, and since its process did: the time that this thread was too busy to look does not count. */
  #silentLooks = 0
  #lifelessLooks = 0
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
    const { pingMillis, silentMillis, stuckMillis } = liveness
    this.#pingMillis = pingMillis
    this.#timer = setInterval(() => {
      const isStuck = this.#silentLooks * pingMillis > stuckMillis
      if (isStuck || this.#lifelessLooks * pingMillis > silentMillis) {
        reason = `nothing was heard of it for ${Math.round(performance.now() - this.#heardAt)} ms`
        socket.terminate()
        return
      }
      this.#silentLooks += 1
      this.#lifelessLooks += 1
      socket.ping()
    }, pingMillis)
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
    this.#lifelessLooks = 0
  }

  /** Whether the peer has answered what it was last asked. */
  get isHeard(): boolean {
    return !this.#isClosed && this.#lifelessLooks < 2
  }

  /** How often the peer's main thread has turned to this socket: what comes at once comes of one pass of its event loop. */
  get turns(): number {
    return this.#turns
  }

  #heard(): void {
    const now = performance.now()
    if (now - this.#heardAt >= this.#pingMillis / 2) this.#turns += 1
    this.#heardAt = now
    this.#silentLooks = 0
    this.#lifelessLooks = 0
  }
}

const bytesOf = (data: RawData): Uint8Array =>
  Array.isArray(data)
    ? Buffer.concat(data)
    : data instanceof ArrayBuffer
      ? new Uint8Array(data)
      : data
