import { MillraceError } from '../spi/error.js'
import { describeQuery } from './describe-query.js'
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
import { errorOfPage, type ResultPage, StatementClient } from './statement-client.js'
import { type ValueDecoder, valueDecoder } from './value-decoder.js'

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
  readonly #client: StatementClient
  #columns: readonly RemoteColumn[] | undefined
  #decoders: readonly ValueDecoder[] = []
  #rowCount = 0
  #data: ResultPage['data']
  /** The next response on its way: whoever asks for columns or rows meanwhile waits for the same. */
  #advancing: Promise<void> | undefined
  failure: MillraceError | undefined
  updateType: string | undefined
  updateCount: number | undefined

  constructor(url: string, request: RunRequest, onChanges: (changes: SessionHeaders) => void) {
    const sql = withParameters(request.sql, request.parameters)
    this.#client = new StatementClient(url, sql, request.headers, onChanges)
  }

  get stats(): QueryStats {
    const { page } = this.#client
    if (page === undefined) return NO_STATS
    const { stats } = page
    return {
      queryId: page.id,
      state: this.failure === undefined ? stats.state : 'FAILED',
      rowCount: this.#rowCount,
      planningMillis: stats.planningTimeMillis ?? 0,
      elapsedMillis: stats.elapsedTimeMillis,
      cpuMillis: stats.cpuTimeMillis,
      processedRows: Number(stats.processedRows),
      processedBytes: Number(stats.processedBytes),
      peakMemoryBytes: Number(stats.peakMemoryBytes),
      totalSplits: stats.totalSplits,
      completedSplits: stats.completedSplits,
    }
  }

  async columns(): Promise<readonly RemoteColumn[]> {
    // Columns come once the statement is planned, and never if it has none.
    while (this.#columns === undefined && this.#data === undefined && !this.#client.isAtEnd) {
      await this.#advance()
    }
    return this.#columns ?? []
  }

  async next(): Promise<Batch | undefined> {
    while (this.#data === undefined) {
      if (this.#client.isAtEnd) return undefined
      await this.#advance()
    }
    const rows = this.#data
    this.#data = undefined
    this.#rowCount += rows.length
    const decoders = this.#decoders
    return { kind: 'rows', rows: rows.map((row) => decoders.map((decode, i) => decode(row[i]))) }
  }

  #advance(): Promise<void> {
    this.#advancing ??= this.#takeNext().finally(() => {
      this.#advancing = undefined
    })
    return this.#advancing
  }

  async #takeNext(): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    const page = await this.#client.next()
    if (page === undefined) return
    this.updateType = page.updateType ?? this.updateType
    this.updateCount = page.updateCount ?? this.updateCount
    if (page.error !== undefined) {
      this.failure = errorOfPage(page.error)
      throw this.failure
    }
    if (page.columns !== undefined && this.#columns === undefined) this.#setColumns(page.columns)
    if (page.data !== undefined && page.data.length > 0) this.#data = page.data
  }

  #setColumns(columns: NonNullable<ResultPage['columns']>): void {
    this.#columns = columns.map(({ name, typeSignature }) => ({
      name,
      type: signatureType(typeSignature),
    }))
    this.#decoders = columns.map((column) => valueDecoder(column.typeSignature))
  }

  async cancel(): Promise<void> {
    if (this.failure === undefined && !this.#client.isAtEnd) {
      this.failure = new MillraceError('USER_CANCELED', 'Query was canceled')
      this.#data = undefined
    }
    await this.#client.cancel()
  }
}

/** The protocol has no parameters: they become literals. @source Trino EXECUTE IMMEDIATE */
function withParameters(sql: string, parameters: readonly unknown[]): string {
  if (parameters.length === 0) return sql
  const text = sql.replaceAll("'", "''")
  return `EXECUTE IMMEDIATE '${text}' USING ${sqlLiterals(parameters).join(', ')}`
}
