import { MillraceError } from '../spi/error.js'
import { parseExactJson } from './exact-json.js'
import { type TypeSignature, valueDecoder } from './value-decoder.js'

export interface ConnectOptions {
  readonly user?: string
  readonly catalog?: string
  readonly schema?: string
  readonly timeZone?: string
  readonly source?: string
  /** Session properties. */
  readonly session?: Readonly<Record<string, string | number | boolean>>
}

export interface RemoteColumn {
  readonly name: string
  /** As the server prints it, such as `decimal(12, 2)`. */
  readonly type: string
}

interface ResultPage {
  readonly nextUri?: string
  readonly columns?: readonly (RemoteColumn & { readonly typeSignature: TypeSignature })[]
  readonly data?: readonly (readonly unknown[])[]
  readonly error?: {
    readonly message: string
    readonly errorName: string
    readonly errorCode: number
    readonly errorType: MillraceError['type']
    readonly errorLocation?: { readonly lineNumber: number; readonly columnNumber: number }
  }
  readonly updateType?: string
  readonly updateCount?: number
}

const CAPABILITIES = 'PATH,PARAMETRIC_DATETIME,SESSION_AUTHORIZATION'
/** Statuses that say to ask again. @source Trino client protocol */
const RETRIED = new Set([429, 502, 503, 504])
const MAX_RETRIES = 20
const RETRY_MILLIS = 50

/** A server that speaks Trino's protocol: a Millrace server, or Trino. Makes no connection before the first query. */
export function connect(url: string, options: ConnectOptions = {}): Client {
  return new Client(url.replace(/\/+$/, ''), options)
}

export class Client {
  readonly #url: string
  readonly #options: ConnectOptions

  constructor(url: string, options: ConnectOptions) {
    this.#url = url
    this.#options = options
  }

  /** A statement, which starts when it is consumed. */
  query<T = Record<string, unknown>>(
    sql: string,
    options: { readonly rowMode?: 'object' | 'array'; readonly signal?: AbortSignal } = {},
  ): RemoteQuery<T> {
    return new RemoteQuery<T>(this.#url, sql, headersOf(this.#options), options)
  }

  /** Runs a statement to its end and drops its rows. */
  async execute(sql: string): Promise<{
    readonly updateType: string | undefined
    readonly updateCount: number | undefined
  }> {
    const query = this.query(sql, { rowMode: 'array' })
    for await (const _ of query) {
      // Only the end counts.
    }
    return { updateType: query.updateType, updateCount: query.updateCount }
  }
}

function headersOf(options: ConnectOptions): Record<string, string> {
  const session = Object.entries(options.session ?? {})
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join(',')
  const optional = {
    'X-Trino-Catalog': options.catalog,
    'X-Trino-Schema': options.schema,
    'X-Trino-Time-Zone': options.timeZone,
    'X-Trino-Session': session === '' ? undefined : session,
  }
  return {
    'X-Trino-User': options.user ?? process.env['USER'] ?? 'millrace',
    'X-Trino-Source': options.source ?? 'millrace',
    'X-Trino-Transaction-Id': 'NONE',
    'X-Trino-Client-Capabilities': CAPABILITIES,
    ...Object.fromEntries(
      Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  }
}

/** A statement on a server; rows come as they are asked for, and a consumer that leaves ends it. */
export class RemoteQuery<T> implements AsyncIterable<T> {
  readonly #url: string
  readonly #sql: string
  readonly #headers: Record<string, string>
  readonly #options: { readonly rowMode?: 'object' | 'array'; readonly signal?: AbortSignal }
  #isConsumed = false
  updateType: string | undefined
  updateCount: number | undefined

  constructor(
    url: string,
    sql: string,
    headers: Record<string, string>,
    options: { readonly rowMode?: 'object' | 'array'; readonly signal?: AbortSignal },
  ) {
    this.#url = url
    this.#sql = sql
    this.#headers = headers
    this.#options = options
  }

  async all(): Promise<T[]> {
    const rows: T[] = []
    for await (const row of this) rows.push(row)
    return rows
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    if (this.#isConsumed) {
      throw new MillraceError('GENERIC_USER_ERROR', 'A query can be consumed only once')
    }
    this.#isConsumed = true
    let page = await this.#request(`${this.#url}/v1/statement`, 'POST')
    let decode: ((row: readonly unknown[]) => T) | undefined
    try {
      for (;;) {
        if (page.error !== undefined) throw remoteError(page.error)
        this.updateType = page.updateType ?? this.updateType
        this.updateCount = page.updateCount ?? this.updateCount
        if (page.columns !== undefined)
          decode ??= rowDecoder<T>(page.columns, this.#options.rowMode)
        for (const row of page.data ?? []) yield decode!(row)
        if (page.nextUri === undefined) return
        page = await this.#request(page.nextUri, 'GET')
      }
    } finally {
      if (page.nextUri !== undefined) await this.#cancel(page.nextUri)
    }
  }

  async #request(uri: string, method: 'GET' | 'POST'): Promise<ResultPage> {
    for (let attempt = 0; ; attempt++) {
      const response = await fetch(uri, {
        method,
        headers: this.#headers,
        signal: this.#options.signal ?? null,
        ...(method === 'POST' ? { body: this.#sql } : {}),
      })
      const text = await response.text()
      if (response.status === 200) return parseExactJson(text) as ResultPage
      if (!RETRIED.has(response.status) || attempt >= MAX_RETRIES) {
        throw new MillraceError(
          'REMOTE_HOST_GONE',
          `Server answered with status ${response.status}: ${text.slice(0, 200)}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS * (attempt + 1)))
    }
  }

  async #cancel(uri: string): Promise<void> {
    try {
      await fetch(uri, { method: 'DELETE', headers: this.#headers })
    } catch {
      // The server is gone, and the statement with it; what ended the iteration is told instead.
    }
  }
}

function rowDecoder<T>(
  columns: readonly (RemoteColumn & { readonly typeSignature: TypeSignature })[],
  rowMode: 'object' | 'array' = 'object',
): (row: readonly unknown[]) => T {
  const decoders = columns.map((column) => valueDecoder(column.typeSignature))
  if (rowMode === 'array') return (row) => decoders.map((decode, i) => decode(row[i])) as T
  const names = columns.map((column) => column.name)
  const duplicate = names.find((name, index) => names.indexOf(name) !== index)
  if (duplicate !== undefined) {
    throw new MillraceError('DUPLICATE_COLUMN_NAME', `Two columns have the name '${duplicate}'`, {
      hint: "Give one an alias, or read rows as arrays: rowMode: 'array'",
    })
  }
  return (row) => Object.fromEntries(names.map((name, i) => [name, decoders[i]!(row[i])])) as T
}

function remoteError(error: NonNullable<ResultPage['error']>): MillraceError {
  const { errorLocation: location } = error
  return new MillraceError(error.errorName, error.message.replace(/^line \d+:\d+: /, ''), {
    number: error.errorCode,
    type: error.errorType,
    ...(location === undefined
      ? {}
      : { location: { line: location.lineNumber, column: location.columnNumber } }),
  })
}
