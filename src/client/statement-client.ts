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
  readonly planningTimeMillis?: number
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
  /** The first request: its answer says what is to be cancelled. */
  #posted: Promise<ResultPage> | undefined
  #page: ResultPage | undefined
  /** Whether objects in the data have an order that matters. */
  #isOrdered = false
  #cancelling: Promise<void> | undefined

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

  /** The last response. */
  get page(): ResultPage | undefined {
    return this.#page
  }

  /** True once the last response has come. */
  get isAtEnd(): boolean {
    return this.#page !== undefined && this.#page.nextUri === undefined
  }

  /**
   * The next response; undefined after the last.
   * @throws USER_CANCELED, REMOTE_HOST_GONE for what is no response of the protocol, PERMISSION_DENIED
   */
  async next(): Promise<ResultPage | undefined> {
    if (this.isAtEnd) return undefined
    this.#page = await this.#unlessCanceled(this.#ask(this.#page?.nextUri))
    return this.#page
  }

  /** Ends the statement on the server; a request under way fails with USER_CANCELED. Idempotent. */
  cancel(): Promise<void> {
    this.#cancelling ??= this.#cancel()
    return this.#cancelling
  }

  async #cancel(): Promise<void> {
    if (this.isAtEnd) return
    this.#abort.abort()
    try {
      const uri = this.#page?.nextUri ?? (await this.#posted)?.nextUri
      if (uri !== undefined) await fetch(uri, { method: 'DELETE', headers: this.#headers })
    } catch {
      // The server is gone, and the statement with it.
    }
  }

  #ask(uri: string | undefined): Promise<ResultPage> {
    if (uri !== undefined) return this.#request(uri, { signal: this.#abort.signal })
    this.#posted ??= this.#request(`${this.#url}/v1/statement`, { method: 'POST', body: this.#sql })
    return this.#posted
  }

  async #request(uri: string, request: RequestInit): Promise<ResultPage> {
    for (let attempt = 0; ; attempt++) {
      const { response, text } = await this.#answer(uri, request)
      if (response.status === 200) {
        this.#onChanges(Object.fromEntries(response.headers))
        return this.#parse(text, uri)
      }
      if (!RETRIED.has(response.status) || attempt >= MAX_RETRIES) {
        throw refusal(response.status, text, uri)
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS * (attempt + 1)))
      if (this.#abort.signal.aborted) throw canceled()
    }
  }

  async #answer(
    uri: string,
    request: RequestInit,
  ): Promise<{ readonly response: Response; readonly text: string }> {
    try {
      const response = await fetch(uri, { ...request, headers: this.#headers })
      return { response, text: await response.text() }
    } catch (error) {
      throw new MillraceError('REMOTE_HOST_GONE', `No answer from the server: ${uri}`, {
        detail: reasonOf(error),
        hint: 'Is it running, and is the address right?',
        cause: error,
      })
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

  /** The promise's value, or USER_CANCELED as soon as the statement is cancelled. */
  #unlessCanceled<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#abort
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => reject(canceled())
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
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
