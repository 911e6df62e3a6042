import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import { errorToRecord, type MillraceError, toMillraceError } from '../../spi/index.js'
import { type ControlCodec, loadControlCodec } from '../protocol/control.js'
import {
  acceptRequest,
  EXCHANGE_PATH,
  type Headers,
  type NodeIdentity,
} from '../protocol/handshake.js'
import type { TaskBuffers } from '../task-buffers.js'
import { ServerConnection } from './server-connection.js'
import { ServerStreams } from './server-streams.js'

export interface ExchangeServerOptions {
  readonly node: NodeIdentity
  readonly buffers: TaskBuffers
  /** How often an idle peer is asked whether it is there; default 5 s. */
  readonly pingMillis?: number
  /** A peer of which nothing is heard for this long is gone; default 20 s. */
  readonly idleMillis?: number
  /**
   * A stream without a connection, or whose consumer neither grants credit nor says that it is alive, is dropped after
   * this; default 60 s.
   */
  readonly streamTimeoutMillis?: number
}

/** Frames of consumers are small messages. */
const CONTROL_BYTES_MAX = 1024 * 1024
const DEFAULT_PING_MILLIS = 5000
const DEFAULT_IDLE_MILLIS = 20_000
const DEFAULT_STREAM_TIMEOUT_MILLIS = 60_000

/**
 * The producer's end of exchanges: one WebSocket a consuming node at /v1/exchange, over which all its streams run. Data flows
 * from the server's side, whose frames need no masking.
 */
export class ExchangeServer {
  readonly #node: NodeIdentity
  readonly #sockets: WebSocketServer
  readonly #codec: ControlCodec
  readonly #streams: ServerStreams
  readonly #connections = new Set<ServerConnection>()
  readonly #liveness: { readonly pingMillis: number; readonly idleMillis: number }
  readonly #detach: (() => void)[] = []

  private constructor(
    options: ExchangeServerOptions,
    sockets: WebSocketServer,
    codec: ControlCodec,
  ) {
    this.#node = options.node
    this.#sockets = sockets
    this.#codec = codec
    this.#streams = new ServerStreams(
      options.buffers,
      options.streamTimeoutMillis ?? DEFAULT_STREAM_TIMEOUT_MILLIS,
    )
    this.#liveness = {
      pingMillis: options.pingMillis ?? DEFAULT_PING_MILLIS,
      idleMillis: options.idleMillis ?? DEFAULT_IDLE_MILLIS,
    }
  }

  /** Loads ws and msgpackr. */
  static async create(options: ExchangeServerOptions): Promise<ExchangeServer> {
    const [{ WebSocketServer }, codec] = await Promise.all([import('ws'), loadControlCodec()])
    const sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: CONTROL_BYTES_MAX,
      perMessageDeflate: false,
    })
    return new ExchangeServer(options, sockets, codec)
  }

  /** Answers upgrade requests for /v1/exchange of a server, and leaves others alone. */
  attach(server: Server): void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      if (request.url?.split('?')[0] === EXCHANGE_PATH) this.upgrade(request, socket, head)
    }
    server.on('upgrade', onUpgrade)
    this.#detach.push(() => server.off('upgrade', onUpgrade))
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    let headers: Headers
    try {
      headers = acceptRequest(this.#node, request.headers)
    } catch (error) {
      refuse(socket, toMillraceError(error))
      return
    }
    const addHeaders = (lines: string[]): void => {
      for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
    }
    this.#sockets.on('headers', addHeaders)
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new ServerConnection(
        webSocket,
        this.#codec,
        this.#streams,
        this.#liveness,
        () => this.#connections.delete(connection),
      )
      this.#connections.add(connection)
    })
    // It was answered by now, be it with ws's error for what is no WebSocket handshake.
    this.#sockets.off('headers', addHeaders)
  }

  /** Streams that are open or may be resumed. */
  get streamCount(): number {
    return this.#streams.size
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Ends all connections and drops their streams. */
  close(): void {
    for (const detach of this.#detach) detach()
    for (const connection of [...this.#connections]) connection.close()
    this.#streams.stop()
    this.#sockets.close()
  }
}

const REFUSAL_STATUS: Readonly<Record<string, number>> = { PERMISSION_DENIED: 401 }

/** Answers an upgrade request with an error, as JSON. */
function refuse(socket: Duplex, error: MillraceError): void {
  const status = REFUSAL_STATUS[error.code] ?? 409
  const { stack: _, ...record } = errorToRecord(error)
  const body = JSON.stringify(record)
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
