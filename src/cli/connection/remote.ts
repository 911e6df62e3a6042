import { RemoteSession, type SessionOptions } from '../../client/remote-session.js'
import { signatureType } from '../../client/signature-type.js'
import { errorOfPage, type ResultPage, StatementClient } from '../../client/statement-client.js'
import { valueDecoder } from '../../client/value-decoder.js'
import type { Page } from '../../spi/index.js'
import type {
  ShellColumn,
  ShellConnection,
  ShellRow,
  ShellStatement,
  StatementStatus,
  TypedColumn,
} from './connection.js'
import { wireDecoder } from './wire-value.js'

/** A server that speaks Trino's protocol. */
export class RemoteConnection implements ShellConnection {
  readonly #url: string
  readonly #session: RemoteSession
  readonly #headers: Readonly<Record<string, string>>

  /** @param headers of every request, beside those of the session */
  constructor(url: string, session: SessionOptions, headers: Readonly<Record<string, string>>) {
    this.#url = url
    this.#session = new RemoteSession(session)
    this.#headers = headers
  }

  get catalog(): string | undefined {
    return this.#session.headers({})['x-trino-catalog']
  }

  get schema(): string | undefined {
    return this.#session.headers({})['x-trino-schema']
  }

  statement(sql: string): ShellStatement {
    const headers = { ...this.#headers, ...this.#session.headers({}) }
    return new RemoteStatement(
      new StatementClient(this.#url, sql, headers, (changes) => this.#session.apply(changes)),
    )
  }

  async close(): Promise<void> {}
}

class RemoteStatement implements ShellStatement {
  readonly #client: StatementClient
  #page: ResultPage | undefined
  #signatures: ResultPage['columns']
  #columns: readonly ShellColumn[] | undefined
  #decode: ((row: readonly unknown[]) => ShellRow) | undefined

  constructor(client: StatementClient) {
    this.#client = client
  }

  get columns(): readonly ShellColumn[] | undefined {
    return this.#columns
  }

  get updateType(): string | undefined {
    return this.#page?.updateType
  }

  get updateCount(): number | undefined {
    return this.#page?.updateCount
  }

  get warnings(): readonly string[] {
    return this.#page?.warnings?.map(({ message }) => message) ?? []
  }

  status(): StatementStatus {
    const page = this.#page
    const stats = page?.stats
    return {
      id: page?.id ?? '',
      state: stats?.state ?? 'QUEUED',
      nodes: stats?.nodes ?? 0,
      totalSplits: stats?.totalSplits ?? 0,
      queuedSplits: stats?.queuedSplits ?? 0,
      runningSplits: stats?.runningSplits ?? 0,
      completedSplits: stats?.completedSplits ?? 0,
      processedRows: Number(stats?.processedRows ?? 0),
      processedBytes: Number(stats?.processedBytes ?? 0),
      memoryBytes: Number(stats?.peakMemoryBytes ?? 0),
      peakMemoryBytes: Number(stats?.peakMemoryBytes ?? 0),
      cpuMillis: stats?.cpuTimeMillis ?? 0,
      elapsedMillis: stats?.elapsedTimeMillis ?? 0,
      ...(stats?.progressPercentage === undefined
        ? {}
        : { progressPercentage: stats.progressPercentage }),
    }
  }

  types(): readonly TypedColumn[] {
    return (this.#signatures ?? []).map(({ name, typeSignature }) => ({
      name,
      type: signatureType(typeSignature),
    }))
  }

  async next(): Promise<readonly ShellRow[] | undefined> {
    const page = await this.#nextResult()
    if (page === undefined) return undefined
    if (this.#decode === undefined && this.#columns !== undefined) {
      const decoders = this.#columns.map(({ type }) => wireDecoder(type))
      this.#decode = (row) => decoders.map((decode, index) => decode(row[index]))
    }
    return page.data?.map(this.#decode!) ?? []
  }

  async nextPage(): Promise<Page | undefined> {
    const page = await this.#nextResult()
    if (page === undefined) return undefined
    const { pageOfRows } = await import('../../client/pages.js')
    const decoders = (this.#columns ?? []).map(({ type }) => valueDecoder(type))
    const rows = (page.data ?? []).map((row) => decoders.map((decode, index) => decode(row[index])))
    return pageOfRows(this.types(), rows)
  }

  async #nextResult(): Promise<ResultPage | undefined> {
    const page = await this.#client.next()
    if (page === undefined) return undefined
    this.#page = page
    if (page.error !== undefined) throw errorOfPage(page.error)
    if (page.columns !== undefined && this.#columns === undefined) {
      this.#signatures = page.columns
      this.#columns = page.columns.map(({ name, typeSignature }) => ({ name, type: typeSignature }))
    }
    return page
  }

  async cancel(): Promise<void> {
    await this.#client.cancel()
  }
}
