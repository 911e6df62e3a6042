import type { TurnTaker } from '../../engine/engine.js'
import type { StatementRun } from '../../engine/query/statement-run.js'
import type { ResultColumn } from '../../engine/result/result-column.js'
import { errorToRecord, MillraceError, toMillraceError, typeName } from '../../spi/index.js'
import { headersOfChanges } from '../protocol/headers.js'
import { type FrameBody, frameBytes } from './frame.js'
import type { QueryMessage, ServerMessage } from './messages.js'
import { ReplayBuffer } from './replay-buffer.js'
import { createFormat } from './result-format.js'
import { streamStats } from './stream-stats.js'

/** The connection that a query is on, for as long as it has one. */
export interface StreamOutput {
  /** False while so much waits to leave that no more should be added. */
  readonly hasRoom: boolean
  send(data: string | Buffer): void
}

export interface StreamQueryOptions {
  readonly turns: TurnTaker
  /** Bytes that a client may leave unacknowledged, whatever credit it gives. */
  readonly replayBytesMax: number
  readonly output: () => StreamOutput | undefined
}

/** Until a result is longer than this, it does not wait for its turn: what is small is answered at once. */
const URGENT_BYTES = 256 * 1024

/**
 * A statement of a connection: makes the next page while its client has given credit and its buffer has room, keeps what is
 * sent until the client has it, and goes on over the next connection where the last has broken.
 */
export class StreamQuery {
  readonly number: number
  readonly run: StatementRun
  readonly #message: QueryMessage
  readonly #options: StreamQueryOptions
  readonly #replay = new ReplayBuffer()
  readonly #progress: NodeJS.Timeout | undefined
  #limit: number
  #sentBytes = 0
  #nextSequence = 0
  #isEnded = false
  /** True while there is no room for another frame. */
  #isWaiting = false
  #wake: (() => void) | undefined
  #heardMillis = Date.now()

  constructor(message: QueryMessage, run: StatementRun, options: StreamQueryOptions) {
    this.number = message.query
    this.run = run
    this.#message = message
    this.#options = options
    this.#limit = message.credit
    const { progressMillis = 0 } = message
    if (progressMillis > 0) {
      this.#progress = setInterval(() => this.#sendProgress(), progressMillis)
      this.#progress.unref()
    }
  }

  /** True once the client has all there is. */
  get isSettled(): boolean {
    return this.#isEnded && this.#replay.isEmpty
  }

  /** Bytes that wait for the client. */
  get bufferedBytes(): number {
    return this.#replay.byteLength
  }

  /** For how long the query has waited for its client, which has said nothing of it, or has never granted it anything. */
  silentMillis(nowMillis: number): number {
    return this.#isWaiting || this.#isEnded ? nowMillis - this.#heardMillis : 0
  }

  /** Runs the statement to its end; never rejects. */
  async start(): Promise<void> {
    const { run } = this
    try {
      const columns = await run.start()
      this.#sendMessage({
        type: 'schema',
        query: this.number,
        sequence: this.#nextSequence,
        queryId: run.id,
        columns: columns.map(({ name, type }) => ({ name, type, typeName: typeName(type) })),
      })
      await this.#sendPages(columns)
      this.#sendEnd()
    } catch (error) {
      // What went wrong in here and not in the run leaves the run to be ended.
      run.cancel(toMillraceError(error))
      await run.settled
      this.#sendError(run.failure ?? toMillraceError(error))
    } finally {
      clearInterval(this.#progress)
      this.#isEnded = true
      this.#heardMillis = Date.now()
    }
  }

  async #sendPages(columns: readonly ResultColumn[]): Promise<void> {
    const { run } = this
    const format = createFormat(this.#message.format ?? 'arrow', columns)
    if (columns.length > 0) for (const frame of format.begin()) this.#sendFrame(frame)
    for (;;) {
      await this.#room()
      const page = await run.nextPage()
      if (page === undefined) return
      await this.#turn()
      for (const frame of format.encode(page)) {
        this.#sendFrame(frame)
        await this.#room()
        await this.#turn()
      }
    }
  }

  /**
   * Resolves when it is this query's turn to make another frame: the last thing that is waited for, since many queries may hear
   * of room, or of a page, at once. @throws what the run was ended with meanwhile
   */
  async #turn(): Promise<void> {
    if (this.#sentBytes <= URGENT_BYTES) return
    await this.#options.turns.take()
    // What the page was made of has been given back.
    if (this.run.failure !== undefined) throw this.run.failure
  }

  /** Resolves when there is room for another frame. @throws what the run was ended with meanwhile */
  async #room(): Promise<void> {
    for (;;) {
      // What the page was made of has been given back.
      if (this.run.failure !== undefined) throw this.run.failure
      if (this.#hasRoom) break
      if (!this.#isWaiting) this.#heardMillis = Date.now()
      this.#isWaiting = true
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#isWaiting = false
  }

  get #hasRoom(): boolean {
    return (
      this.#sentBytes < this.#limit &&
      this.#replay.byteLength < this.#options.replayBytesMax &&
      (this.#options.output()?.hasRoom ?? true)
    )
  }

  /** To be called when the output has room again, or there is another. */
  wake(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #sendFrame(frame: FrameBody): void {
    const sequence = this.#nextSequence
    const data = frameBytes(frame, this.number, sequence)
    this.#sentBytes += data.length
    this.#send(sequence, data)
  }

  #sendMessage(message: ServerMessage): void {
    this.#send(this.#nextSequence, JSON.stringify(message))
  }

  #send(sequence: number, data: string | Buffer): void {
    this.#nextSequence = sequence + 1
    this.#replay.add({ sequence, data })
    this.#options.output()?.send(data)
  }

  #sendProgress(): void {
    const output = this.#options.output()
    // Progress that comes late says nothing.
    if (output === undefined || !output.hasRoom || this.run.isDone) return
    const message: ServerMessage = {
      type: 'progress',
      query: this.number,
      stats: streamStats(this.run),
    }
    output.send(JSON.stringify(message))
  }

  #sendEnd(): void {
    const { run } = this
    const { updateType, updateCount, changes } = run
    this.#sendMessage({
      type: 'end',
      query: this.number,
      sequence: this.#nextSequence,
      stats: streamStats(run),
      ...(updateType === undefined ? {} : { updateType }),
      ...(updateCount === undefined ? {} : { updateCount }),
      session: changes === undefined ? {} : headersOfChanges(changes),
      warnings: run.warnings.map(({ code, message }) => ({ code, message })),
    })
  }

  #sendError(failure: MillraceError): void {
    const { stack: _, cause: __, ...error } = errorToRecord(failure)
    this.#sendMessage({
      type: 'error',
      query: this.number,
      sequence: this.#nextSequence,
      stats: streamStats(this.run),
      error,
    })
  }

  /** Takes a client's credit and acknowledgement. */
  credit(next: number, limit: number): void {
    this.#heardMillis = Date.now()
    this.#limit = Math.max(this.#limit, limit)
    this.#replay.acknowledge(next)
    this.wake()
  }

  /** The client still wants the result. One that has granted nothing ever is not believed. */
  keepAlive(): void {
    if (this.#limit > 0) this.#heardMillis = Date.now()
  }

  /** Sends again, over a new connection, what the client does not have. */
  resume(next: number): void {
    this.#heardMillis = Date.now()
    this.#replay.acknowledge(next)
    const output = this.#options.output()
    for (const { data } of this.#replay) output?.send(data)
    this.wake()
  }

  /** Ends the statement; its client is told, if there is one. */
  cancel(reason?: MillraceError): void {
    this.run.cancel(reason)
    this.wake()
  }

  /** Ends a statement whose client is gone or silent. */
  abandon(why: string): void {
    this.cancel(new MillraceError('ABANDONED_QUERY', `Query ${this.run.id} was abandoned: ${why}`))
  }
}
