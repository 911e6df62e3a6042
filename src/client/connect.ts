import { ChosenTransport } from './chosen-transport.js'
import { RemoteQuery } from './remote-query.js'
import type { StreamFormat, Transport } from './remote-run.js'
import { RemoteSession, type SessionOptions, type StatementOptions } from './remote-session.js'

export interface ConnectOptions extends SessionOptions {
  /**
   * `stream`: Millrace's own, over a WebSocket; `trino`: Trino's client protocol. By default `ws:` and `wss:` addresses
   * are the first, `http:` and `https:` are asked what they speak.
   */
  readonly protocol?: 'stream' | 'trino'
  /** How rows come over the stream: `pages` is fastest and the default in Node, `msgpack` needs less code and is in browsers. */
  readonly rowFormat?: StreamFormat
  /** Headers of every HTTP request, such as Authorization. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What a statement that writes, defines or sets something answers. */
export interface ExecuteResult {
  readonly updateType: string | undefined
  /** Rows written, where rows were. */
  readonly updateCount: number | undefined
}

/**
 * A server: Millrace's, over its stream, or any that speaks Trino's protocol. Makes no connection before the first query.
 * @param url `ws://host:8080`, `wss://…`, `http://…` or `https://…`
 */
export function connect(url: string, options: ConnectOptions = {}): Client {
  return new Client(url, options)
}

/** What the embedded engine is, over a connection: statements that change the session change that of this object. */
export class Client {
  readonly #session: RemoteSession
  readonly #transport: Transport

  constructor(url: string, options: ConnectOptions) {
    this.#session = new RemoteSession(options)
    this.#transport = new ChosenTransport(url, options, (changes) => this.#session.apply(changes))
  }

  /**
   * A statement, which starts when it is consumed.
   * @param params values of the `?` in the text, in order
   */
  query<T = Record<string, unknown>>(
    sql: string,
    params: readonly unknown[] = [],
    options: StatementOptions = {},
  ): RemoteQuery<T> {
    return new RemoteQuery<T>(
      sql,
      {
        start: (wants) =>
          this.#transport.start({
            sql: sql.replace(/;\s*$/, ''),
            parameters: params,
            headers: this.#session.headers(options),
            wants,
          }),
        describe: (queryId) => this.#transport.describe(queryId),
      },
      {
        values: options.values ?? 'exact',
        rowMode: options.rowMode ?? 'object',
        signal: options.signal,
      },
    )
  }

  /** Runs a statement to its end and drops its rows. */
  async execute(
    sql: string,
    params: readonly unknown[] = [],
    options: StatementOptions = {},
  ): Promise<ExecuteResult> {
    const query = this.query(sql, params, { ...options, rowMode: 'array' })
    for await (const _ of query) {
      // Only the end counts.
    }
    return { updateType: query.updateType, updateCount: query.updateCount }
  }

  /** Ends what is under way, and the connection. */
  close(): Promise<void> {
    return this.#transport.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
