import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket, WebSocketServer } from 'ws'
import type { Engine } from '../../engine/engine.js'
import type { StatementRun } from '../../engine/query/statement-run.js'
import { errorToRecord, MillraceError, toMillraceError } from '../../spi/index.js'
import { serverStops } from '../server-stops.js'
import { STREAM_PATH, STREAM_VERSION } from './messages.js'
import { invalidMessage, parseMessage } from './parse-message.js'
import { StreamConnection, type StreamContext } from './stream-connection.js'
import { isOriginAllowed, type StreamOptions } from './stream-options.js'

const SWEEP_MILLIS = 5000
/** How long a client may take to say `open` or `resume`. */
const GREETING_MILLIS = 10_000
const POLICY_VIOLATION = 1008

/** The server's end of /v1/stream. It loads ws when the first client comes. */
export class StreamServer {
  readonly engine: Engine
  readonly options: StreamOptions
  readonly #context: StreamContext
  readonly #connections = new Map<string, StreamConnection>()
  /** Statements whose rows are the answer to a POST. */
  readonly #answers = new Set<StatementRun>()
  readonly #sweeper: NodeJS.Timeout
  #sockets: Promise<WebSocketServer> | undefined
  #greetingCount = 0

  constructor(engine: Engine, options: StreamOptions) {
    this.engine = engine
    this.options = options
    this.#context = {
      engine,
      options,
      onEnded: (connection) => this.#connections.delete(connection.token),
    }
    const sweepMillis = Math.min(SWEEP_MILLIS, options.clientTimeoutMillis)
    this.#sweeper = setInterval(() => this.#sweep(), sweepMillis)
    this.#sweeper.unref()
  }

  /** Connections that are open, or may be resumed. */
  get connections(): Iterable<StreamConnection> {
    return this.#connections.values()
  }

  /** Answers upgrade requests for /v1/stream, and leaves others alone. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url?.split('?')[0] !== STREAM_PATH) return
      this.#upgrade(request, socket, head).catch((error) => refuse(socket, 500, error))
    })
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { options } = this.#context
    const { origin, host } = request.headers
    // ws adds its own listener once it has the socket.
    const onEarlyError = (): void => {
      socket.destroy()
    }
    socket.on('error', onEarlyError)
    if (!isOriginAllowed(origin, host, options.allowedOrigins)) {
      const error = new MillraceError('PERMISSION_DENIED', `Origin is not allowed: ${origin}`, {
        hint: 'Add it to stream.allowed-origins',
      })
      refuse(socket, 403, error)
      return
    }
    if (this.#connections.size + this.#greetingCount >= options.connectionsMax) {
      const error = new MillraceError(
        'QUERY_QUEUE_FULL',
        `Server has too many streams: ${options.connectionsMax}`,
      )
      refuse(socket, 503, error)
      return
    }
    this.#sockets ??= createSockets(options)
    const sockets = await this.#sockets
    socket.off('error', onEarlyError)
    sockets.handleUpgrade(request, socket, head, (webSocket) => this.#greet(webSocket, socket))
  }

  /** Waits for the first message, which says whose connection it is. */
  #greet(webSocket: WebSocket, socket: Duplex): void {
    this.#greetingCount++
    const timer = setTimeout(() => webSocket.terminate(), GREETING_MILLIS)
    let isGreeting = true
    const settle = (): void => {
      clearTimeout(timer)
      if (isGreeting) this.#greetingCount--
      isGreeting = false
    }
    webSocket.on('error', () => webSocket.terminate())
    webSocket.once('close', settle)
    webSocket.once('message', (data: RawData, isBinary: boolean) => {
      settle()
      try {
        if (isBinary) throw invalidMessage('a client sends text')
        this.#welcome(webSocket, socket, (data as Buffer).toString())
      } catch (error) {
        const coded = toMillraceError(error)
        const { stack: _, ...record } = errorToRecord(coded)
        webSocket.send(JSON.stringify({ type: 'error', query: 0, sequence: 0, error: record }))
        webSocket.close(POLICY_VIOLATION, coded.code)
      }
    })
  }

  #welcome(webSocket: WebSocket, socket: Duplex, text: string): void {
    const message = parseMessage(text)
    if (message.type !== 'open' && message.type !== 'resume') {
      throw invalidMessage(`${message.type} before open`)
    }
    if (message.version !== STREAM_VERSION) {
      throw new MillraceError(
        'NOT_SUPPORTED',
        `Version of the stream is not supported: ${message.version}`,
        { hint: `The server speaks version ${STREAM_VERSION}` },
      )
    }
    if (message.type === 'open') {
      const connection = new StreamConnection(this.#context)
      this.#connections.set(connection.token, connection)
      connection.attach(webSocket, socket)
      connection.open()
      return
    }
    const connection = this.#connections.get(message.token)
    if (connection === undefined) {
      throw new MillraceError('NOT_FOUND', 'Connection to resume is gone', {
        hint: 'Open another, and run the queries again',
      })
    }
    connection.attach(webSocket, socket)
    connection.resume(message.queries)
  }

  /** Has the statement of a POST end with the server, until what this gives is called. */
  answering(run: StatementRun): () => void {
    this.#answers.add(run)
    return () => this.#answers.delete(run)
  }

  #sweep(): void {
    const now = Date.now()
    for (const connection of this.#connections.values()) connection.sweep(now)
  }

  /** Ends all connections and their queries. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    for (const connection of [...this.#connections.values()]) connection.close()
    for (const run of this.#answers) run.cancel(serverStops())
    const sockets = await this.#sockets
    sockets?.close()
  }
}

async function createSockets(options: StreamOptions): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws')
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: options.messageBytesMax,
    // Pages are large and made once: compressing them would cost the thread more than the network saves.
    perMessageDeflate: false,
  })
}

/** Answers an upgrade request with an error, as JSON. */
function refuse(socket: Duplex, status: number, error: unknown): void {
  const { stack: _, ...record } = errorToRecord(error)
  const body = JSON.stringify(record)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
