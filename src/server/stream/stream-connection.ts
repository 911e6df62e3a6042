import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Engine } from '../../engine/engine.js'
import { type ErrorRecord, errorToRecord, MillraceError, toMillraceError } from '../../spi/index.js'
import { BadRequestError, sessionFromHeaders } from '../protocol/headers.js'
import { serverStops } from '../server-stops.js'
import {
  type ClientMessage,
  type QueryMessage,
  type SessionHeaders,
  STREAM_VERSION,
} from './messages.js'
import { parametersOf } from './parameters.js'
import { invalidMessage, parseMessage } from './parse-message.js'
import type { StreamOptions } from './stream-options.js'
import { StreamQuery } from './stream-query.js'
import { StreamSocket } from './stream-socket.js'

/** What all connections of a server share. */
export interface StreamContext {
  readonly engine: Engine
  readonly options: StreamOptions
  /** The connection holds nothing any more. */
  onEnded(connection: StreamConnection): void
}

/** Capabilities that clients of the stream have: values come with their full precision. */
const CAPABILITIES = 'PATH,PARAMETRIC_DATETIME,SESSION_AUTHORIZATION'

/**
 * A client's connection: its queries, and the WebSocket they are on. A broken one is waited for, and goes on over the next
 * WebSocket that brings its token.
 */
export class StreamConnection {
  /** Secret: who has it may read the results of the connection. */
  readonly token = randomBytes(24).toString('base64url')
  readonly #context: StreamContext
  readonly #queries = new Map<number, StreamQuery>()
  #socket: StreamSocket | undefined
  #lastQuery = 0
  #expiry: NodeJS.Timeout | undefined
  #isEnded = false

  constructor(context: StreamContext) {
    this.#context = context
  }

  get queries(): Iterable<StreamQuery> {
    return this.#queries.values()
  }

  /**
   * Takes a WebSocket whose `open` or `resume` has come.
   * @param socket what it writes to
   */
  attach(webSocket: WebSocket, socket: Duplex): void {
    clearTimeout(this.#expiry)
    // One that was half open is done with.
    this.#socket?.replace()
    const { heartbeatMillis } = this.#context.options
    this.#socket = new StreamSocket(
      webSocket,
      socket,
      {
        text: (text) => this.#receive(text),
        binary: () => this.#refuse(invalidMessage('a client sends text')),
        drained: () => this.#wakeAll(),
        closed: (isGoodbye) => this.#disconnected(isGoodbye),
      },
      heartbeatMillis,
    )
  }

  open(): void {
    const { resumeMillis, messageBytesMax, queriesPerConnection } = this.#context.options
    this.#send({
      type: 'opened',
      version: STREAM_VERSION,
      token: this.token,
      resumeMillis,
      messageBytesMax,
      queriesMax: queriesPerConnection,
    })
  }

  resume(queries: readonly { readonly query: number; readonly next: number }[]): void {
    const known = queries.filter(({ query }) => this.#queries.has(query))
    this.#send({ type: 'resumed', queries: known.map(({ query }) => query) })
    for (const { query, next } of known) this.#queries.get(query)?.resume(next)
    // What the client does not name it does not want any more.
    const named = new Set(known.map(({ query }) => query))
    for (const [number, query] of this.#queries) {
      if (named.has(number)) continue
      query.cancel()
      this.#queries.delete(number)
    }
  }

  #send(message: object): void {
    this.#socket?.send(JSON.stringify(message))
  }

  #receive(text: string): void {
    try {
      this.#handle(parseMessage(text))
    } catch (error) {
      this.#refuse(toMillraceError(error))
    }
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'query':
        this.#begin(message)
        return
      case 'credit': {
        const query = this.#queries.get(message.query)
        query?.credit(message.next, message.limit)
        if (query?.isSettled === true) this.#queries.delete(message.query)
        return
      }
      case 'alive':
        for (const number of message.queries) this.#queries.get(number)?.keepAlive()
        return
      case 'cancel':
        this.#queries.get(message.query)?.cancel()
        return
      case 'open':
      case 'resume':
        throw invalidMessage(`${message.type} on a connection that is open`)
    }
  }

  #begin(message: QueryMessage): void {
    const { engine, options } = this.#context
    if (message.query <= this.#lastQuery)
      throw invalidMessage(`query ${message.query} was used before`)
    this.#lastQuery = message.query
    try {
      if (this.#queries.size >= options.queriesPerConnection) {
        throw new MillraceError(
          'QUERY_QUEUE_FULL',
          `Connection has too many queries: ${options.queriesPerConnection}`,
          { hint: 'Wait for one to end, or open another connection' },
        )
      }
      const run = engine.createRun({
        sql: message.sql.replace(/;\s*$/, ''),
        session: sessionFromHeaders({
          'x-trino-client-capabilities': CAPABILITIES,
          ...lowerCased(message.session ?? {}),
        }),
        parameters: parametersOf(message.parameters ?? []),
      })
      const query = new StreamQuery(message, run, {
        turns: engine.turns.taker(),
        replayBytesMax: options.replayBytesMax,
        output: () => this.#socket,
      })
      this.#queries.set(message.query, query)
      query.start()
    } catch (error) {
      this.#send({ type: 'error', query: message.query, sequence: 0, error: recordOf(error) })
    }
  }

  #wakeAll(): void {
    for (const query of this.#queries.values()) query.wake()
  }

  /** Ends a connection whose client breaks the protocol. */
  #refuse(error: MillraceError): void {
    this.#goodbye(error, POLICY_VIOLATION, 'its connection was refused')
  }

  /** Ends the connection, and says why. */
  #goodbye(error: MillraceError, closeCode: number, why: string): void {
    this.#send({ type: 'error', query: 0, sequence: 0, error: recordOf(error) })
    const socket = this.#socket
    this.end(why)
    socket?.close(closeCode, error.code)
  }

  #disconnected(isGoodbye: boolean): void {
    this.#socket = undefined
    if (isGoodbye || this.#queries.size === 0) {
      this.end('its client has closed the connection')
      return
    }
    this.#expiry = setTimeout(
      () => this.end('its client did not come back'),
      this.#context.options.resumeMillis,
    )
    this.#expiry.unref()
    this.#wakeAll()
  }

  /** Ends queries of which nothing is heard, and forgets those that ended long ago. */
  sweep(nowMillis: number): void {
    const { clientTimeoutMillis } = this.#context.options
    for (const [number, query] of this.#queries) {
      if (query.silentMillis(nowMillis) <= clientTimeoutMillis) continue
      if (query.run.isDone && query.silentMillis(nowMillis) > clientTimeoutMillis * 2) {
        this.#queries.delete(number)
      } else query.abandon('its client has neither taken rows nor said that it is there')
    }
  }

  /** Ends the queries and lets go of the connection. Idempotent. */
  end(why: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    clearTimeout(this.#expiry)
    for (const query of this.#queries.values()) query.abandon(why)
    this.#queries.clear()
    this.#socket = undefined
    this.#context.onEnded(this)
  }

  /** Ends the connection because the server stops. */
  close(): void {
    const error = serverStops()
    for (const query of this.#queries.values()) query.cancel(error)
    this.#goodbye(error, GOING_AWAY, error.message)
  }
}

const POLICY_VIOLATION = 1008
const GOING_AWAY = 1001

const lowerCased = (headers: SessionHeaders): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === 'string' ? value : [...value],
    ]),
  )

/** An error as a client gets it. */
function recordOf(error: unknown): ErrorRecord {
  const coded =
    error instanceof BadRequestError ? new MillraceError('INVALID_ARGUMENTS', error.message) : error
  const { stack: _, cause: __, ...record } = errorToRecord(coded)
  return record
}
