import type { Engine } from '../../engine/engine.js'
import type { StatementRun } from '../../engine/query/statement-run.js'
import { applyChanges, type Session } from '../../engine/session/session.js'
import { typeSignature } from '../../server/protocol/type-signature.js'
import type { Page } from '../../spi/index.js'
import { shellReader } from './block-value.js'
import type {
  ShellColumn,
  ShellConnection,
  ShellRow,
  ShellStatement,
  StatementStatus,
  TypedColumn,
} from './connection.js'

/** Rows that become values at a time: large enough to be fast, small enough to print as they come. */
const SLICE_ROWS = 4096

/** An engine in this process, which the connection closes. */
export class EmbeddedConnection implements ShellConnection {
  readonly #engine: Engine
  #session: Session

  constructor(engine: Engine, session: Session) {
    this.#engine = engine
    this.#session = session
  }

  get catalog(): string | undefined {
    return this.#session.catalog
  }

  get schema(): string | undefined {
    return this.#session.schema
  }

  statement(sql: string): ShellStatement {
    const run = this.#engine.createRun({ sql, session: this.#session })
    return new EmbeddedStatement(run, () => {
      const { changes } = run
      if (changes !== undefined) this.#session = applyChanges(this.#session, changes)
    })
  }

  close(): Promise<void> {
    return this.#engine.close()
  }
}

class EmbeddedStatement implements ShellStatement {
  readonly #run: StatementRun
  readonly #onEnd: () => void
  #types: readonly TypedColumn[] = []
  #columns: readonly ShellColumn[] | undefined
  #slices: Iterator<readonly ShellRow[]> | undefined

  constructor(run: StatementRun, onEnd: () => void) {
    this.#run = run
    this.#onEnd = onEnd
  }

  get columns(): readonly ShellColumn[] | undefined {
    return this.#columns
  }

  get updateType(): string | undefined {
    return this.#run.updateType
  }

  get updateCount(): number | undefined {
    return this.#run.updateCount
  }

  get warnings(): readonly string[] {
    return this.#run.warnings.map(({ message }) => message)
  }

  status(): StatementStatus {
    const run = this.#run
    const info = run.execution?.info()
    const { startedMillis, endedMillis } = run.times
    const totalSplits = info?.totalSplits ?? 0
    const completedSplits = run.isDone ? totalSplits : (info?.completedSplits ?? 0)
    return {
      id: run.id,
      state: run.state,
      nodes: info === undefined ? 0 : 1,
      totalSplits,
      queuedSplits: 0,
      runningSplits: totalSplits - completedSplits,
      completedSplits,
      processedRows: info?.processedRows ?? 0,
      processedBytes: info?.processedBytes ?? 0,
      memoryBytes: info?.memoryBytes ?? 0,
      peakMemoryBytes: info?.peakMemoryBytes ?? 0,
      cpuMillis: (info?.cpuNanos ?? 0) / 1e6,
      elapsedMillis: startedMillis === undefined ? 0 : (endedMillis ?? Date.now()) - startedMillis,
      ...(totalSplits === 0 ? {} : { progressPercentage: (100 * completedSplits) / totalSplits }),
    }
  }

  types(): readonly TypedColumn[] {
    return this.#types
  }

  async next(): Promise<readonly ShellRow[] | undefined> {
    const slice = this.#slices?.next()
    if (slice !== undefined && slice.done !== true) return slice.value
    const page = await this.nextPage()
    if (page === undefined) return undefined
    this.#slices = slicesOf(page)
    return this.#slices.next().value ?? []
  }

  async nextPage(): Promise<Page | undefined> {
    if (this.#columns === undefined) {
      this.#types = await this.#run.start()
      this.#columns = this.#types.map(({ name, type }) => ({
        name,
        type: typeSignature(type, true),
      }))
    }
    const page = await this.#run.nextPage()
    if (page === undefined) this.#onEnd()
    return page
  }

  async cancel(): Promise<void> {
    this.#run.cancel()
    await this.#run.settled
  }
}

/** The rows of a page, which must not be asked for after the next page was. */
function* slicesOf(page: Page): Generator<readonly ShellRow[], undefined> {
  const readers = page.blocks.map(shellReader)
  for (let start = 0; start < page.rowCount; start += SLICE_ROWS) {
    const rows: ShellRow[] = []
    const end = Math.min(start + SLICE_ROWS, page.rowCount)
    for (let position = start; position < end; position++) {
      rows.push(readers.map((read) => read(position)))
    }
    yield rows
  }
  return undefined
}
