import type { Page } from '../../spi/index.js'
import type { ValueMode } from '../../values/cell-reader.js'
import { type RowMode, type RowReader, rowReader } from '../../values/row-reader.js'
import type { QueryRun, RowTurns } from '../query/query-run.js'

/** Rows made at once: a fraction of a turn of the event loop. */
const SLICE_ROWS = 512

/** The rows of a run, a slice at a time; the page they are made of is borrowed until all its rows are. */
export class RowSlices {
  readonly #run: QueryRun
  readonly #options: { readonly values: ValueMode; readonly rowMode: RowMode }
  readonly #turns: RowTurns
  #read: RowReader | undefined
  #page: Page | undefined
  #position = 0

  constructor(
    run: QueryRun,
    options: { readonly values: ValueMode; readonly rowMode: RowMode },
    turns: RowTurns,
  ) {
    this.#run = run
    this.#options = options
    this.#turns = turns
  }

  /** The next rows, none at the end. @throws MillraceError what the statement fails with */
  async next(): Promise<readonly unknown[]> {
    this.#read ??= await this.#reader()
    if (this.#turns.isDue) await this.#turns.take()
    // A run that was ended has given back what its pages are made of.
    if (this.#run.failure !== undefined) throw this.#run.failure
    while (this.#page === undefined || this.#position >= this.#page.rowCount) {
      this.#page = await this.#run.nextPage()
      this.#position = 0
      if (this.#page === undefined) return []
    }
    const start = this.#position
    this.#position = Math.min(this.#page.rowCount, start + SLICE_ROWS)
    return this.#read(this.#page, start, this.#position)
  }

  async #reader(): Promise<RowReader> {
    const columns = await this.#run.start()
    try {
      return rowReader(
        columns.map((column) => column.name),
        this.#options.rowMode,
        this.#options.values,
      )
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Ends the run if it has not ended. */
  async close(): Promise<void> {
    this.#run.cancel()
    await this.#run.settled
  }
}
