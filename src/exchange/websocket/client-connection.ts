import type { ClientRequest, IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import {
  type ErrorRecord,
  errorFromRecord,
  MillraceError,
  toMillraceError,
} from '../../spi/index.js'
import type { ControlCodec, ControlMessage } from '../protocol/control.js'
import { BODY_BYTES_MAX } from '../protocol/frame.js'
import {
  acceptAnswer,
  EXCHANGE_PATH,
  type NodeIdentity,
  requestHeaders,
} from '../protocol/handshake.js'
import { FrameSocket, type LivenessOptions } from './frame-socket.js'
import { watchHandshake } from './handshake-watch.js'
import type { ChannelConnection, WebSocketChannel } from './websocket-channel.js'

export interface ClientConnectionOptions extends LivenessOptions {
  readonly node: NodeIdentity
  readonly codec: ControlCodec
  readonly WebSocket: typeof WebSocket
  /** How long a producer may be out of reach before its streams fail. */
  readonly errorDurationMillis: number
  /** How long a host may take to accept a connection: that its processes are busy does not hold that up. */
  readonly connectMillis: number
  /** How long one that has accepted a connection may take to answer: its processes may be busy. */
  readonly handshakeMillis: number
  /** How often a node has turned to others, so that it is not busy; absent: nobody can tell. */
  readonly turnsToOthers?: (nodeUri: string) => Promise<number | undefined>
  /** How often the producer is told that streams are still wanted. */
  readonly reminderMillis: number
  /** A connection without streams is closed after this. */
  readonly unusedMillis: number
}

const FIRST_RETRY_MILLIS = 20
const LAST_RETRY_MILLIS = 1000
/** A try gets so much time, however little is left. */
const CONNECT_MILLIS_MIN = 100
const REFUSAL_BYTES_MAX = 64 * 1024
const CLOSE_NORMAL = 1000

/** The connection to one producing node, made anew as often as it breaks. */
export class ClientConnection implements ChannelConnection {
  readonly #nodeUri: string
  readonly #options: ClientConnectionOptions
  readonly #onClosed: () => void
  readonly #channels = new Map<number, WebSocketChannel>()
  /** Streams that the producer has not yet said it knows to be closed. */
  readonly #leaving = new Map<
    number,
    { readonly channel: WebSocketChannel; readonly complete: boolean }
  >()
  /** Streams that the producer was asked for. */
  readonly #begun = new Set<number>()
  #socket: FrameSocket | undefined
  #connecting: WebSocket | undefined
  #instanceId: string | undefined
  #nextNumber = 1
  /** Since when nothing has come from the producer. */
  #failingSince: number | undefined
  #retryMillis = FIRST_RETRY_MILLIS
  #lastError: unknown
  #retry: NodeJS.Timeout | undefined
  #unused: NodeJS.Timeout | undefined
  readonly #reminder: NodeJS.Timeout
  #isClosed = false
  #unwatch: () => void = () => {}

  constructor(nodeUri: string, options: ClientConnectionOptions, onClosed: () => void) {
    this.#nodeUri = nodeUri
    this.#options = options
    this.#onClosed = onClosed
    this.#reminder = setInterval(() => this.#remind(), options.reminderMillis)
    this.#reminder.unref()
    this.#connect()
  }

  add(make: (number: number) => WebSocketChannel): WebSocketChannel {
    clearTimeout(this.#unused)
    const channel = make(this.#nextNumber++)
    this.#channels.set(channel.number, channel)
    this.#open(channel)
    return channel
  }

  get bufferedBytes(): number {
    let bytes = 0
    for (const channel of this.#channels.values()) bytes += channel.bufferedBytes
    return bytes
  }

  grant(channel: WebSocketChannel): void {
    this.#socket?.sendControl({ type: 'grant', stream: channel.number, ...channel.claim() })
  }

  leave(channel: WebSocketChannel, complete: boolean): void {
    if (!this.#channels.delete(channel.number)) return
    this.#begun.delete(channel.number)
    this.#leaving.set(channel.number, { channel, complete })
    this.#sendClose(channel, complete)
  }

  /** Fails every stream. */
  close(error = new MillraceError('PAGE_TRANSPORT_ERROR', 'The exchange was closed')): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#reminder)
    clearTimeout(this.#retry)
    clearTimeout(this.#unused)
    this.#unwatch()
    this.#connecting?.terminate()
    this.#socket?.close(CLOSE_NORMAL, '')
    this.#socket?.terminate()
    this.#leaving.clear()
    const channels = [...this.#channels.values()]
    this.#channels.clear()
    this.#onClosed()
    for (const channel of channels) channel.fail(error)
  }

  #connect(): void {
    const { node, WebSocket: Socket, handshakeMillis } = this.#options
    const startedAt = performance.now()
    const connectMillis = this.#connectMillis(startedAt)
    const { headers, nonce } = requestHeaders(node)
    const url = `${this.#nodeUri.replace(/^http/, 'ws')}${EXCHANGE_PATH}`
    const socket = new Socket(url, {
      headers,
      maxPayload: BODY_BYTES_MAX,
      perMessageDeflate: false,
      handshakeTimeout: handshakeMillis,
      finishRequest: (request) => {
        request.once('socket', (tcp) => {
          const expire = (): void => {
            if (!tcp.connecting || tcp.destroyed) return
            // Out of reach since it was tried, and not only since that failed.
            this.#failingSince ??= startedAt
            tcp.destroy(new Error(`no connection within ${connectMillis} ms`))
          }
          // This thread may have been busy: what has come meanwhile is read before.
          const timer = setTimeout(() => setImmediate(expire), connectMillis)
          tcp.once('connect', () => {
            clearTimeout(timer)
            this.#watch(socket, startedAt)
          })
          tcp.once('close', () => clearTimeout(timer))
        })
        request.end()
      },
    })
    this.#connecting = socket
    socket.on('unexpected-response', (request, response) => this.#refused(request, response))
    socket.on('error', (error) => {
      this.#lastError = error
    })
    socket.on('upgrade', (response) => {
      try {
        this.#welcome(acceptAnswer(node, nonce, response.headers).instanceId)
      } catch (error) {
        this.close(toMillraceError(error))
      }
    })
    socket.on('open', () => this.#opened(socket))
    socket.on('close', () => {
      if (this.#connecting === socket) this.#broken()
    })
  }

  /** Gives up where what has accepted the connection is not the node. */
  #watch(socket: WebSocket, startedAt: number): void {
    const { turnsToOthers, errorDurationMillis } = this.#options
    if (turnsToOthers === undefined || this.#connecting !== socket) return
    this.#unwatch()
    this.#unwatch = watchHandshake({
      turnsToOthers: () => turnsToOthers(this.#nodeUri),
      silentSince: this.#failingSince ?? startedAt,
      boundMillis: errorDurationMillis,
      onDead: () => {
        if (this.#connecting === socket) this.#giveUp()
      },
    })
  }

  /** No try goes on for longer than the producer may be out of reach. */
  #connectMillis(now: number): number {
    const { connectMillis, errorDurationMillis } = this.#options
    const leftMillis = (this.#failingSince ?? now) + errorDurationMillis - now
    return Math.min(connectMillis, Math.max(CONNECT_MILLIS_MIN, leftMillis))
  }

  /** Streams that another process had begun at the address are gone; those that only wait to be opened are not. */
  #welcome(instanceId: string): void {
    const isRestarted = this.#instanceId !== undefined && this.#instanceId !== instanceId
    this.#instanceId = instanceId
    if (!isRestarted) return
    this.#leaving.clear()
    const begun = [...this.#channels.values()].filter(({ number }) => this.#begun.has(number))
    this.#begun.clear()
    for (const channel of begun) this.#channels.delete(channel.number)
    const gone = new MillraceError('REMOTE_HOST_GONE', `The node was restarted: ${this.#nodeUri}`)
    for (const channel of begun) channel.fail(gone)
  }

  #opened(socket: WebSocket): void {
    this.#unwatch()
    if (this.#isClosed) return
    this.#connecting = undefined
    const frames = new FrameSocket(
      socket,
      this.#options.codec,
      {
        control: (message) => this.#control(message),
        data: (header, body) => {
          this.#heard()
          // Frames of streams that were left may still be under way.
          const channel = this.#channels.get(header.stream)
          if (channel?.receive(header, body) === false) frames.terminate()
        },
        invalid: (error) => {
          this.#lastError = error
          frames.terminate()
        },
        drained() {},
        alive: () => this.#heard(),
        closed: () => {
          if (this.#socket !== frames) return
          this.#socket = undefined
          const { silentMillis } = frames
          if (silentMillis === 0 && this.#failingSince !== undefined) {
            // Cut, with not a word since before this connection.
            this.#broken()
            return
          }
          // Out of reach since it fell silent: not only since that was noticed, nor since before it answered this connection.
          this.#failingSince = performance.now() - silentMillis
          this.#retryLater()
        },
      },
      this.#options,
    )
    this.#socket = frames
    for (const channel of this.#channels.values()) this.#open(channel)
    for (const { channel, complete } of this.#leaving.values()) this.#sendClose(channel, complete)
    this.#closeIfUnused()
  }

  #control(message: ControlMessage): void {
    switch (message.type) {
      case 'closed':
        this.#heard()
        this.#leaving.delete(message.stream)
        this.#closeIfUnused()
        return
      case 'error': {
        const error = errorFromRecord(message.error)
        if (message.stream === 0) {
          this.#lastError = error
          return
        }
        this.#heard()
        const channel = this.#channels.get(message.stream)
        this.#channels.delete(message.stream)
        this.#begun.delete(message.stream)
        channel?.fail(error)
        this.#closeIfUnused()
        return
      }
      case 'open':
      case 'grant':
      case 'close':
      case 'alive':
        this.#lastError = new MillraceError(
          'PAGE_TRANSPORT_ERROR',
          `${message.type} from a producer`,
        )
        this.#socket?.terminate()
    }
  }

  #heard(): void {
    this.#failingSince = undefined
    this.#retryMillis = FIRST_RETRY_MILLIS
  }

  /** The connection could not be made: another try, within the bound. */
  #broken(): void {
    this.#unwatch()
    this.#connecting = undefined
    if (this.#isClosed) return
    const now = performance.now()
    this.#failingSince ??= now
    if (now - this.#failingSince > this.#options.errorDurationMillis) this.#giveUp()
    else this.#retryLater()
  }

  #retryLater(): void {
    if (this.#isClosed) return
    if (this.#channels.size === 0 && this.#leaving.size === 0) {
      this.close()
      return
    }
    this.#retry = setTimeout(() => this.#connect(), this.#retryMillis)
    this.#retryMillis = Math.min(this.#retryMillis * 2, LAST_RETRY_MILLIS)
  }

  #giveUp(): void {
    const cause = this.#lastError
    const isGone = cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
    this.close(
      new MillraceError(
        isGone ? 'REMOTE_HOST_GONE' : 'PAGE_TRANSPORT_TIMEOUT',
        `The node is out of reach for ${this.#options.errorDurationMillis} ms: ${this.#nodeUri}`,
        { cause },
      ),
    )
  }

  /** The producer answered the upgrade request with an error: no further try would change it. */
  #refused(request: ClientRequest, response: IncomingMessage): void {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      text += part
      if (text.length > REFUSAL_BYTES_MAX) request.destroy()
    })
    const done = (): void => {
      request.destroy()
      this.close(refusal(response.statusCode ?? 0, text, this.#nodeUri))
    }
    response.on('end', done)
    response.on('error', done)
    setTimeout(done, this.#options.handshakeMillis).unref()
  }

  #open(channel: WebSocketChannel): void {
    if (this.#socket === undefined) return
    this.#begun.add(channel.number)
    const { taskId, bufferId } = channel.address
    const { next, limit } = channel.claim()
    this.#socket.sendControl({
      type: 'open',
      stream: channel.number,
      taskId,
      bufferId,
      next,
      limit,
    })
  }

  #sendClose(channel: WebSocketChannel, complete: boolean): void {
    const { taskId, bufferId } = channel.address
    this.#socket?.sendControl({ type: 'close', stream: channel.number, taskId, bufferId, complete })
  }

  #remind(): void {
    if (this.#channels.size === 0) return
    this.#socket?.sendControl({ type: 'alive', streams: [...this.#channels.keys()] })
  }

  #closeIfUnused(): void {
    if (this.#channels.size > 0 || this.#leaving.size > 0) return
    clearTimeout(this.#unused)
    this.#unused = setTimeout(() => this.close(), this.#options.unusedMillis)
    this.#unused.unref()
  }
}

/** The error that a refused upgrade request was answered with. */
function refusal(status: number, text: string, nodeUri: string): MillraceError {
  try {
    const record: Partial<ErrorRecord> = JSON.parse(text)
    if (typeof record.code === 'string' && typeof record.message === 'string') {
      return errorFromRecord(record as ErrorRecord)
    }
  } catch {
    // No node of ours answered: the status says what there is to say.
  }
  return new MillraceError(
    'PAGE_TRANSPORT_ERROR',
    `The node refused the exchange with status ${status}: ${nodeUri}`,
  )
}
