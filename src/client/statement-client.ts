import { MillraceError } from '../spi/error.js'
import { parseExactJson } from './exact-json.js'
import { parseOrderedJson } from './ordered-json.js'
import type { SessionHeaders } from './remote-session.js'
import { hasMap, type TypeSignature } from './value-decoder.js'

export interface ClientColumn {
  readonly name: string
  /** As the server prints it, such as `decimal(12, 2)`. */
  readonly type: string
  readonly typeSignature: TypeSignature
}

/** @source Trino StatementStats */
export interface ClientStats {
  readonly state: string
  readonly nodes: number
  readonly totalSplits: number
  readonly queuedSplits: number
  readonly runningSplits: number
  readonly completedSplits: number
  readonly cpuTimeMillis: number
  readonly elapsedTimeMillis: number
  readonly processedRows: number
  readonly processedBytes: number
  readonly peakMemoryBytes: number
  readonly progressPercentage?: number
}

/** One response of the protocol. @source Trino QueryResults */
export interface ResultPage {
  readonly id: string
  readonly infoUri?: string
  readonly nextUri?: string
  readonly columns?: readonly ClientColumn[]
  readonly data?: readonly (readonly unknown[])[]
  readonly stats: ClientStats
  readonly error?: {
    readonly message: string
    readonly errorName: string
    readonly errorCode: number
    readonly errorType: MillraceError['type']
    readonly errorLocation?: { readonly lineNumber: number; readonly columnNumber: number }
  }
  readonly warnings?: readonly { readonly message: string }[]
  readonly updateType?: string
  readonly updateCount?: number
}

/** Statuses that say to ask again. @source Trino client protocol */
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504])
const MAX_RETRIES = 20
const RETRY_MILLIS = 50

/**
 * A statement on a server, response by response as they come, for those who want no values made of them.
 * @source Trino StatementClientV1
 */
export class StatementClient {
  readonly #url: string
  readonly #sql: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #abort = new AbortController()
  readonly #onChanges: (changes: SessionHeaders) => void
  #page: ResultPage | undefined
  /** Whether objects in the data have an order that matters. */
  #isOrdered = false

  /** @param onChanges takes the headers of each response, which say what the statement changed in the session */
  constructor(
    url: string,
    sql: string,
    headers: Readonly<Record<string, string>>,
    onChanges: (changes: SessionHeaders) => void,
  ) {
    this.#url = url.replace(/\/+$/, '')
    this.#sql = sql
    this.#headers = headers
    this.#onChanges = onChanges
  }

  /** The next response; undefined after the last. @throws MillraceError for what is no response of the protocol */
  async next(): Promise<ResultPage | undefined> {
    const last = this.#page
    if (last !== undefined && last.nextUri === undefined) return undefined
    this.#page =
      last === undefined
        ? await this.#request(`${this.#url}/v1/statement`, 'POST')
        : await this.#request(last.nextUri!, 'GET')
    return this.#page
  }

  /** Ends the statement on the server; a request under way fails with USER_CANCELED. */
  async cancel(): Promise<void> {
    const uri = this.#page?.nextUri
    this.#abort.abort()
    if (uri === undefined) return
    try {
      await fetch(uri, { method: 'DELETE', headers: this.#headers })
    } catch {
      // The server is gone, and the statement with it.
    }
  }

  async #request(uri: string, method: 'GET' | 'POST'): Promise<ResultPage> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.#fetch(uri, method)
      const text = await this.#orCanceled(response.text(), uri)
      if (response.status === 200) {
        this.#onChanges(Object.fromEntries(response.headers))
        return this.#parse(text, uri)
      }
      if (!RETRIED.has(response.status) || attempt >= MAX_RETRIES) {
        throw refusal(response.status, text, uri)
      }
      await this.#orCanceled(
        new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS * (attempt + 1))),
        uri,
      )
    }
  }

  #parse(text: string, uri: string): ResultPage {
    try {
      const page = parseExactJson(text) as ResultPage
      this.#isOrdered ||= page.columns?.some(({ typeSignature }) => hasMap(typeSignature)) === true
      if (!this.#isOrdered || page.data === undefined) return page
      const ordered = parseOrderedJson(text) as ReadonlyMap<string, unknown>
      return { ...page, data: ordered.get('data') as NonNullable<ResultPage['data']> }
    } catch (error) {
      throw new MillraceError('REMOTE_HOST_GONE', `Not an answer of Trino's protocol: ${uri}`, {
        cause: error,
      })
    }
  }

  #fetch(uri: string, method: 'GET' | 'POST'): Promise<Response> {
    const request = fetch(uri, {
      method,
      headers: this.#headers,
      signal: this.#abort.signal,
      ...(method === 'POST' ? { body: this.#sql } : {}),
    })
    return this.#orCanceled(request, uri)
  }

  async #orCanceled<T>(promise: Promise<T>, uri: string): Promise<T> {
    try {
      const value = await promise
      if (this.#abort.signal.aborted) throw canceled()
      return value
    } catch (error) {
      if (this.#abort.signal.aborted) throw canceled()
      throw new MillraceError('REMOTE_HOST_GONE', `No answer from the server: ${uri}`, {
        detail: reasonOf(error),
        hint: 'Is it running, and is the address right?',
        cause: error,
      })
    }
  }
}

const canceled = () => new MillraceError('USER_CANCELED', 'Query was canceled')

/** What fetch's errors hide in their cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}

function refusal(status: number, text: string, uri: string): MillraceError {
  const code = status === 401 || status === 403 ? 'PERMISSION_DENIED' : 'REMOTE_HOST_GONE'
  const said = text.slice(0, 200).trim()
  return new MillraceError(code, `The server answered with status ${status}: ${said || uri}`)
}

/** The error of a response as the embedded engine's. */
export function errorOfPage(error: NonNullable<ResultPage['error']>): MillraceError {
  const { errorLocation: location } = error
  return new MillraceError(error.errorName, error.message.replace(/^line \d+:\d+: /, ''), {
    number: error.errorCode,
    type: error.errorType,
    ...(location === undefined
      ? {}
      : { location: { line: location.lineNumber, column: location.columnNumber } }),
  })
}
