import { MillraceError } from '../spi/error.js'
import { describeQuery } from './describe-query.js'
import { parseExactJson } from './exact-json.js'
import { parseOrderedJson } from './ordered-json.js'
import {
  type Batch,
  NO_STATS,
  type QueryStats,
  type RemoteColumn,
  type RemoteRun,
  type RunRequest,
  type Transport,
} from './remote-run.js'
import type { SessionHeaders } from './remote-session.js'
import { signatureType } from './signature-type.js'
import { sqlLiterals } from './sql-literals.js'
import { hasMap, type TypeSignature, type ValueDecoder, valueDecoder } from './value-decoder.js'

interface ResponseError {
  readonly message: string
  readonly errorName: string
  readonly errorCode: number
  readonly errorType: MillraceError['type']
  readonly errorLocation?: { readonly lineNumber: number; readonly columnNumber: number }
}

/** @source Trino QueryResults */
interface ResultPage {
  readonly id: string
  readonly nextUri?: string
  readonly columns?: readonly { readonly name: string; readonly typeSignature: TypeSignature }[]
  readonly data?: readonly (readonly unknown[])[]
  readonly error?: ResponseError
  readonly updateType?: string
  readonly updateCount?: number
  readonly stats?: Readonly<Record<string, unknown>>
}

/** Statuses that say to ask again. @source Trino client protocol */
const RETRIED = new Set([429, 502, 503, 504])
const MAX_RETRIES = 20
const RETRY_MILLIS = 50

/** Trino's client protocol: a Millrace server, or Trino. */
export class TrinoTransport implements Transport {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #onChanges: (changes: SessionHeaders) => void

  constructor(
    url: string,
    headers: Readonly<Record<string, string>>,
    onChanges: (changes: SessionHeaders) => void,
  ) {
    this.#url = url
    this.#headers = headers
    this.#onChanges = onChanges
  }

  async start(request: RunRequest): Promise<RemoteRun> {
    return new TrinoRun(
      this.#url,
      { ...request, headers: { ...this.#headers, ...request.headers } },
      this.#onChanges,
    )
  }

  async describe(queryId: string): Promise<unknown> {
    return describeQuery(this.#url, queryId, {
      ...this.#headers,
      'x-trino-user': this.#headers['x-trino-user'] ?? 'millrace',
    })
  }

  async close(): Promise<void> {}
}

class TrinoRun implements RemoteRun {
  readonly #url: string
  readonly #asked: RunRequest
  readonly #text: string
  readonly #onChanges: (changes: SessionHeaders) => void
  readonly #abort = new AbortController()
  #page: ResultPage | undefined
  #columns: readonly RemoteColumn[] | undefined
  #decoders: readonly ValueDecoder[] = []
  /** Whether objects in the data have an order that matters. */
  #isOrdered = false
  #rowCount = 0
  #data: ResultPage['data']
  #cancelling: Promise<void> | undefined
  /** The first request: its answer says what is to be cancelled. */
  #posted: Promise<ResultPage> | undefined
  failure: MillraceError | undefined
  updateType: string | undefined
  updateCount: number | undefined

  constructor(url: string, request: RunRequest, onChanges: (changes: SessionHeaders) => void) {
    this.#url = url
    this.#asked = request
    this.#text = withParameters(request.sql, request.parameters)
    this.#onChanges = onChanges
  }

  get stats(): QueryStats {
    const stats = this.#page?.stats
    if (stats === undefined) return NO_STATS
    const number = (name: string): number => Number(stats[name] ?? 0)
    return {
      queryId: this.#page?.id,
      state: this.failure === undefined ? String(stats['state']) : 'FAILED',
      rowCount: this.#rowCount,
      planningMillis: number('planningTimeMillis'),
      elapsedMillis: number('elapsedTimeMillis'),
      cpuMillis: number('cpuTimeMillis'),
      processedRows: number('processedRows'),
      processedBytes: number('processedBytes'),
      peakMemoryBytes: number('peakMemoryBytes'),
      totalSplits: number('totalSplits'),
      completedSplits: number('completedSplits'),
    }
  }

  async columns(): Promise<readonly RemoteColumn[]> {
    // Columns come once the statement is planned, and never if it has none.
    while (this.#columns === undefined && this.#data === undefined && !this.#isAtEnd) {
      await this.#advance()
    }
    return this.#columns ?? []
  }

  async next(): Promise<Batch | undefined> {
    while (this.#data === undefined) {
      if (this.#isAtEnd) return undefined
      await this.#advance()
    }
    const rows = this.#data
    this.#data = undefined
    this.#rowCount += rows.length
    const decoders = this.#decoders
    return { kind: 'rows', rows: rows.map((row) => decoders.map((decode, i) => decode(row[i]))) }
  }

  get #isAtEnd(): boolean {
    return this.#page !== undefined && this.#page.nextUri === undefined
  }

  async #advance(): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    const page = await this.#request()
    if (this.failure !== undefined) throw this.failure
    this.#page = page
    this.updateType = page.updateType ?? this.updateType
    this.updateCount = page.updateCount ?? this.updateCount
    if (page.error !== undefined) {
      this.failure = remoteError(page.error)
      throw this.failure
    }
    if (page.columns !== undefined && this.#columns === undefined) this.#setColumns(page.columns)
    if (page.data !== undefined && page.data.length > 0) this.#data = page.data
  }

  #request(): Promise<ResultPage> {
    const uri = this.#page?.nextUri
    if (uri !== undefined) return this.#fetch(uri, 'GET')
    this.#posted ??= this.#fetch(`${this.#url}/v1/statement`, 'POST')
    return this.#posted
  }

  #setColumns(columns: NonNullable<ResultPage['columns']>): void {
    this.#columns = columns.map(({ name, typeSignature }) => ({
      name,
      type: signatureType(typeSignature),
    }))
    this.#decoders = columns.map((column) => valueDecoder(column.typeSignature))
  }

  async #fetch(uri: string, method: 'GET' | 'POST'): Promise<ResultPage> {
    const { headers } = this.#asked
    for (let attempt = 0; ; attempt++) {
      let response: Response
      let text: string
      try {
        response = await fetch(uri, {
          method,
          headers,
          ...(method === 'POST' ? { body: this.#text } : { signal: this.#abort.signal }),
        })
        text = await response.text()
      } catch (cause) {
        if (this.failure !== undefined) throw this.failure
        throw new MillraceError('REMOTE_HOST_GONE', `Server can not be reached: ${this.#url}`, {
          cause,
        })
      }
      if (response.status === 200) {
        this.#onChanges(Object.fromEntries(response.headers))
        return this.#parse(text)
      }
      if (!RETRIED.has(response.status) || attempt >= MAX_RETRIES) {
        throw new MillraceError(
          'REMOTE_HOST_GONE',
          `Server answered with status ${response.status}: ${text.slice(0, 200)}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS * (attempt + 1)))
    }
  }

  #parse(text: string): ResultPage {
    if (!this.#isOrdered) {
      const page = parseExactJson(text) as ResultPage
      this.#isOrdered = page.columns?.some((column) => hasMap(column.typeSignature)) === true
      if (!this.#isOrdered || page.data === undefined) return page
    }
    const ordered = parseOrderedJson(text) as ReadonlyMap<string, unknown>
    const data = ordered.get('data') as ResultPage['data']
    return { ...(JSON.parse(text) as ResultPage), ...(data === undefined ? {} : { data }) }
  }

  cancel(): Promise<void> {
    this.#cancelling ??= this.#cancel()
    return this.#cancelling
  }

  async #cancel(): Promise<void> {
    if (this.failure !== undefined || this.#isAtEnd) return
    this.failure = new MillraceError('USER_CANCELED', 'Query was canceled')
    this.#data = undefined
    this.#abort.abort()
    try {
      const uri = this.#page?.nextUri ?? (await this.#posted)?.nextUri
      if (uri === undefined) return
      await fetch(uri, { method: 'DELETE', headers: this.#asked.headers })
    } catch {
      // The server is gone, and the statement with it; what ended the iteration is told instead.
    }
  }
}

/** The protocol has no parameters: they become literals. @source Trino EXECUTE IMMEDIATE */
function withParameters(sql: string, parameters: readonly unknown[]): string {
  if (parameters.length === 0) return sql
  const text = sql.replaceAll("'", "''")
  return `EXECUTE IMMEDIATE '${text}' USING ${sqlLiterals(parameters).join(', ')}`
}

function remoteError(error: ResponseError): MillraceError {
  const { errorLocation: location } = error
  return new MillraceError(error.errorName, error.message.replace(/^line \d+:\d+: /, ''), {
    number: error.errorCode,
    type: error.errorType,
    ...(location === undefined
      ? {}
      : { location: { line: location.lineNumber, column: location.columnNumber } }),
  })
}
