import Fastify, { type FastifyInstance } from 'fastify'
import type { Engine } from '../engine/engine.js'
import { MillraceError } from '../spi/index.js'
import type { ClusterNode, ClusterOptions } from './cluster/cluster-node.js'
import { cutEarlyUpgrades, refuseOtherUpgrades } from './cluster/refuse-upgrade.js'
import { type Compression, compressAnswers } from './compression.js'
import { metricsRoutes } from './metrics/metrics-routes.js'
import { BadRequestError } from './protocol/headers.js'
import { logQueries } from './query-log.js'
import { QueryTracker } from './query-tracker.js'
import { infoRoutes } from './routes/info.js'
import { nodeRoutes } from './routes/node.js'
import { queryRoutes } from './routes/query.js'
import { statementRoutes } from './routes/statement.js'
import { uiRoutes } from './routes/ui.js'
import { httpStreamRoutes } from './stream/http-stream.js'
import { STREAM_PATH } from './stream/messages.js'
import { DEFAULT_STREAM_OPTIONS, type StreamOptions } from './stream/stream-options.js'
import { StreamServer } from './stream/stream-server.js'

export interface ServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 8080; 0: any that is free. */
  readonly port?: number
  /** How long a client may be silent before its statement is cancelled; default 5 minutes. */
  readonly clientTimeoutMillis?: number
  /** How long a client may take to send a request; longer is answered 408, and the connection ends. */
  readonly requestTimeouts?: RequestTimeouts
  /** Default: for clients on other machines that ask for it. */
  readonly compression?: Compression
  /** The server's place in a cluster; without it the engine is on its own. */
  readonly cluster?: ClusterOptions
  readonly stream?: Partial<StreamOptions>
  /** JSON logs, a line a request and two a query; to a file, or else to stderr. None by default. */
  readonly log?: LogOptions
}

export interface RequestTimeouts {
  /** From the connection, or the end of the request before, to the end of the head. */
  readonly headMillis: number
  /** To the end of the body. */
  readonly wholeMillis: number
}

export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error'
  readonly file?: string
}

export interface RunningServer {
  readonly host: string
  readonly port: number
  readonly url: string
  /** Resolves when the node was asked to shut down and has no task any more. */
  readonly drained: Promise<void>
  /** Stops listening and ends what clients have under way; the engine stays. */
  close(): Promise<void>
}

/** Texts of statements may be long; what is longer than this is no statement. */
const BODY_LIMIT_BYTES = 64 * 1024 * 1024
/** How long answers that are under way have when the server stops. */
const LEAVE_MILLIS = 1000
const DEFAULT_CLIENT_TIMEOUT_MILLIS = 5 * 60_000
const DEFAULT_REQUEST_TIMEOUTS: RequestTimeouts = { headMillis: 10_000, wholeMillis: 60_000 }
/** How late a request may be found to take too long, at most. */
const REQUEST_CHECK_MILLIS = 1000

/** Serves an engine by Trino's client protocol. */
export async function startServer(
  engine: Engine,
  options: ServerOptions = {},
): Promise<RunningServer> {
  const { headMillis, wholeMillis } = options.requestTimeouts ?? DEFAULT_REQUEST_TIMEOUTS
  const server = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: wholeMillis,
    http: {
      headersTimeout: headMillis,
      connectionsCheckingInterval: Math.min(headMillis, REQUEST_CHECK_MILLIS),
    },
    forceCloseConnections: 'idle',
    ...(options.log === undefined ? {} : { logger: loggerOf(options.log) }),
  })
  const stopLog = logQueries(engine.services.queries, server.log)
  const tracker = new QueryTracker(options.clientTimeoutMillis ?? DEFAULT_CLIENT_TIMEOUT_MILLIS)
  takeBodiesAsText(server)
  answerErrors(server)
  compressAnswers(server, options.compression ?? 'remote')
  const isCoordinator = options.cluster?.coordinator !== false
  const streams = new StreamServer(engine, { ...DEFAULT_STREAM_OPTIONS, ...options.stream })
  let node: ClusterNode | undefined
  let url: string | undefined
  let setDrained: () => void = () => {}
  const drained = new Promise<void>((resolve) => {
    setDrained = resolve
  })
  if (isCoordinator) {
    statementRoutes(server, engine, tracker)
    queryRoutes(server, engine)
    uiRoutes(server, engine)
    httpStreamRoutes(server, streams)
    streams.attach(server.server)
  }
  metricsRoutes(server, engine, tracker, streams, () => node)
  infoRoutes(server, engine, isCoordinator)
  nodeRoutes(server, engine, () => node, setDrained, options.cluster?.sharedSecret)
  const close = async (): Promise<void> => {
    tracker.close()
    stopLog()
    node?.close()
    await streams.close()
    if (engine.httpUri === url) engine.httpUri = ''
    await stopListening(server)
  }
  const stopRefusing =
    options.cluster === undefined
      ? refuseOtherUpgrades(server.server, new Set([STREAM_PATH]))
      : cutEarlyUpgrades(server.server)
  try {
    const host = options.host ?? '127.0.0.1'
    url = await server.listen({ host, port: options.port ?? 8080 })
    engine.httpUri = url
    const address = server.server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    if (options.cluster !== undefined) {
      const { startClusterNode } = await import('./cluster/cluster-node.js')
      node = await startClusterNode(engine, server.server, { host, port }, options.cluster)
      stopRefusing()
    }
    return { host, port, url, drained, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Answers that are under way get a moment to leave: they say that the server stops. */
async function stopListening(server: FastifyInstance): Promise<void> {
  const idle = setInterval(() => server.server.closeIdleConnections(), LEAVE_MILLIS / 100)
  const cut = setTimeout(() => server.server.closeAllConnections(), LEAVE_MILLIS)
  try {
    await server.close()
  } finally {
    clearInterval(idle)
    clearTimeout(cut)
  }
}

/** Where a program writes its answers, logs don't belong. */
const loggerOf = ({ level, file }: LogOptions) => ({
  level,
  ...(file === undefined
    ? { stream: { write: (line: string) => void process.stderr.write(line) } }
    : { file }),
})

function takeBodiesAsText(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => {
    done(null, body)
  })
}

function answerErrors(server: FastifyInstance): void {
  server.setErrorHandler((error, _, reply) => {
    if (error instanceof BadRequestError) {
      reply.code(400).type('text/plain').send(error.message)
    } else if (error instanceof MillraceError && error.type === 'USER_ERROR') {
      reply.code(400).type('text/plain').send(`${error.code}: ${error.message}`)
    } else {
      const status =
        error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
          ? error.statusCode
          : 500
      const message = error instanceof Error ? error.message : String(error)
      reply.code(status).type('text/plain').send(message)
    }
  })
  server.setNotFoundHandler((request, reply) => {
    reply.code(404).type('text/plain').send(`Not found: ${request.method} ${request.url}`)
  })
}
