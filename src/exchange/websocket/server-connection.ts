import type { WebSocket } from 'ws'
import { errorToRecord, MillraceError, toMillraceError } from '../../spi/index.js'
import type { ControlCodec, ControlMessage } from '../protocol/control.js'
import { FrameSocket, type LivenessOptions } from './frame-socket.js'
import type { ServerStream, ServerStreams, StreamHolder } from './server-streams.js'

/** Bytes that wait in the socket before streams are held back, so that each gets its turn soon. */
const SOCKET_BYTES_MAX = 2 * 2 ** 20
const STREAMS_MAX = 10_000
/** RFC 6455: the endpoint received what violates its policy; it is going away. */
const CLOSE_POLICY = 1008
const CLOSE_GOING_AWAY = 1001
/** A refused peer that does not close gets this long. */
const CLOSE_MILLIS = 1000

/** One consuming node's connection: takes turns among its streams. */
export class ServerConnection implements StreamHolder {
  readonly #socket: FrameSocket
  readonly #streams: ServerStreams
  readonly #byNumber = new Map<number, ServerStream>()
  readonly #numbers = new Map<ServerStream, number>()
  /** Streams that wait for their task. */
  readonly #opening = new Set<number>()
  /** Streams that may have something to send, in their turn. */
  readonly #ready = new Set<ServerStream>()
  #pumping = false
  #closing = false

  constructor(
    socket: WebSocket,
    codec: ControlCodec,
    streams: ServerStreams,
    liveness: LivenessOptions,
    onClosed: () => void,
  ) {
    this.#streams = streams
    this.#socket = new FrameSocket(
      socket,
      codec,
      {
        control: (message) => this.#control(message),
        data: () => this.#refuse(badMessage('data from a consumer')),
        invalid: (error) => this.#refuse(error),
        drained: () => this.#pump(),
        closed: () => {
          this.#closing = true
          for (const stream of this.#numbers.keys()) streams.release(stream, this)
          this.#byNumber.clear()
          this.#numbers.clear()
          this.#ready.clear()
          onClosed()
        },
      },
      liveness,
    )
  }

  close(): void {
    this.#closing = true
    this.#socket.close(CLOSE_GOING_AWAY, 'the node is going away')
    this.#socket.terminate()
  }

  wake(stream: ServerStream): void {
    this.#ready.add(stream)
    this.#pump()
  }

  dropped(stream: ServerStream, error: MillraceError): void {
    const number = this.#forget(stream)
    if (number !== undefined) this.#sendError(number, error)
  }

  #control(message: ControlMessage): void {
    switch (message.type) {
      case 'open':
        void this.#open(message)
        return
      case 'grant': {
        // One for a stream that has ended meanwhile means nothing.
        const stream = this.#byNumber.get(message.stream)
        if (stream === undefined) return
        stream.heardAt = performance.now()
        stream.outgoing.acknowledge(message.next)
        stream.outgoing.grant(message.limit)
        this.wake(stream)
        return
      }
      case 'close': {
        const stream = this.#byNumber.get(message.stream)
        if (stream !== undefined) this.#forget(stream)
        this.#opening.delete(message.stream)
        this.#streams.close(message.taskId, message.bufferId, message.complete)
        this.#socket.sendControl({ type: 'closed', stream: message.stream })
        return
      }
      case 'alive':
        for (const number of message.streams) {
          const stream = this.#byNumber.get(number)
          if (stream !== undefined) stream.heardAt = performance.now()
        }
        return
      case 'closed':
      case 'error':
        this.#refuse(badMessage(`${message.type} from a consumer`))
    }
  }

  async #open({
    stream: number,
    taskId,
    bufferId,
    next,
    limit,
  }: Extract<ControlMessage, { type: 'open' }>): Promise<void> {
    if (this.#byNumber.size >= STREAMS_MAX) {
      this.#refuse(badMessage(`more than ${STREAMS_MAX} streams`))
      return
    }
    if (limit === 0) {
      this.#sendError(number, badMessage('a stream is opened with credit'))
      return
    }
    this.#opening.add(number)
    try {
      const stream = await this.#streams.open(taskId, bufferId, this)
      if (this.#closing) {
        this.#streams.release(stream, this)
        return
      }
      if (!this.#opening.delete(number) && !this.#byNumber.has(number)) {
        // Its consumer has left meanwhile.
        this.#streams.close(taskId, bufferId, false)
        return
      }
      this.#forget(stream)
      this.#byNumber.set(number, stream)
      this.#numbers.set(stream, number)
      stream.outgoing.resume(next, limit)
      this.wake(stream)
    } catch (error) {
      if (this.#opening.delete(number)) this.#sendError(number, toMillraceError(error))
    }
  }

  /** Sends a frame of each ready stream in turn while the socket takes them. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    while (!this.#closing && this.#socket.bufferedBytes < SOCKET_BYTES_MAX) {
      const [stream] = this.#ready
      if (stream === undefined) break
      this.#ready.delete(stream)
      if (this.#sendNext(stream)) this.#ready.add(stream)
    }
    this.#pumping = false
  }

  /** @returns whether a frame was sent */
  #sendNext(stream: ServerStream): boolean {
    const number = this.#numbers.get(stream)
    if (number === undefined) return false
    try {
      const frame = stream.outgoing.next()
      if (frame === undefined) return false
      this.#socket.sendData(frame, number, frame.sequence)
      return true
    } catch (error) {
      this.#forget(stream)
      this.#streams.fail(stream)
      this.#sendError(number, toMillraceError(error))
      return false
    }
  }

  #forget(stream: ServerStream): number | undefined {
    const number = this.#numbers.get(stream)
    this.#numbers.delete(stream)
    this.#ready.delete(stream)
    if (number !== undefined) this.#byNumber.delete(number)
    return number
  }

  #sendError(stream: number, error: MillraceError): void {
    this.#socket.sendControl({ type: 'error', stream, error: errorToRecord(error) })
  }

  /** Ends a connection whose peer breaks the protocol; its streams wait to be resumed. */
  #refuse(error: MillraceError): void {
    if (this.#closing) return
    this.#closing = true
    this.#sendError(0, error)
    this.#socket.close(CLOSE_POLICY, error.code)
    setTimeout(() => this.#socket.terminate(), CLOSE_MILLIS).unref()
  }
}

const badMessage = (what: string): MillraceError =>
  new MillraceError('PAGE_TRANSPORT_ERROR', `Exchange message is not valid: ${what}`)
