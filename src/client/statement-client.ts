import { MillraceError } from '../spi/error.js'
import { parseExactJson } from './exact-json.js'
import type { TypeSignature } from './value-decoder.js'

/** What a client tells the server with every request, and what statements change. Plain and immutable. */
export interface ClientSession {
  readonly user: string
  readonly source: string
  readonly catalog?: string
  readonly schema?: string
  readonly path?: string
  readonly timeZone?: string
  readonly traceToken?: string
  readonly clientInfo?: string
  readonly clientTags?: string
  /** Of the header Authorization. */
  readonly authorization?: string
  /** As SET SESSION AUTHORIZATION said. */
  readonly authorizationUser?: string
  readonly transactionId?: string
  readonly properties: ReadonlyMap<string, string>
  readonly preparedStatements: ReadonlyMap<string, string>
  /** Role by catalog, as the protocol writes it. */
  readonly roles: ReadonlyMap<string, string>
}

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

const CAPABILITIES = 'PATH,PARAMETRIC_DATETIME,SESSION_AUTHORIZATION'
/** Statuses that say to ask again. @source Trino client protocol */
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504])
const MAX_RETRIES = 20
const RETRY_MILLIS = 50

/**
 * A statement on a server, response by response, with what it changes in the session.
 * @source Trino StatementClientV1
 */
export class StatementClient {
  readonly #url: string
  readonly #sql: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #abort = new AbortController()
  #page: ResultPage | undefined
  #session: ClientSession

  constructor(url: string, sql: string, session: ClientSession) {
    this.#url = url.replace(/\/+$/, '')
    this.#sql = sql
    this.#session = session
    this.#headers = headersOf(session)
  }

  /** The session after the responses so far. */
  get session(): ClientSession {
    return this.#session
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
        this.#session = changedSession(this.#session, response.headers)
        return parsePage(text, uri)
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

function parsePage(text: string, uri: string): ResultPage {
  let page: unknown
  try {
    page = parseExactJson(text)
  } catch (error) {
    throw new MillraceError('REMOTE_HOST_GONE', `Not an answer of Trino's protocol: ${uri}`, {
      cause: error,
    })
  }
  return page as ResultPage
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

const encodePairs = (pairs: ReadonlyMap<string, string>): string | undefined =>
  pairs.size === 0
    ? undefined
    : [...pairs]
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .join(',')

/** @source Trino ProtocolHeaders */
function headersOf(session: ClientSession): Record<string, string> {
  const headers: Record<string, string | undefined> = {
    'X-Trino-User': session.authorizationUser ?? session.user,
    'X-Trino-Original-User': session.authorizationUser === undefined ? undefined : session.user,
    'X-Trino-Source': session.source,
    'X-Trino-Catalog': session.catalog,
    'X-Trino-Schema': session.schema,
    'X-Trino-Path': session.path,
    'X-Trino-Time-Zone': session.timeZone,
    'X-Trino-Trace-Token': session.traceToken,
    'X-Trino-Client-Info': session.clientInfo,
    'X-Trino-Client-Tags': session.clientTags,
    'X-Trino-Session': encodePairs(session.properties),
    'X-Trino-Prepared-Statement': encodePairs(session.preparedStatements),
    'X-Trino-Role': encodePairs(session.roles),
    'X-Trino-Transaction-Id': session.transactionId ?? 'NONE',
    'X-Trino-Client-Capabilities': CAPABILITIES,
    Authorization: session.authorization,
  }
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

/** The session after a response's headers. @source Trino StatementClientV1.processResponse */
function changedSession(session: ClientSession, headers: Headers): ClientSession {
  const one = (name: string) => headers.get(`x-trino-${name}`) ?? undefined
  // Several headers of one name come joined by commas, which values have encoded.
  const list = (name: string) =>
    one(name)
      ?.split(',')
      .map((part) => part.trim()) ?? []
  const { transactionId, authorizationUser, ...rest } = session
  const transaction =
    one('started-transaction-id') ??
    (one('clear-transaction-id') === 'true' ? undefined : transactionId)
  const authorized =
    one('set-authorization-user') ??
    (one('reset-authorization-user') === 'true' ? undefined : authorizationUser)
  const catalog = one('set-catalog')
  const schema = one('set-schema')
  const path = one('set-path')
  return {
    ...rest,
    ...(catalog === undefined ? {} : { catalog: decode(catalog) }),
    ...(schema === undefined ? {} : { schema: decode(schema) }),
    ...(path === undefined ? {} : { path: decode(path) }),
    ...(transaction === undefined ? {} : { transactionId: transaction }),
    ...(authorized === undefined ? {} : { authorizationUser: authorized }),
    properties: changedPairs(session.properties, list('set-session'), list('clear-session')),
    preparedStatements: changedPairs(
      session.preparedStatements,
      list('added-prepare'),
      list('deallocated-prepare'),
    ),
    roles: changedPairs(session.roles, list('set-role'), []),
  }
}

function changedPairs(
  pairs: ReadonlyMap<string, string>,
  added: readonly string[],
  removed: readonly string[],
): ReadonlyMap<string, string> {
  if (added.length === 0 && removed.length === 0) return pairs
  const next = new Map(pairs)
  for (const text of added) {
    const equals = text.indexOf('=')
    next.set(decode(text.slice(0, equals)), decode(text.slice(equals + 1)))
  }
  for (const name of removed) next.delete(decode(name))
  return next
}
