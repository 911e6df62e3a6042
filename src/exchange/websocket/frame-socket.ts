import type { WebSocket } from 'ws'
import { MillraceError } from '../../spi/index.js'
import { corrupt } from '../arrow/message.js'
import type { ControlCodec, ControlMessage } from '../protocol/control.js'
import {
  type DataFrame,
  type FrameHeader,
  HEADER_BYTES,
  headerOf,
  readHeader,
  writeHeader,
} from '../protocol/frame.js'

/** Bodies up to this go in one message with their header: a copy costs less than a second message. */
const INLINE_BODY_BYTES = 16 * 1024

export interface FrameSocketEvents {
  control(message: ControlMessage): void
  data(header: FrameHeader, body: Uint8Array): void
  /** The peer broke the protocol; the socket is to be closed. */
  invalid(error: MillraceError): void
  /** The last event. */
  closed(): void
  /** What was sent has left, in part. */
  drained(): void
  /** The peer has answered that it is there. */
  alive?(): void
}

export interface LivenessOptions {
  /** How often an idle peer is asked whether it is there. */
  readonly pingMillis: number
  /** A peer of which nothing is heard for this long is gone. */
  readonly idleMillis: number
}

/**
 * Frames over a WebSocket. A frame is one message, header and body; a larger body is a message of its own after its header,
 * so that neither end copies it once more.
 */
export class FrameSocket {
  readonly #socket: WebSocket
  readonly #codec: ControlCodec
  readonly #events: FrameSocketEvents
  readonly #idleMillis: number
  readonly #pingMillis: number
  readonly #pinger: NodeJS.Timeout
  /** Pings since the peer was heard: the time that this thread was too busy to send any is not the peer's silence. */
  #unanswered = 0
  #isCut = false
  /** The header whose body comes next. */
  #pendingHeader: FrameHeader | undefined
  #isClosed = false

  constructor(
    socket: WebSocket,
    codec: ControlCodec,
    events: FrameSocketEvents,
    { pingMillis, idleMillis }: LivenessOptions,
  ) {
    this.#socket = socket
    this.#codec = codec
    this.#events = events
    this.#idleMillis = idleMillis
    this.#pingMillis = pingMillis
    socket.on('message', (data, isBinary) => this.#message(data as Buffer, isBinary))
    socket.on('pong', () => {
      this.#heard()
      events.alive?.()
    })
    socket.on('ping', () => this.#heard())
    // A close follows every error, and says all there is to say.
    socket.on('error', () => socket.terminate())
    socket.on('close', () => this.#closed())
    this.#pinger = setInterval(() => this.#ping(), pingMillis)
    this.#pinger.unref()
  }

  /** Bytes that were handed over and have not left. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  /** For how long the peer has been silent although it was asked. */
  get silentMillis(): number {
    return this.#unanswered * this.#pingMillis
  }

  sendControl(message: ControlMessage): void {
    if (!this.#isClosed) this.#socket.send(this.#codec.encode(message), ignoreFailure)
  }

  /** Sends a frame; its body must not change afterwards. */
  sendData(frame: DataFrame, stream: number, sequence: number): void {
    if (this.#isClosed) return
    const { bytes } = frame.body
    const isInline = bytes.length <= INLINE_BODY_BYTES
    const head = Buffer.allocUnsafe(HEADER_BYTES + (isInline ? bytes.length : 0))
    writeHeader(headerOf(frame, stream, sequence), head)
    if (isInline) head.set(bytes, HEADER_BYTES)
    const drained = (): void => this.#events.drained()
    if (isInline) this.#socket.send(head, drained)
    else {
      this.#socket.send(head, ignoreFailure)
      this.#socket.send(bytes, drained)
    }
  }

  /** Says goodbye; the peer has a moment to answer. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  /** Cuts the connection: what has come and was not read is not read. */
  terminate(): void {
    this.#isCut = true
    this.#socket.terminate()
  }

  #heard(): void {
    this.#unanswered = 0
  }

  #ping(): void {
    if (this.#isClosed) return
    if (this.silentMillis > this.#idleMillis) {
      this.#socket.terminate()
      return
    }
    this.#unanswered += 1
    this.#socket.ping()
  }

  #message(data: Buffer, isBinary: boolean): void {
    this.#heard()
    if (this.#isClosed || this.#isCut) return
    try {
      if (!isBinary) throw corrupt('it is text')
      const pending = this.#pendingHeader
      if (pending !== undefined) {
        this.#pendingHeader = undefined
        if (data.length !== pending.bodyLength) throw corrupt('a body of another length')
        this.#events.data(pending, data)
        return
      }
      const header = readHeader(data)
      const body = data.subarray(HEADER_BYTES)
      if (body.length === 0 && header.bodyLength > 0) {
        if (header.kind === 'control') throw corrupt('a message without a body')
        this.#pendingHeader = header
      } else if (body.length !== header.bodyLength) throw corrupt('a body of another length')
      else if (header.kind === 'control') this.#events.control(this.#codec.decode(header, body))
      else this.#events.data(header, body)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#events.invalid(error)
    }
  }

  #closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#pinger)
    this.#events.closed()
  }
}

/** A send that fails is followed by the socket's close, which is what both ends act on. */
const ignoreFailure = (): void => {}
