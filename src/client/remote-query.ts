import type { Readable } from 'node:stream'
import type { RecordBatch } from '../engine/result/arrow.js'
import { MillraceError } from '../spi/error.js'
import type { Page } from '../spi/page/page.js'
import { rowIterator } from '../values/row-iterator.js'
import {
  type Batch,
  NO_STATS,
  type QueryStats,
  type RemoteColumn,
  type RemoteRun,
} from './remote-run.js'
import { rowAssembler } from './row-assembly.js'

/** A snapshot of a query's parts, as its server tells it. */
export interface QueryInfo extends QueryStats {
  readonly sql: string
  readonly updateType: string | undefined
  readonly error: { readonly code: string; readonly message: string } | undefined
  readonly execution: unknown
}

export interface RemoteQueryOptions {
  readonly values: 'exact' | 'plain'
  readonly rowMode: 'object' | 'array'
  readonly signal: AbortSignal | undefined
}

export interface RemoteQueryHost {
  start(wants: 'rows' | 'pages'): Promise<RemoteRun>
  describe(queryId: string): Promise<unknown>
}

type HighlandStream<T> = Highland.Stream<T>

/** Rows that a Node stream holds beyond what its consumer has read. */
const HIGH_WATER_ROWS = 1024
/** Rows made of a page at once: few enough that the event loop gets its turns. */
const SLICE_ROWS = 1024

/**
 * A statement on a server, with the methods of the embedded engine's query. It starts with its first consumption, of which
 * there is one; its errors reach whoever consumes it, nobody else; a consumer that leaves ends it.
 */
export class RemoteQuery<T = Record<string, unknown>> implements AsyncIterable<T> {
  readonly #sql: string
  readonly #host: RemoteQueryHost
  readonly #options: RemoteQueryOptions
  readonly #onAbort = () => {
    this.cancel().catch(() => {})
  }
  #starting: Promise<RemoteRun> | undefined
  #run: RemoteRun | undefined
  #isConsumed = false
  #isCancelled = false

  constructor(sql: string, host: RemoteQueryHost, options: RemoteQueryOptions) {
    this.#sql = sql
    this.#host = host
    this.#options = options
  }

  get updateType(): string | undefined {
    return this.#run?.updateType
  }

  /** Rows written; known at the end. */
  get updateCount(): number | undefined {
    return this.#run?.updateCount
  }

  #started(wants: 'rows' | 'pages'): Promise<RemoteRun> {
    this.#starting ??= this.#start(wants)
    return this.#starting
  }

  async #start(wants: 'rows' | 'pages'): Promise<RemoteRun> {
    const { signal } = this.#options
    if (this.#isCancelled || signal?.aborted === true) {
      throw new MillraceError('USER_CANCELED', 'Query was canceled')
    }
    const run = await this.#host.start(wants)
    this.#run = run
    signal?.addEventListener('abort', this.#onAbort)
    // It may have been cancelled on the way.
    if (this.#isCancelled || this.#options.signal?.aborted === true) await run.cancel()
    return run
  }

  #consume(): void {
    if (this.#isConsumed) {
      throw new MillraceError('GENERIC_USER_ERROR', 'A query can be consumed only once', {
        hint: 'Call query() again, or keep the rows: await query.all()',
      })
    }
    this.#isConsumed = true
  }

  /** The batches of the result; however it ends, the statement has ended then. */
  async *#batches(
    wants: 'rows' | 'pages',
    prepare?: (columns: readonly RemoteColumn[]) => void,
  ): AsyncGenerator<Batch, void, undefined> {
    const run = await this.#started(wants)
    try {
      prepare?.(await run.columns())
      for (let batch = await run.next(); batch !== undefined; batch = await run.next()) yield batch
    } finally {
      this.#options.signal?.removeEventListener('abort', this.#onAbort)
      await run.cancel()
    }
  }

  /** Rows some at a time. */
  async *#slices(): AsyncGenerator<readonly unknown[], void, undefined> {
    const { rowMode, values } = this.#options
    let columns: readonly RemoteColumn[] = []
    let ofRows: (values: readonly unknown[]) => unknown = (row) => row
    let ofPage: ((page: Page, start: number, end: number) => unknown[]) | undefined
    const batches = this.#batches('rows', (described) => {
      columns = described
      ofRows = rowAssembler(namesOf(columns), rowMode)
    })
    for await (const batch of batches) {
      if (batch.kind === 'rows' && values === 'exact') {
        yield batch.rows.map(ofRows)
        continue
      }
      const { pageOfRows, rowReader } = await loadPages()
      ofPage ??= rowReader(namesOf(columns), rowMode, values)
      const page = batch.kind === 'page' ? batch.page : pageOfRows(columns, batch.rows)
      for (let start = 0; start < page.rowCount; start += SLICE_ROWS) {
        yield ofPage(page, start, Math.min(page.rowCount, start + SLICE_ROWS))
      }
    }
  }

  /** Rows one by one. A consumer that breaks off ends the query. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return rowIterator(() => {
      this.#consume()
      const slices = this.#slices()
      return {
        async next() {
          for (;;) {
            const step = await slices.next()
            if (step.done === true) return []
            if (step.value.length > 0) return step.value
          }
        },
        async close() {
          await slices.return()
        },
      }
    })
  }

  /** All rows at once. */
  async all(): Promise<T[]> {
    this.#consume()
    const rows: T[] = []
    for await (const slice of this.#slices()) for (const row of slice) rows.push(row as T)
    return rows
  }

  /** The result as pages of columns, which may be kept. */
  async *pages(): AsyncGenerator<Page, void, undefined> {
    this.#consume()
    for await (const batch of this.#batches('pages')) {
      if (batch.kind === 'page') yield batch.page
      else {
        const { pageOfRows } = await loadPages()
        yield pageOfRows(await this.columns(), batch.rows)
      }
    }
  }

  /** The result as Arrow record batches, which may be kept; loads apache-arrow. */
  async *arrow(): AsyncGenerator<RecordBatch, void, undefined> {
    for await (const page of this.pages()) {
      const { toRecordBatch } = await import('../engine/result/arrow.js')
      yield toRecordBatch(page, await this.columns())
    }
  }

  /** Rows as a Node stream of objects, made only as fast as they are read. */
  readable(): Readable {
    return nodeModule('node:stream').Readable.from(this, { highWaterMark: HIGH_WATER_ROWS })
  }

  /** Rows as a Highland stream; loads highland. */
  highland(): HighlandStream<T> {
    const require = nodeModule('node:module').createRequire(import.meta.url)
    const highland = require('highland') as typeof import('highland')
    return highland<T>(this.readable())
  }

  /** Names and types of the result; starts the statement, and is no consumption. */
  async columns(): Promise<readonly RemoteColumn[]> {
    return (await this.#started('rows')).columns()
  }

  async stats(): Promise<QueryStats> {
    return this.#run?.stats ?? NO_STATS
  }

  /** What the server tells of the query; `execution` is its own account. */
  async info(): Promise<QueryInfo> {
    const stats = this.#run?.stats ?? NO_STATS
    const failure = this.#run?.failure
    return {
      ...stats,
      sql: this.#sql,
      updateType: this.updateType,
      error: failure === undefined ? undefined : { code: failure.code, message: failure.message },
      execution: stats.queryId === undefined ? undefined : await this.#host.describe(stats.queryId),
    }
  }

  /** Ends the query; resolves when the server has ended it. Its consumer gets USER_CANCELED. */
  async cancel(): Promise<void> {
    this.#isCancelled = true
    await this.#run?.cancel()
  }
}

const namesOf = (columns: readonly RemoteColumn[]): string[] => columns.map(({ name }) => name)

/** Pages are not needed by those who read rows as the server sends them. */
const loadPages = () => import('./pages.js')

interface NodeModules {
  readonly 'node:stream': typeof import('node:stream')
  readonly 'node:module': typeof import('node:module')
}

/** A module of Node, which bundlers for browsers are not to look for. @throws NOT_SUPPORTED in browsers */
function nodeModule<N extends keyof NodeModules>(name: N): NodeModules[N] {
  if (typeof process === 'undefined' || process.getBuiltinModule === undefined) {
    throw new MillraceError('NOT_SUPPORTED', `There are no streams of Node here: ${name}`, {
      hint: 'Iterate over the query, or call pages() or arrow()',
    })
  }
  return process.getBuiltinModule(name) as NodeModules[N]
}
