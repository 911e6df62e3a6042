import type { Readable, Writable } from 'node:stream'
import { MillraceError, type Page } from '../../spi/index.js'
import type { ValueMode } from '../../values/cell-reader.js'
import { rowIterator } from '../../values/row-iterator.js'
import type { RowMode } from '../../values/row-reader.js'
import type { StageInfo } from '../execution/query-info.js'
import type { RecordBatch } from '../result/arrow.js'
import { type HighlandStream, highlandStream } from '../result/highland.js'
import type { OutputFormat } from '../result/output-format.js'
import { copyPage } from '../result/page-copy.js'
import type { ResultColumn } from '../result/result-column.js'
import { RowSlices } from '../result/row-slices.js'
import { createRowStream } from '../result/row-stream.js'
import type { QueryRun, QueryState, RowTurns } from './query-run.js'

/** A row: an object by column name, or with `rowMode: 'array'` an array. */
export type Row = Record<string, unknown>

/** Figures of a query, now or at its end. */
export interface QueryStats {
  readonly queryId: string | undefined
  readonly state: QueryState
  /** Rows of the result so far. */
  readonly rowCount: number
  readonly planningMillis: number
  readonly elapsedMillis: number
  readonly cpuMillis: number
  readonly processedRows: number
  readonly processedBytes: number
  readonly peakMemoryBytes: number
  /** Bytes that were written to disk for want of memory. */
  readonly spilledBytes: number
  readonly totalSplits: number
  readonly completedSplits: number
}

/** A snapshot of a query's parts: stages, tasks, pipelines, drivers, operators. Plain data. */
export interface QueryInfo extends QueryStats {
  readonly sql: string
  readonly updateType: string | undefined
  readonly error: { readonly code: string; readonly message: string } | undefined
  /** What to know besides the answer, with Trino's codes. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
  readonly stages: readonly StageInfo[]
}

/** How long a statement whose columns were asked for waits for its consumer. */
export const COLUMNS_LAPSE_MILLIS = 10_000

export interface QueryOptions {
  readonly values: ValueMode
  readonly rowMode: RowMode
  /** Rows are made in turns of the event loop. */
  readonly turns: { taker(): RowTurns }
}

/**
 * A statement of the embedded API. It starts with its first consumption, of which there is one: iteration, `pages`,
 * `arrow`, `readable`, `highland`, `all`, `pipeTo` or `toFile`. Its errors reach whoever consumes it, nobody else. A consumer that leaves ends it.
 */
export class Query<T = Row> implements AsyncIterable<T> {
  readonly #createRun: () => QueryRun
  readonly #options: QueryOptions
  readonly #sql: string
  #run: QueryRun | undefined
  #consumed = false
  #cancelled = false
  #lapsing: NodeJS.Timeout | undefined

  constructor(sql: string, createRun: () => QueryRun, options: QueryOptions) {
    this.#sql = sql
    this.#createRun = createRun
    this.#options = options
  }

  #started(): QueryRun {
    this.#run ??= this.#createRun()
    if (this.#cancelled) this.#run.cancel()
    return this.#run
  }

  #consume(): QueryRun {
    if (this.#consumed) {
      throw new MillraceError('GENERIC_USER_ERROR', 'A query can be consumed only once', {
        hint: 'Call query() again, or keep the rows: await query.all()',
      })
    }
    this.#consumed = true
    clearTimeout(this.#lapsing)
    return this.#started()
  }

  #slices(run: QueryRun): RowSlices {
    return new RowSlices(run, this.#options, this.#options.turns.taker())
  }

  /** Rows one by one. A consumer that breaks off ends the query. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return rowIterator(() => this.#slices(this.#consume()))
  }

  /** All rows at once. */
  async all(): Promise<T[]> {
    const slices = this.#slices(this.#consume())
    const rows: T[] = []
    for (let slice = await slices.next(); slice.length > 0; slice = await slices.next()) {
      for (const row of slice) rows.push(row as T)
    }
    return rows
  }

  /** The result as pages of columns, each copied into one garbage-collected ArrayBuffer: they may be kept. */
  async *pages(): AsyncGenerator<Page, void, undefined> {
    const run = this.#consume()
    try {
      for (let page = await run.nextPage(); page !== undefined; page = await run.nextPage()) {
        yield copyPage(page)
      }
    } finally {
      run.cancel()
      await run.settled
    }
  }

  /** The result as Arrow record batches, which may be kept; loads apache-arrow. */
  async *arrow(): AsyncGenerator<RecordBatch, void, undefined> {
    const run = this.#consume()
    try {
      const [columns, { toRecordBatch }] = await Promise.all([
        run.start(),
        import('../result/arrow.js'),
      ])
      for (let page = await run.nextPage(); page !== undefined; page = await run.nextPage()) {
        yield toRecordBatch(page, columns)
      }
    } finally {
      run.cancel()
      await run.settled
    }
  }

  /** Rows as a Node stream of objects, made only as fast as they are read. */
  readable(): Readable {
    const run = this.#consume()
    return createRowStream(this.#slices(run))
  }

  /** Rows as a Highland stream; loads highland. */
  highland(): HighlandStream<T> {
    return highlandStream<T>(this.readable())
  }

  /**
   * Writes the result into a stream, such as an HTTP response, at the pace of its reader, and ends it. A reader that leaves ends the query.
   * @returns the number of rows
   * @throws MillraceError what the query fails with: before the first byte the stream is untouched, after it destroyed; USER_CANCELED
   * where the reader left
   */
  async pipeTo(stream: Writable, format: OutputFormat = 'ndjson'): Promise<{ rowCount: number }> {
    const run = this.#consume()
    const { pipeTo } = await import('../result/pipe-to.js')
    return { rowCount: await pipeTo(run, stream, format) }
  }

  /**
   * Writes the result into a file, whole or not at all. The format is that of the name (.parquet, .csv, .tsv, .json, .jsonl, .arrow)
   * unless said.
   * @returns the number of rows
   * @throws MillraceError what the query fails with, GENERIC_USER_ERROR for a name without a format, HIVE_WRITER_… for the disk
   */
  async toFile(
    path: string,
    options: { readonly format?: OutputFormat } = {},
  ): Promise<{ rowCount: number }> {
    const { formatOfFile, toFile } = await import('../result/to-file.js')
    const format = options.format ?? formatOfFile(path)
    return { rowCount: await toFile(this.#consume(), path, format) }
  }

  /**
   * Names and types of the result; plans the statement, and is no consumption. What planning holds is given back where no consumption
   * follows within ten seconds: one that comes later plans anew.
   */
  async columns(): Promise<readonly ResultColumn[]> {
    const run = this.#started()
    const columns = await run.start()
    if (!this.#consumed) {
      // Without columns the statement has been carried out, and has nothing left but its end.
      if (columns.length === 0) await run.nextPage()
      else this.#lapse(run)
    }
    return columns
  }

  #lapse(run: QueryRun): void {
    clearTimeout(this.#lapsing)
    this.#lapsing = setTimeout(() => {
      this.#run = undefined
      run.cancel(
        new MillraceError('ABANDONED_QUERY', 'Nobody read the rows whose columns were asked for'),
      )
    }, COLUMNS_LAPSE_MILLIS)
    this.#lapsing.unref()
  }

  async stats(): Promise<QueryStats> {
    return statsOf(this.#run)
  }

  /** A snapshot of what the query consists of and has done. */
  async info(): Promise<QueryInfo> {
    const run = this.#run
    return {
      ...statsOf(run),
      sql: this.#sql,
      updateType: run?.updateType,
      error:
        run?.failure === undefined
          ? undefined
          : { code: run.failure.code, message: run.failure.message },
      warnings: [...(run?.warnings ?? [])],
      stages: run?.execution?.info().stages ?? [],
    }
  }

  /** Ends the query; resolves when it holds nothing any more. Its consumer gets USER_CANCELED. */
  async cancel(): Promise<void> {
    this.#cancelled = true
    clearTimeout(this.#lapsing)
    this.#run?.cancel()
    await this.#run?.settled
  }
}

function statsOf(run: QueryRun | undefined): QueryStats {
  const info = run?.execution?.info()
  const times = run?.times
  const started = times?.startedMillis
  return {
    queryId: run?.id,
    state: run?.state ?? 'QUEUED',
    rowCount: run?.rowCount ?? 0,
    planningMillis: times?.planningMillis ?? 0,
    elapsedMillis: started === undefined ? 0 : (times?.endedMillis ?? Date.now()) - started,
    cpuMillis: (info?.cpuNanos ?? 0) / 1e6,
    processedRows: info?.processedRows ?? 0,
    processedBytes: info?.processedBytes ?? 0,
    peakMemoryBytes: info?.peakMemoryBytes ?? 0,
    spilledBytes: info?.spilledBytes ?? 0,
    totalSplits: info?.totalSplits ?? 0,
    completedSplits: info?.completedSplits ?? 0,
  }
}
