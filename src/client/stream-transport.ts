import type { ServerMessage } from '../server/stream/messages.js'
import { errorFromRecord, MillraceError } from '../spi/error.js'
import { describeQuery } from './describe-query.js'
import type { RemoteRun, RunRequest, StreamFormat, Transport } from './remote-run.js'
import type { SessionHeaders } from './remote-session.js'
import { StreamRun, WINDOW_BYTES } from './stream-run.js'
import { openSocket, type Socket } from './web-socket.js'
import { wireParameters } from './wire-parameters.js'

const STREAM_VERSION = 1
const PROGRESS_MILLIS = 1000
/** An unused connection is closed after this: it keeps no program alive meanwhile, and a busy server takes its time to accept another. */
const IDLE_MILLIS = 30_000
/** How often the server is told what is still wanted, and asked for by its silence. */
const ALIVE_MILLIS = 10_000
/** A server of which nothing is heard for this long is asked again over another connection. */
const SILENT_MILLIS = 35_000
const RETRY_MILLIS_MIN = 20
const RETRY_MILLIS_MAX = 1000
const NORMAL = 1000

export interface StreamTransportOptions {
  /** `ws://…/v1/stream` */
  readonly url: string
  /** `http://…` of the same server. */
  readonly httpUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly rowFormat: StreamFormat
  readonly onChanges: (changes: SessionHeaders) => void
}

/** One connection of the stream, made when a query needs it, and made again where it breaks. */
export class StreamTransport implements Transport {
  readonly #options: StreamTransportOptions
  readonly #runs = new Map<number, StreamRun>()
  #lastQuery = 0
  #connection: Socket | undefined
  #connecting: Promise<void> | undefined
  /** Of the server's `opened`; with it a broken connection is resumed. */
  #token: string | undefined
  #resumeMillis = 0
  #heardMillis = 0
  #idleTimer: ReturnType<typeof setTimeout> | undefined
  #aliveTimer: ReturnType<typeof setInterval> | undefined
  #isClosed = false

  constructor(options: StreamTransportOptions) {
    this.#options = options
  }

  async start(request: RunRequest): Promise<RemoteRun> {
    if (this.#isClosed) throw new MillraceError('GENERIC_USER_ERROR', 'The client is closed')
    clearTimeout(this.#idleTimer)
    this.#connection?.hold?.(true)
    const parameters = wireParameters(request.parameters)
    const number = ++this.#lastQuery
    const run = new StreamRun(
      number,
      request.wants === 'pages' ? 'pages' : this.#options.rowFormat,
      request,
      {
        credit: (query, next, limit) => this.#send({ type: 'credit', query, next, limit }),
        cancel: (query) => this.#send({ type: 'cancel', query }),
        ended: (query) => this.#ended(query),
      },
    )
    this.#runs.set(number, run)
    this.#begin(run, parameters).catch((error) => run.fail(gone(this.#options.url, error)))
    return run
  }

  async #begin(run: StreamRun, parameters: readonly unknown[]): Promise<void> {
    // In order: a session's statements follow each other.
    this.#connecting ??= this.#connect()
    await this.#connecting
    if (!this.#runs.has(run.number)) return
    if (run.isCancelled) {
      run.fail(run.failure!)
      return
    }
    this.#send({
      type: 'query',
      query: run.number,
      sql: run.request.sql,
      parameters,
      session: run.request.headers,
      format: run.format,
      credit: WINDOW_BYTES,
      progressMillis: PROGRESS_MILLIS,
    })
  }

  async #connect(): Promise<void> {
    try {
      await this.#open()
      this.#send({ type: 'open', version: STREAM_VERSION })
    } catch (error) {
      this.#connecting = undefined
      throw error
    }
  }

  async #open(): Promise<void> {
    const isCurrent = (): boolean => this.#connection === socket
    const socket = await openSocket(this.#options.url, {
      message: (data) => {
        if (!isCurrent()) return
        this.#heardMillis = Date.now()
        try {
          if (typeof data === 'string') this.#receive(JSON.parse(data) as ServerMessage)
          else this.#receiveFrame(data)
        } catch (cause) {
          const message = `Not an answer of the stream: ${this.#options.url}`
          this.#failAll(new MillraceError('REMOTE_HOST_GONE', message, { cause }))
          this.#hangUp()
        }
      },
      closed: (why) => {
        if (isCurrent()) this.#broken(why)
      },
    })
    this.#connection = socket
    this.#heardMillis = Date.now()
    this.#aliveTimer ??= letGo(setInterval(() => this.#beat(), ALIVE_MILLIS))
  }

  #send(message: object): void {
    this.#connection?.send(JSON.stringify(message))
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'alive':
        return
      case 'opened':
        this.#token = message.token
        this.#resumeMillis = message.resumeMillis
        return
      case 'resumed':
        this.#resumed(new Set(message.queries))
        return
      default: {
        if (message.query === 0) {
          if (message.type === 'error') this.#ends(errorFromRecord(message.error))
          return
        }
        if (message.type === 'end') this.#options.onChanges(message.session)
        const run = this.#runs.get(message.query)
        if (run !== undefined && !run.receive(message)) this.#reconnect()
      }
    }
  }

  #receiveFrame(frame: ArrayBuffer): void {
    const header = new DataView(frame)
    const run = this.#runs.get(header.getUint32(4, true))
    if (run !== undefined && !run.receiveFrame(header.getUint32(8, true), frame)) this.#reconnect()
  }

  /** The server ends the connection: the next query has another. */
  #ends(error: MillraceError): void {
    this.#hangUp()
    // A server that was started again, or has waited too long, knows nothing of what is resumed.
    this.#failAll(error.code === 'NOT_FOUND' ? lost(error) : error)
  }

  #beat(): void {
    if (this.#connection === undefined) return
    if (Date.now() - this.#heardMillis > SILENT_MILLIS) this.#reconnect()
    else if (this.#runs.size > 0) this.#send({ type: 'alive', queries: [...this.#runs.keys()] })
  }

  /** Gives up a connection that has lost something. */
  #reconnect(): void {
    const socket = this.#connection
    if (socket === undefined) return
    this.#broken('the server was silent')
    if (socket.terminate === undefined) socket.close()
    else socket.terminate()
  }

  #broken(why: string): void {
    this.#connection = undefined
    if (this.#runs.size === 0 || this.#token === undefined) {
      this.#forget()
      this.#failAll(gone(this.#options.url, new Error(why)))
      return
    }
    const resuming = this.#resume(this.#token, Date.now() + this.#resumeMillis)
    this.#connecting = resuming
    resuming.catch((error) => {
      this.#forget()
      this.#failAll(gone(this.#options.url, error))
    })
  }

  async #resume(token: string, deadlineMillis: number): Promise<void> {
    for (
      let waitMillis = RETRY_MILLIS_MIN;
      ;
      waitMillis = Math.min(waitMillis * 2, RETRY_MILLIS_MAX)
    ) {
      try {
        await this.#open()
        const queries = [...this.#runs].map(([query, run]) => ({ query, next: run.position.next }))
        this.#send({ type: 'resume', version: STREAM_VERSION, token, queries })
        return
      } catch (error) {
        if (this.#runs.size === 0 || Date.now() > deadlineMillis) throw error
        await new Promise((resolve) => setTimeout(resolve, waitMillis))
      }
    }
  }

  /** The connection goes on: what was said and may not have been heard is said again. */
  #resumed(known: ReadonlySet<number>): void {
    for (const [query, run] of this.#runs) {
      if (!known.has(query)) {
        run.fail(lost())
        continue
      }
      this.#send({ type: 'credit', query, ...run.position })
      if (run.isCancelled) this.#send({ type: 'cancel', query })
    }
  }

  #ended(query: number): void {
    this.#runs.delete(query)
    if (this.#runs.size > 0 || this.#isClosed) return
    clearTimeout(this.#idleTimer)
    this.#idleTimer = letGo(setTimeout(() => this.#hangUp(), IDLE_MILLIS))
    // A program that has nothing else to do ends now: the connection is closed with it.
    this.#connection?.hold?.(false)
  }

  #failAll(error: MillraceError): void {
    for (const run of [...this.#runs.values()]) run.fail(error)
  }

  #forget(): void {
    this.#connection = undefined
    this.#connecting = undefined
    this.#token = undefined
    clearInterval(this.#aliveTimer)
    this.#aliveTimer = undefined
  }

  #hangUp(): void {
    const socket = this.#connection
    this.#forget()
    socket?.close(NORMAL, 'done')
  }

  describe(queryId: string): Promise<unknown> {
    return describeQuery(this.#options.httpUrl, queryId, {
      'x-trino-user': 'millrace',
      ...this.#options.headers,
    })
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idleTimer)
    await Promise.all([...this.#runs.values()].map((run) => run.cancel()))
    this.#hangUp()
  }
}

/** A timer for whose sake no program goes on. */
function letGo<T extends ReturnType<typeof setTimeout>>(timer: T): T {
  if (typeof timer === 'object') timer.unref()
  return timer
}

const lost = (cause?: MillraceError): MillraceError =>
  new MillraceError('REMOTE_HOST_GONE', 'Query was lost with its connection', {
    hint: 'Run it again',
    ...(cause === undefined ? {} : { cause }),
  })

const gone = (url: string, cause: unknown): MillraceError =>
  cause instanceof MillraceError
    ? cause
    : new MillraceError(
        'REMOTE_HOST_GONE',
        `Server can not be reached (${cause instanceof Error ? cause.message : String(cause)}): ${url}`,
        { cause },
      )
