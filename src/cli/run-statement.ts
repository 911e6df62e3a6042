import { MillraceError, toMillraceError } from '../spi/index.js'
import type { ShellConnection, ShellRow, ShellStatement } from './connection/connection.js'
import { errorText } from './error-text.js'
import { type BinaryOutput, createBinaryOutput } from './format/binary-output.js'
import {
  type BinaryFormat,
  createPrinter,
  isBinaryFormat,
  type OutputFormat,
  type TextFormat,
} from './format/output-format.js'
import { ROW_BY_ROW, type RowPrinter } from './format/printer.js'
import type { OutputSink } from './output-sink.js'
import { finalLines, Progress } from './progress.js'

/** How long rows of a table wait for others to be laid out with. @source Trino CLI 476 */
const MAX_WAIT_MILLIS = 3000

export interface StatementOptions {
  readonly format: OutputFormat
  /** Where rows go: opened once the first are there. */
  readonly openOutput: () => StatementOutput
  /** Where all else goes. */
  readonly messages: NodeJS.WriteStream
  readonly terminalWidth: number
  readonly showsProgress: boolean
  readonly debug: boolean
  readonly color: boolean
  /** Aborted when the user wants the statement to end. */
  readonly signal: AbortSignal
}

/** What rows of one statement are written to. */
export interface StatementOutput {
  readonly sink: OutputSink
  /** Resolves when all is written and, of a pager, the reader has seen it. */
  end(): Promise<void>
}

/**
 * Runs a statement and prints what comes of it. Its failure is printed, too.
 * @returns whether it ended well: a reader of the output that leaves ends it, too
 */
export async function runStatement(
  connection: ShellConnection,
  sql: string,
  options: StatementOptions,
): Promise<boolean> {
  const { messages, debug, signal } = options
  let statement: ShellStatement | undefined
  let progress: Progress | undefined
  const onAbort = () => void statement?.cancel()
  try {
    statement = connection.statement(sql)
    const running = statement
    signal.addEventListener('abort', onAbort)
    if (options.showsProgress) {
      progress = new Progress(() => running.status(), { stream: messages, debug })
    }
    const { format } = options
    if (isBinaryFormat(format)) await writeResult(running, format, options)
    else await printResult(running, format, options, () => progress?.stop())
    progress?.stop()
    for (const warning of running.warnings) messages.write(`WARNING: ${warning}\n`)
    if (options.showsProgress) {
      for (const line of finalLines(running.status(), debug)) messages.write(`${line}\n`)
    }
    return true
  } catch (error) {
    progress?.stop()
    const id = statement?.status().id
    if (signal.aborted && toMillraceError(error).code === 'USER_CANCELED') {
      messages.write('Query aborted by user\n')
      return false
    }
    messages.write(
      errorText(error, {
        sql,
        debug,
        color: options.color,
        ...(id === undefined || id === '' ? {} : { queryId: id }),
      }),
    )
    messages.write('\n')
    return false
  } finally {
    progress?.stop()
    signal.removeEventListener('abort', onAbort)
    await statement?.cancel()
  }
}

async function printResult(
  statement: ShellStatement,
  format: TextFormat,
  options: StatementOptions,
  onFirstRows: () => void,
): Promise<void> {
  let printer: ResultPrinter | undefined
  try {
    for (;;) {
      const next = statement.next()
      await printer?.printLate(next)
      const rows = await next
      if (rows === undefined) break
      // The row of a statement that writes is its count, which is told instead.
      if (rows.length === 0 || isCount(statement)) continue
      if (printer === undefined) {
        onFirstRows()
        printer = new ResultPrinter(statement, format, options)
      }
      await printer.add(rows)
      if (printer.isClosed) return
    }
    onFirstRows()
    if (statement.updateType !== undefined) options.messages.write(`${updateText(statement)}\n`)
    if (printer === undefined && hasResult(statement)) {
      printer = new ResultPrinter(statement, format, options)
    }
    await printer?.finish()
  } finally {
    await printer?.close()
  }
}

/** Writes the file of a result. */
async function writeResult(
  statement: ShellStatement,
  format: BinaryFormat,
  options: StatementOptions,
): Promise<void> {
  let file: { readonly output: StatementOutput; readonly binary: BinaryOutput } | undefined
  const begin = async () => {
    const output = options.openOutput()
    const binary = await createBinaryOutput(format, statement.types(), output.sink, options.signal)
    return { output, binary }
  }
  for (
    let page = await statement.nextPage();
    page !== undefined;
    page = await statement.nextPage()
  ) {
    if (page.rowCount === 0 || isCount(statement)) continue
    file ??= await begin()
    await file.binary.append(page)
    if (file.output.sink.isClosed) return
  }
  if (statement.updateType !== undefined) options.messages.write(`${updateText(statement)}\n`)
  if (hasResult(statement)) file ??= await begin()
  await file?.binary.finish()
  await file?.output.end()
}

const hasResult = (statement: ShellStatement): boolean =>
  statement.columns !== undefined && statement.columns.length > 0 && !isCount(statement)

const isCount = ({ updateType, columns }: ShellStatement): boolean =>
  updateType !== undefined && columns?.length === 1 && columns[0]?.name === 'rows'

function updateText({ updateType, updateCount }: ShellStatement): string {
  if (updateCount === undefined) return updateType ?? ''
  return `${updateType}: ${updateCount} row${updateCount === 1 ? '' : 's'}`
}

/** Lays out the rows of a result, as many together as its format wants, and writes them. */
class ResultPrinter {
  readonly #printer: RowPrinter
  readonly #output: StatementOutput
  #waiting: ShellRow[] = []
  #waitsSinceMillis = 0

  constructor({ columns }: ShellStatement, format: TextFormat, options: StatementOptions) {
    if (columns === undefined) {
      throw new MillraceError('GENERIC_INTERNAL_ERROR', 'Rows came before their columns')
    }
    this.#printer = createPrinter(format, columns, options.terminalWidth)
    this.#output = options.openOutput()
  }

  get isClosed(): boolean {
    return this.#output.sink.isClosed
  }

  async add(rows: readonly ShellRow[]): Promise<void> {
    const { batchRows } = this.#printer
    if (batchRows === ROW_BY_ROW) return this.#print(rows, false)
    if (this.#waiting.length === 0) this.#waitsSinceMillis = Date.now()
    for (const row of rows) this.#waiting.push(row)
    let printed = 0
    for (; this.#waiting.length - printed > batchRows; printed += batchRows) {
      await this.#print(this.#waiting.slice(printed, printed + batchRows), false)
    }
    this.#waiting = this.#waiting.slice(printed)
  }

  /** Prints what has waited long enough before the next rows come. */
  async printLate(next: Promise<unknown>): Promise<void> {
    if (this.#waiting.length === 0) return
    const millis = this.#waitsSinceMillis + MAX_WAIT_MILLIS - Date.now()
    if (await isWithinMillis(next, millis)) return
    const rows = this.#waiting
    this.#waiting = []
    await this.#print(rows, false)
  }

  async #print(rows: readonly ShellRow[], isLast: boolean): Promise<void> {
    await this.#output.sink.write(this.#printer.print(rows, isLast))
  }

  finish(): Promise<void> {
    return this.#print(this.#waiting, true)
  }

  close(): Promise<void> {
    return this.#output.end()
  }
}

/** Whether a promise is settled within so many milliseconds, one way or the other. */
async function isWithinMillis(promise: Promise<unknown>, millis: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, millis), false)
  })
  const settled = promise.then(
    () => true,
    () => true,
  )
  try {
    return await Promise.race([settled, late])
  } finally {
    clearTimeout(timer)
  }
}
