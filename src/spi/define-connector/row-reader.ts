import { Readable } from 'node:stream'
import { codedError, MillraceError } from '../error.js'
import type { Awaitable } from '../metadata/schema.js'

/** Rows of JavaScript values: each an array, an object, or for a table of one column the value itself. */
export type RowSource = Iterable<unknown> | AsyncIterable<unknown> | ReadableStream<unknown>

/** Reads a source of rows in batches, as they come. */
export interface RowReader {
  /**
   * Up to `maxRows` rows, at least one; none at the end. Fewer than `maxRows` mean that the source has paused (or ended):
   * rows are not held back to fill a batch. Not called again before the answer is there.
   * @throws what the source throws, after the rows before it were given out
   */
  take(maxRows: number): Awaitable<readonly unknown[]>
  /** Called once; the source gets to clean up, and is not waited for where it can't be interrupted. */
  close(): Awaitable<void>
}

/** How long one batch may take before the event loop gets a turn. */
const SLICE_MILLIS = 2
/** Rows between looks at the clock. */
const ROWS_PER_LOOK = 64

export function rowReader(source: RowSource): RowReader {
  if (Array.isArray(source)) return new ArrayReader(source)
  if (source instanceof Readable) {
    const iterator = source[Symbol.asyncIterator]()
    return new AsyncReader({ next: () => iterator.next(), stop: () => void source.destroy() })
  }
  if (isWebStream(source)) {
    const reader = source.getReader()
    return new AsyncReader({ next: () => reader.read(), stop: () => reader.cancel() })
  }
  if (Symbol.asyncIterator in source) {
    const iterator = source[Symbol.asyncIterator]()
    return new AsyncReader({
      next: () => iterator.next(),
      // A generator that waits can't be stopped before what it waits for has come.
      stop: (inFlight) => {
        const returned = Promise.resolve(iterator.return?.()).then(() => {})
        if (!inFlight) return returned
        returned.catch(() => {})
        return undefined
      },
    })
  }
  return new IteratorReader(source[Symbol.iterator]())
}

const isWebStream = (source: object): source is ReadableStream<unknown> =>
  typeof ReadableStream === 'function' && source instanceof ReadableStream

/** A reader that first gives rows that were taken out of another before. */
export function prependRows(rows: readonly unknown[], rest: RowReader): RowReader {
  let next = 0
  return {
    take(maxRows) {
      if (next >= rows.length) return rest.take(maxRows)
      const batch = rows.slice(next, next + maxRows)
      next += batch.length
      return batch
    },
    close: () => rest.close(),
  }
}

class ArrayReader implements RowReader {
  readonly #rows: readonly unknown[]
  #next = 0
  constructor(rows: readonly unknown[]) {
    this.#rows = rows
  }
  take(maxRows: number): readonly unknown[] {
    const batch = this.#rows.slice(this.#next, this.#next + maxRows)
    this.#next += batch.length
    return batch
  }
  close(): void {
    this.#next = this.#rows.length
  }
}

class IteratorReader implements RowReader {
  readonly #iterator: Iterator<unknown>
  #ended = false
  #failure: { readonly error: unknown } | undefined
  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator
  }
  take(maxRows: number): readonly unknown[] {
    const rows: unknown[] = []
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      while (!this.#ended && rows.length < maxRows) {
        const step = this.#iterator.next()
        if (step.done) this.#ended = true
        else rows.push(step.value)
      }
    } catch (error) {
      this.#ended = true
      if (rows.length === 0) throw sourceError(error)
      this.#failure = { error: sourceError(error) }
    }
    return rows
  }
  close(): void {
    if (!this.#ended) this.#iterator.return?.()
    this.#ended = true
  }
}

/** What a reader of rows that come one by one is made over. */
export interface AsyncRows {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  /** Ends the source; `inFlight`: while a row is being waited for. */
  stop(inFlight: boolean): Awaitable<void>
}

export const asyncRowReader = (rows: AsyncRows): RowReader => new AsyncReader(rows)

/**
 * Asks for one row after the other while a batch is waited for. Rows that come without a pause end up in one batch; an
 * immediate that fires while a row is being waited for tells that the source has paused.
 */
class AsyncReader implements RowReader {
  readonly #source: AsyncRows
  #rows: unknown[] = []
  #inFlight = false
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #pause: NodeJS.Immediate | undefined
  #waiting:
    | {
        readonly maxRows: number
        readonly until: number
        readonly resolve: (rows: readonly unknown[]) => void
        readonly reject: (error: unknown) => void
      }
    | undefined

  constructor(source: AsyncRows) {
    this.#source = source
  }

  take(maxRows: number): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.#waiting = { maxRows, until: performance.now() + SLICE_MILLIS, resolve, reject }
      this.#proceed()
    })
  }

  close(): Awaitable<void> {
    clearImmediate(this.#pause)
    const ended = this.#ended
    const inFlight = this.#inFlight
    this.#ended = true
    this.#rows = []
    this.#waiting?.reject(new MillraceError('USER_CANCELED', 'The source was closed'))
    this.#waiting = undefined
    return ended ? undefined : this.#source.stop(inFlight)
  }

  #proceed(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    const count = this.#rows.length
    const late = count % ROWS_PER_LOOK === 0 && count > 0 && performance.now() > waiting.until
    if (this.#ended || count >= waiting.maxRows || late) {
      this.#settle()
      return
    }
    if (count > 0) this.#pause ??= setImmediate(() => this.#paused())
    if (!this.#inFlight) this.#ask()
  }

  #ask(): void {
    this.#inFlight = true
    let step: ReturnType<AsyncRows['next']>
    try {
      step = Promise.resolve(this.#source.next())
    } catch (error) {
      step = Promise.reject(error)
    }
    step.then(
      ({ done, value }) => {
        this.#inFlight = false
        if (done) this.#ended = true
        else if (!this.#ended) this.#rows.push(value)
        this.#proceed()
      },
      (error: unknown) => {
        this.#inFlight = false
        this.#ended = true
        this.#failure = { error: sourceError(error) }
        this.#proceed()
      },
    )
  }

  #paused(): void {
    this.#pause = undefined
    if (this.#waiting !== undefined && this.#rows.length > 0) this.#settle()
  }

  #settle(): void {
    const waiting = this.#waiting!
    this.#waiting = undefined
    clearImmediate(this.#pause)
    this.#pause = undefined
    if (this.#rows.length === 0 && this.#failure !== undefined) {
      waiting.reject(this.#failure.error)
      return
    }
    const rows = this.#rows.slice(0, waiting.maxRows)
    this.#rows = this.#rows.slice(waiting.maxRows)
    waiting.resolve(rows)
  }
}

/** What a source throws, with a code; a MillraceError stays what it is. */
function sourceError(error: unknown): MillraceError {
  const coded = codedError(error)
  if (coded !== undefined) return coded
  const message = error instanceof Error ? error.message : String(error)
  return new MillraceError('SOURCE_ERROR', `Source failed: ${message}`, {
    number: SOURCE_ERROR_NUMBER,
    type: 'EXTERNAL',
    cause: error,
  })
}

/** Of the range of external codes, past those of Trino's connectors. An extension. */
const SOURCE_ERROR_NUMBER = 0x0f00_0000
