import { randomBytes } from 'node:crypto'
import type { TurnTaker } from '../engine/engine.js'
import type { StatementRun } from '../engine/query/statement-run.js'
import type { ResultColumn } from '../engine/result/result-column.js'
import { MillraceError, type Page, toMillraceError } from '../spi/index.js'
import { headersOfChanges } from './protocol/headers.js'
import { JsonBuffer } from './protocol/json-buffer.js'
import { writeRows } from './protocol/json-encoder.js'
import { queryError } from './protocol/query-error.js'
import { statementStats } from './protocol/statement-stats.js'
import { columnTypeText, typeSignature } from './protocol/type-signature.js'

export interface Answer {
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Buffer
}

export interface ClientQueryOptions {
  /** What a response's rows may take, in bytes of JSON; the row that passes it is the last. */
  readonly targetResultBytes: number
  /** How long a request waits for rows before it is answered without. */
  readonly maxWaitMillis: number
}

/** With rows at hand, how long to wait for more before they are sent. */
const GATHER_MILLIS = 10
/** Until a result is longer than this, it does not wait for its turn: what is small is answered at once. */
const URGENT_BYTES = 256 * 1024

type Pull =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed' }

/**
 * A statement as a client of the protocol sees it: a chain of responses by token, each asked for by the client, the
 * last of them kept so that a lost one can be asked for again. Rows are only made while a request waits for them.
 * @source Trino io.trino.server.protocol.Query
 */
export class ClientQuery {
  readonly run: StatementRun
  readonly slug = randomBytes(16).toString('hex')
  readonly #turns: TurnTaker
  readonly #parametricDatetime: boolean
  readonly #out = new JsonBuffer()
  #columns: readonly ResultColumn[] | undefined
  #columnsJson: string | undefined
  #pull: Promise<Pull> | undefined
  #page: Page | undefined
  #position = 0
  #writtenBytes = 0
  #done = false
  #token = -1
  #last: Promise<Answer> | undefined
  #lastBytes = 0
  #lastAccessMillis = Date.now()

  constructor(run: StatementRun, turns: TurnTaker) {
    this.run = run
    this.#turns = turns
    this.#parametricDatetime = run.session.clientCapabilities.has('PARAMETRIC_DATETIME')
  }

  get lastAccessMillis(): number {
    return this.#lastAccessMillis
  }

  /** True once the client has been told how the statement ended. */
  get isDone(): boolean {
    return this.#done
  }

  /** What it holds of the result: the last response, and the memory in which the next is written. */
  get bufferedBytes(): number {
    return this.#lastBytes + this.#out.capacity
  }

  /** Notes that the client is still there. */
  touch(): void {
    this.#lastAccessMillis = Date.now()
  }

  /** Whether a client may ask for a token: the last response's, or the next. */
  expects(token: number): boolean {
    const isNext = token === this.#token + 1 && !(this.#done && this.#last !== undefined)
    return token === this.#token || isNext
  }

  /** Waits until the statement is planned, has failed, or `maxWaitMillis` are over. */
  async waitForStart(maxWaitMillis: number): Promise<void> {
    this.touch()
    const started = this.run.start().then(
      () => {},
      () => {}, // the failure is told with the results
    )
    await withinMillis(started, maxWaitMillis)
  }

  /**
   * The response of a token: the last one again, or the next.
   * @param uri makes the address of a token's response
   * @returns undefined for a token that is neither
   */
  async answer(
    token: number,
    uri: { readonly info: string; next(token: number): string },
    options: ClientQueryOptions,
  ): Promise<Answer | 'gone' | 'unknown'> {
    this.touch()
    if (token === this.#token && this.#last !== undefined) return this.#last
    if (token < this.#token) return 'gone'
    if (!this.expects(token)) return 'unknown'
    this.#token = token
    // Requests that come side by side get answers one after the other.
    const before = this.#last ?? Promise.resolve()
    this.#last = before.then(() => this.#next(token, uri, options))
    return this.#last
  }

  async #next(
    token: number,
    uri: { readonly info: string; next(token: number): string },
    options: ClientQueryOptions,
  ): Promise<Answer> {
    const out = this.#out
    out.truncate(0)
    await this.#gather(options)
    const { run } = this
    const { failure } = run
    const updateType = run.updateType
    const head = JSON.stringify({
      id: run.id,
      infoUri: uri.info,
      ...(this.#done ? {} : { nextUri: uri.next(token + 1) }),
    })
    const tail = JSON.stringify({
      stats: statementStats(run),
      ...(failure === undefined ? {} : { error: queryError(failure) }),
      warnings: run.warnings.map(({ code, message }) => ({
        warningCode: { code: WARNING_NUMBERS[code] ?? 0, name: code },
        message,
      })),
      ...(updateType === undefined ? {} : { updateType }),
      ...(run.updateCount === undefined ? {} : { updateCount: run.updateCount }),
    })
    const parts: Uint8Array[] = [Buffer.from(head.slice(0, -1))]
    const columns = this.#describeColumns()
    if (columns !== undefined) parts.push(Buffer.from(`,"columns":${columns}`))
    if (out.length > 0) parts.push(Buffer.from(',"data":['), out.take(), Buffer.from(']'))
    parts.push(Buffer.from(`,${tail.slice(1)}`))
    // The end can be asked for again for a while, and nothing is written after it.
    if (this.#done) out.release()
    const changes = run.changes
    const body = Buffer.concat(parts)
    this.#lastBytes = body.length
    return { headers: changes === undefined ? {} : headersOfChanges(changes), body }
  }

  /** A list without entries tells drivers that the statement has no rows, and is over. */
  #describeColumns(): string | undefined {
    if (this.#columns === undefined) return undefined
    this.#columnsJson ??= JSON.stringify(
      this.#columns.map(({ name, type }) => ({
        name,
        type: columnTypeText(type, this.#parametricDatetime),
        typeSignature: typeSignature(type, this.#parametricDatetime),
      })),
    )
    return this.#columnsJson
  }

  /** Fills the buffer with rows until it is full, the rows end, or none come for a while. */
  async #gather(options: ClientQueryOptions): Promise<void> {
    const deadline = Date.now() + options.maxWaitMillis
    while (!this.#done && this.#out.length < options.targetResultBytes) {
      if (this.run.failure !== undefined) {
        // What its pages were made of has been given back.
        this.#page = undefined
        this.#done = true
        return
      }
      if (this.#page !== undefined) {
        if (this.#writtenBytes > URGENT_BYTES) await this.#turns.take()
        // What its page was made of may have been given back meanwhile.
        if (this.run.failure === undefined) await this.#write(this.#page, options.targetResultBytes)
        continue
      }
      this.#pull ??= this.#pullPage()
      const waitMillis = this.#out.length > 0 ? GATHER_MILLIS : Math.max(0, deadline - Date.now())
      const pulled = await withinMillis(this.#pull, waitMillis)
      if (pulled === undefined) return
      this.#pull = undefined
      if (pulled.kind !== 'page') this.#done = true
      else if (pulled.page.rowCount > 0) {
        this.#page = pulled.page
        this.#position = 0
      }
    }
  }

  async #pullPage(): Promise<Pull> {
    try {
      this.#columns ??= await this.run.start()
      const page = await this.run.nextPage()
      return page === undefined ? { kind: 'end' } : { kind: 'page', page }
    } catch {
      // The run keeps its failure, which goes into the response.
      return { kind: 'failed' }
    }
  }

  /** Appends rows of a page. What can't be written is what the statement fails with. */
  async #write(page: Page, maxBytes: number): Promise<void> {
    const { length } = this.#out
    try {
      this.#position = writeRows(this.#out, page, this.#position, {
        maxBytes,
        isFirst: length === 0,
        parametricDatetime: this.#parametricDatetime,
      })
      this.#writtenBytes += this.#out.length - length
      if (this.#position >= page.rowCount) this.#page = undefined
    } catch (error) {
      this.#out.truncate(length)
      this.run.cancel(toMillraceError(error))
      await this.run.settled
      // It has a failure unless it had ended before, which a run with a page left has not.
      if (this.run.failure === undefined) throw error
    }
  }

  /** Ends the statement because its client said so. */
  cancel(reason?: MillraceError): void {
    this.run.cancel(reason)
  }

  /** Ends a statement whose client has not been heard of. */
  abandon(): void {
    const since = new Date(this.#lastAccessMillis).toISOString()
    this.run.cancel(
      new MillraceError(
        'ABANDONED_QUERY',
        `Query ${this.run.id} was abandoned by the client, as it may have exited or stopped checking for query results. Query has not been accessed since ${since}`,
      ),
    )
  }
}

/** @source Trino StandardWarningCode */
const WARNING_NUMBERS: Readonly<Record<string, number>> = {
  TOO_MANY_STAGES: 1,
  REDUNDANT_ORDER_BY: 2,
  DEPRECATED_FUNCTION: 3,
}

/** The promise's value if it comes in time; undefined otherwise, and the promise goes on. */
async function withinMillis<T>(promise: Promise<T>, millis: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, millis, undefined)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
