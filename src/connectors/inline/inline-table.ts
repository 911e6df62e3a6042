import { Readable } from 'node:stream'
import {
  MillraceError,
  prependRows,
  type RowColumn,
  type RowReader,
  type RowSource,
  rowReader,
  type SqlType,
  UNKNOWN,
} from '../../spi/index.js'
import {
  type ArrowColumn,
  type ArrowTable,
  arrowColumn,
  arrowRows,
  isArrowTable,
} from './arrow-table.js'
import { checkNames, inferColumns } from './infer-columns.js'

/** What a program registers as a table. */
export type InlineSource = RowSource | ArrowTable | InlineSourceFunction
/** Makes the rows anew for each scan. */
export type InlineSourceFunction = (context: {
  /** Aborted when the scan ends before the rows do. */
  readonly signal: AbortSignal
}) => RowSource | ArrowTable | Promise<RowSource | ArrowTable>

export interface InlineColumn {
  readonly name: string
  readonly type: SqlType
}
export interface InlineOptions {
  /** Absent: found from the first rows (of an array, from all). */
  readonly columns?: readonly InlineColumn[]
  /** True: the rows never end, so that what needs all of them is refused. */
  readonly unbounded?: boolean
}

/** Rows of a stream that types are found from, at most; fewer where it pauses. */
const SAMPLE_ROWS = 100

/** A source as a table: its columns, and readers of its rows. */
export class InlineTable {
  readonly name: string
  readonly unbounded: boolean
  readonly #source: InlineSource
  readonly #declared: readonly RowColumn[] | undefined
  #columns: Promise<readonly RowColumn[]> | readonly RowColumn[] | undefined
  /** A one-shot source that was opened to find its columns. */
  #opened: { readonly reader: RowReader; readonly sample: readonly unknown[] } | undefined
  #isSpent = false

  constructor(name: string, source: InlineSource, options: InlineOptions) {
    if (!isSource(source)) {
      throw new MillraceError(
        'TYPE_MISMATCH',
        'A source is an array, iterable, stream, Arrow table or a function that makes one',
      )
    }
    this.name = name
    this.unbounded = options.unbounded ?? false
    this.#source = source
    this.#declared = options.columns === undefined ? undefined : declared(options.columns)
    this.#columns = this.#declared
  }

  /** Known rows, for the optimizer. */
  get rowCount(): number | undefined {
    const source = this.#source
    if (Array.isArray(source)) return source.length
    if (typeof source === 'object' && isArrowTable(source)) return source.numRows
    return undefined
  }

  /** @throws TYPE_MISMATCH, TABLE_HAS_NO_COLUMNS, what the source throws */
  columns(): Promise<readonly RowColumn[]> | readonly RowColumn[] {
    if (this.#columns === undefined) {
      const source = this.#source
      if (Array.isArray(source)) this.#columns = checkNames(inferColumns(source))
      else {
        this.#columns = this.#sampleColumns()
        // A failure is told to whoever asks, and may be gone when they ask again.
        this.#columns.then(
          (columns) => {
            this.#columns = columns
          },
          () => {
            this.#columns = undefined
          },
        )
      }
    }
    return this.#columns
  }

  /**
   * A reader of all rows.
   * @throws NOT_SUPPORTED where the source can be read only once and has been
   */
  async open(signal: AbortSignal): Promise<RowReader> {
    const opened = this.#opened
    if (opened !== undefined) {
      this.#opened = undefined
      return prependRows(opened.sample, opened.reader)
    }
    return this.#read(signal)
  }

  /** Gives back what was opened and not read. */
  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await opened?.reader.close()
  }

  async #read(signal: AbortSignal): Promise<RowReader> {
    const source = await this.#rows(signal)
    if (isArrowTable(source)) return rowReader(arrowRows(source, arrowColumns(source)))
    if (typeof this.#source !== 'function' && isOneShot(source)) {
      if (this.#isSpent) {
        throw new MillraceError('NOT_SUPPORTED', `Source can be read only once: ${this.name}`, {
          hint: 'Register a function that makes the source',
        })
      }
      this.#isSpent = true
    }
    return rowReader(source)
  }

  async #rows(signal: AbortSignal): Promise<RowSource | ArrowTable> {
    if (typeof this.#source !== 'function') return this.#source
    const made = await this.#source({ signal })
    if (!isSource(made) || typeof made === 'function') {
      throw new MillraceError('TYPE_MISMATCH', `Function makes no source of rows: ${this.name}`)
    }
    return made
  }

  async #sampleColumns(): Promise<readonly RowColumn[]> {
    const source = this.#source
    if (typeof source === 'object' && isArrowTable(source)) return arrowRowColumns(source)
    const controller = new AbortController()
    if (typeof source === 'function') {
      const made = await this.#rows(controller.signal)
      if (isArrowTable(made)) return arrowRowColumns(made)
      const reader = rowReader(made)
      try {
        return sampled(await reader.take(SAMPLE_ROWS))
      } finally {
        controller.abort()
        await reader.close()
      }
    }
    const reader = await this.#read(controller.signal)
    const sample = await reader.take(SAMPLE_ROWS)
    this.#opened = { reader, sample }
    return sampled(sample)
  }
}

/** Numbers are DOUBLE here: a row to come may have a fraction, though those seen have none. */
function sampled(rows: readonly unknown[]): readonly RowColumn[] {
  const columns = checkNames(inferColumns(rows, true))
  const open = columns.find((column) => column.type.kind === UNKNOWN.kind)
  if (open !== undefined) {
    throw new MillraceError(
      'COLUMN_TYPE_UNKNOWN',
      `First rows do not tell the type of column: ${open.name}`,
      { hint: 'Declare the columns' },
    )
  }
  return columns
}

const declared = (columns: readonly InlineColumn[]): readonly RowColumn[] =>
  checkNames(
    columns.map(({ name, type }, index) => ({
      name: name.toLowerCase(),
      type,
      index,
      ...(columns.length === 1 ? { isAlone: true } : {}),
    })),
  )

const arrowColumns = (table: ArrowTable): readonly ArrowColumn[] =>
  table.schema.fields.map(arrowColumn)
const arrowRowColumns = (table: ArrowTable): readonly RowColumn[] =>
  checkNames(
    arrowColumns(table).map(({ type }, index) => ({
      name: table.schema.fields[index]!.name.toLowerCase(),
      type,
      index,
    })),
  )

const isSource = (source: unknown): source is InlineSource =>
  typeof source === 'function' ||
  (typeof source === 'object' &&
    source !== null &&
    (Symbol.iterator in source ||
      Symbol.asyncIterator in source ||
      source instanceof ReadableStream ||
      isArrowTable(source)))

/** Whether a source's rows are gone once read: streams, and iterators that are their own iterable. */
function isOneShot(source: RowSource): boolean {
  if (source instanceof Readable || source instanceof ReadableStream) return true
  if ('next' in source && typeof source.next === 'function') return true
  return false
}
