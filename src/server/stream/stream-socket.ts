import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { StreamOutput } from './stream-query.js'

/** What waits to leave before no more is added. */
const BUFFERED_BYTES_MAX = 4 * 2 ** 20

export interface StreamSocketEvents {
  text(text: string): void
  /** A client sends no binary messages. */
  binary(): void
  /** There is room again. */
  drained(): void
  /** The last event. @param isGoodbye the client has closed the connection in order */
  closed(isGoodbye: boolean): void
}

/** A client that was told of the end and does not close gets this long. */
const CLOSE_MILLIS = 1000
const CLOSED_NORMALLY = 1000
const GOING_AWAY = 1001

/** A client's WebSocket: asks whether the client is there, and says when what was sent has left. */
export class StreamSocket implements StreamOutput {
  readonly #socket: WebSocket
  readonly #connection: Duplex
  readonly #events: StreamSocketEvents
  readonly #silentMillisMax: number
  readonly #heartbeat: NodeJS.Timeout
  readonly #onSent = (): void => {
    if (this.#isFull && this.hasRoom) {
      this.#isFull = false
      this.#events.drained()
    }
  }
  #heardMillis = performance.now()
  #wasSilent = false
  #isFull = false
  #isClosed = false
  #isCorked = false

  /** @param connection what the WebSocket writes to */
  constructor(
    socket: WebSocket,
    connection: Duplex,
    events: StreamSocketEvents,
    heartbeatMillis: number,
  ) {
    this.#socket = socket
    this.#connection = connection
    this.#events = events
    this.#silentMillisMax = heartbeatMillis * 3
    socket.on('message', (data: RawData, isBinary: boolean) => {
      this.#heard()
      if (this.#isClosed) return
      if (isBinary) events.binary()
      else events.text((data as Buffer).toString())
    })
    socket.on('ping', () => this.#heard())
    socket.on('pong', () => this.#heard())
    // A close follows every error, and says all there is to say.
    socket.on('error', () => socket.terminate())
    socket.on('close', (code) => this.#closed(code === CLOSED_NORMALLY || code === GOING_AWAY))
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMillis)
    this.#heartbeat.unref()
  }

  get hasRoom(): boolean {
    if (this.#socket.bufferedAmount <= BUFFERED_BYTES_MAX) return true
    this.#isFull = true
    return false
  }

  /** What is sent in one go, such as all of a small result, leaves as one write. */
  send(data: string | Buffer): void {
    if (this.#isClosed) return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#connection.cork()
      process.nextTick(() => {
        this.#isCorked = false
        this.#connection.uncork()
      })
    }
    this.#socket.send(data, this.#onSent)
  }

  /** Says goodbye, once what was sent has left; a client that does not answer gets a moment. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
    setTimeout(() => this.#socket.terminate(), CLOSE_MILLIS).unref()
  }

  /** Forgets the socket: what it still says is not heard. */
  replace(): void {
    this.#isClosed = true
    clearInterval(this.#heartbeat)
    this.#socket.terminate()
  }

  #heard(): void {
    this.#heardMillis = performance.now()
  }

  #beat(): void {
    const isSilent = performance.now() - this.#heardMillis > this.#silentMillisMax
    // This thread may have been busy: what has come meanwhile is read before the next beat.
    if (isSilent && this.#wasSilent) this.#socket.terminate()
    else {
      this.#socket.ping()
      // Pages in browsers don't hear pings.
      this.send('{"type":"alive"}')
    }
    this.#wasSilent = isSilent
  }

  #closed(isGoodbye: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#heartbeat)
    this.#events.closed(isGoodbye)
  }
}
