/** Names of the protocol's session headers, in lower case, by what they say. */
export type SessionHeaders = Readonly<Record<string, string | readonly string[]>>

/** What one statement asks for beside its text; the embedded engine's options. */
export interface StatementOptions {
  readonly catalog?: string
  readonly schema?: string
  readonly user?: string
  /** IANA name or offset. */
  readonly timeZone?: string
  /** Session properties: `{ join_reordering_strategy: 'NONE', 'mycatalog.some_property': 5 }`. */
  readonly session?: Readonly<Record<string, string | number | boolean>>
  /** Ends the statement when it is aborted. */
  readonly signal?: AbortSignal
  /** `exact` (the default): bigint, text of decimals and datetimes. `plain`: numbers and Dates. */
  readonly values?: 'exact' | 'plain'
  /** `object` (the default) or `array`. */
  readonly rowMode?: 'object' | 'array'
}

export interface SessionOptions {
  readonly user?: string
  readonly source?: string
  readonly catalog?: string
  readonly schema?: string
  readonly timeZone?: string
  readonly session?: StatementOptions['session']
}

const CAPABILITIES = 'PATH,PARAMETRIC_DATETIME,SESSION_AUTHORIZATION'

/** Names and texts that go as `name=text` in one header. */
type Pairs = ReadonlyMap<string, string>

/**
 * A session as the protocol has it: the client keeps it, sends it with each statement, and applies what statements change.
 * @source Trino ClientSession, StatementClientV1
 */
export class RemoteSession {
  readonly #user: string
  readonly #source: string
  #catalog: string | undefined
  #schema: string | undefined
  #path: string | undefined
  #timeZone: string | undefined
  #authorizationUser: string | undefined
  #transactionId = 'NONE'
  #properties: Pairs
  #prepared: Pairs = new Map()
  #roles: Pairs = new Map()

  constructor(options: SessionOptions) {
    const environment = typeof process === 'undefined' ? undefined : process.env['USER']
    this.#user = options.user ?? environment ?? 'millrace'
    this.#source = options.source ?? 'millrace'
    this.#catalog = options.catalog
    this.#schema = options.schema
    this.#timeZone = options.timeZone
    this.#properties = propertiesOf(options.session)
  }

  /** The headers of a statement. */
  headers(options: StatementOptions): Record<string, string> {
    const properties = new Map([...this.#properties, ...propertiesOf(options.session)])
    const optional: Readonly<Record<string, string | undefined>> = {
      'x-trino-catalog': options.catalog ?? this.#catalog,
      'x-trino-schema': options.schema ?? this.#schema,
      'x-trino-path': this.#path,
      'x-trino-time-zone': options.timeZone ?? this.#timeZone,
      'x-trino-session': joined(properties),
      'x-trino-prepared-statement': joined(this.#prepared),
      'x-trino-role': joined(this.#roles),
    }
    return {
      'x-trino-user': options.user ?? this.#authorizationUser ?? this.#user,
      ...(options.user === undefined && this.#authorizationUser !== undefined
        ? { 'x-trino-original-user': this.#user }
        : {}),
      'x-trino-source': this.#source,
      'x-trino-transaction-id': this.#transactionId,
      'x-trino-client-capabilities': CAPABILITIES,
      ...Object.fromEntries(
        Object.entries(optional).filter((entry): entry is [string, string] => !!entry[1]),
      ),
    }
  }

  /** Takes the answer's headers, whatever the case of their names. */
  apply(answer: SessionHeaders): void {
    for (const [name, value] of Object.entries(answer)) {
      const change = CHANGES[name.toLowerCase().replace(/^x-trino-/, '')]
      change?.(this.#parts, typeof value === 'string' ? [value] : value)
    }
  }

  readonly #parts: SessionParts = {
    setCatalog: (catalog) => {
      this.#catalog = catalog
    },
    setSchema: (schema) => {
      this.#schema = schema
    },
    setPath: (path) => {
      this.#path = path
    },
    setTransaction: (id) => {
      this.#transactionId = id
    },
    setAuthorizationUser: (user) => {
      this.#authorizationUser = user
    },
    setProperty: (name, text) => {
      this.#properties = changed(this.#properties, name, text)
    },
    setPrepared: (name, sql) => {
      this.#prepared = changed(this.#prepared, name, sql)
    },
    setRole: (catalog, role) => {
      this.#roles = changed(this.#roles, catalog, role)
    },
  }
}

interface SessionParts {
  setCatalog(catalog: string): void
  setSchema(schema: string): void
  setPath(path: string): void
  setTransaction(id: string): void
  setAuthorizationUser(user: string | undefined): void
  setProperty(name: string, text: string | undefined): void
  setPrepared(name: string, sql: string | undefined): void
  setRole(catalog: string, role: string): void
}

type Change = (session: SessionParts, values: readonly string[]) => void

const CHANGES: Readonly<Record<string, Change>> = {
  'set-catalog': (session, [catalog]) => session.setCatalog(catalog!),
  'set-schema': (session, [schema]) => session.setSchema(schema!),
  'set-path': (session, [path]) => session.setPath(path!),
  'set-session': (session, values) => {
    for (const [name, text] of pairsOf(values)) session.setProperty(name, text)
  },
  'clear-session': (session, values) => {
    for (const name of partsOf(values)) session.setProperty(decodeText(name), undefined)
  },
  'set-role': (session, values) => {
    for (const [catalog, role] of pairsOf(values)) session.setRole(catalog, role)
  },
  'added-prepare': (session, values) => {
    for (const [name, sql] of pairsOf(values)) session.setPrepared(name, sql)
  },
  'deallocated-prepare': (session, values) => {
    for (const name of partsOf(values)) session.setPrepared(decodeText(name), undefined)
  },
  'started-transaction-id': (session, [id]) => session.setTransaction(id!),
  'clear-transaction-id': (session) => session.setTransaction('NONE'),
  'set-authorization-user': (session, [user]) => session.setAuthorizationUser(user),
  'reset-authorization-user': (session) => session.setAuthorizationUser(undefined),
}

/** Java's URL encoding writes blanks as `+`. */
const decodeText = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

/** Several headers of one name reach some clients as one, with commas; encoded values have none. */
const partsOf = (values: readonly string[]): string[] =>
  values.flatMap((value) => value.split(',')).map((part) => part.trim())

const pairsOf = (values: readonly string[]): [string, string][] =>
  partsOf(values).map((part) => {
    const equals = part.indexOf('=')
    return [decodeText(part.slice(0, equals)), decodeText(part.slice(equals + 1))]
  })

const propertiesOf = (properties: StatementOptions['session'] = {}): Pairs =>
  new Map(Object.entries(properties).map(([name, value]) => [name, String(value)]))

const joined = (pairs: Pairs): string =>
  [...pairs].map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`).join()

function changed(pairs: Pairs, name: string, text: string | undefined): Pairs {
  const copy = new Map(pairs)
  if (text === undefined) copy.delete(name)
  else copy.set(name, text)
  return copy
}
