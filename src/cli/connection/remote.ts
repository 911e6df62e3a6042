import {
  type ClientSession,
  errorOfPage,
  type ResultPage,
  StatementClient,
} from '../../client/statement-client.js'
import type {
  ShellColumn,
  ShellConnection,
  ShellRow,
  ShellStatement,
  StatementStatus,
} from './connection.js'
import { wireDecoder } from './wire-value.js'

/** A server that speaks Trino's protocol. */
export class RemoteConnection implements ShellConnection {
  readonly #url: string
  #session: ClientSession

  constructor(url: string, session: ClientSession) {
    this.#url = url
    this.#session = session
  }

  get catalog(): string | undefined {
    return this.#session.catalog
  }

  get schema(): string | undefined {
    return this.#session.schema
  }

  statement(sql: string): ShellStatement {
    return new RemoteStatement(new StatementClient(this.#url, sql, this.#session), (session) => {
      this.#session = session
    })
  }

  async close(): Promise<void> {}
}

class RemoteStatement implements ShellStatement {
  readonly #client: StatementClient
  readonly #onEnd: (session: ClientSession) => void
  #page: ResultPage | undefined
  #columns: readonly ShellColumn[] | undefined
  #decode: ((row: readonly unknown[]) => ShellRow) | undefined

  constructor(client: StatementClient, onEnd: (session: ClientSession) => void) {
    this.#client = client
    this.#onEnd = onEnd
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

  async next(): Promise<readonly ShellRow[] | undefined> {
    const page = await this.#client.next()
    if (page === undefined) return undefined
    this.#page = page
    this.#onEnd(this.#client.session)
    if (page.error !== undefined) throw errorOfPage(page.error)
    if (page.columns !== undefined && this.#decode === undefined) {
      const decoders = page.columns.map(({ typeSignature }) => wireDecoder(typeSignature))
      this.#columns = page.columns.map(({ name, typeSignature }) => ({ name, type: typeSignature }))
      this.#decode = (row) => decoders.map((decode, index) => decode(row[index]))
    }
    return page.data?.map(this.#decode!) ?? []
  }

  async cancel(): Promise<void> {
    await this.#client.cancel()
  }
}
