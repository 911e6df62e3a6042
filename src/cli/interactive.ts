import { homedir } from 'node:os'
import { join } from 'node:path'
import { splitStatements } from '../planner/parser/splitter.js'
import { MillraceError } from '../spi/index.js'
import { COMMANDS, complete } from './completion/complete.js'
import { Names } from './completion/names.js'
import type { ShellConnection } from './connection/connection.js'
import { History } from './editor/history.js'
import { Keyboard } from './editor/keyboard.js'
import { LineEditor } from './editor/line-editor.js'
import { Screen } from './editor/screen.js'
import { isBinaryFormat, type TextFormat } from './format/output-format.js'
import type { ShellOptions } from './options.js'
import { OutputSink } from './output-sink.js'
import { openPager, pagerCommand } from './pager.js'
import { runStatement, type StatementOutput } from './run-statement.js'
import { hasColor } from './terminal.js'

const PROMPT_NAME = 'millrace'
/** Ends a statement as a semicolon does, and prints its rows a line a column. */
const VERTICAL_END = /\\G\s*$/

/** Statements that leave names as they are. */
const ONLY_READS = /^(?:SELECT|WITH|VALUES|TABLE|SHOW|DESCRIBE|DESC|EXPLAIN)\b/i

const HELP = `SELECT …;                 runs a statement; ends with ; or, for a line a column, \\G
USE [catalog.]schema;     says where names without a catalog and schema are
SHOW CATALOGS; SHOW SCHEMAS; SHOW TABLES; SHOW FUNCTIONS; SHOW SESSION;
DESCRIBE table;           columns of a table
EXPLAIN [ANALYZE] query;  how a query runs
help, history, clear      this text, what was entered, a clear screen
quit, exit, Ctrl-D        leaves
Ctrl-C                    ends the statement that runs, or gives up what was typed
Tab, Ctrl-R, up, down     completes, searches and walks through what was entered
`

/** Reads statements from the terminal and runs them until the user leaves. */
export async function runInteractive(
  connection: ShellConnection,
  options: ShellOptions,
): Promise<void> {
  const format = options.interactiveFormat
  if (isBinaryFormat(format)) {
    throw new MillraceError('CONFIGURATION_INVALID', `Not a format for a terminal: ${format}`, {
      hint: 'Write it to a file: millrace --output-format … --execute SQL > FILE',
    })
  }
  const shell = new InteractiveShell(connection, options, format)
  try {
    await shell.run()
  } finally {
    shell.close()
  }
}

class InteractiveShell {
  readonly #connection: ShellConnection
  readonly #options: ShellOptions
  readonly #format: TextFormat
  readonly #keyboard: Keyboard
  readonly #screen = new Screen(process.stdout)
  readonly #history: History
  readonly #editor: LineEditor
  readonly #names: Names
  #pager: string | undefined
  #isHistoryLost = false
  /** While a pager has the terminal, Ctrl-C is the pager's. */
  #hasPager = false
  #interrupt: AbortController | undefined
  readonly #onSignal = () => {
    if (!this.#hasPager) this.#interrupt?.abort()
  }

  constructor(connection: ShellConnection, options: ShellOptions, format: TextFormat) {
    this.#connection = connection
    this.#options = options
    this.#format = format
    this.#pager = process.stdout.isTTY ? pagerCommand(options.values.pager) : undefined
    this.#history = new History(historyFile(options))
    this.#names = new Names(connection)
    this.#keyboard = new Keyboard(process.stdin, process.stdout)
    this.#editor = new LineEditor(this.#keyboard, this.#screen, this.#history)
    process.on('SIGINT', this.#onSignal)
  }

  async run(): Promise<void> {
    let rest = ''
    for (;;) {
      const prompt = `${[PROMPT_NAME, this.#connection.schema].filter((part) => part !== undefined).join(':')}> `
      const entry = await this.#editor.read(
        {
          prompt,
          continuation: '-> '.padStart(prompt.length),
          isComplete,
          complete: (text, cursor) => complete(text, cursor, this.#names),
        },
        rest,
      )
      rest = ''
      if (entry.kind === 'end') return
      if (entry.kind === 'abandoned') continue
      this.#remember(entry.text)
      const command = commandOf(entry.text)
      if (command === 'quit' || command === 'exit') return
      if (command === undefined) rest = await this.#runStatements(entry.text)
      else this.#runCommand(command)
    }
  }

  #runCommand(command: 'help' | 'clear' | 'history'): void {
    if (command === 'clear') this.#screen.clear()
    else if (command === 'help') this.#write(HELP)
    else {
      const { entries } = this.#history
      this.#write(
        entries.map((entry, index) => `${String(index + 1).padStart(5)}  ${entry}\n`).join(''),
      )
    }
  }

  #write(text: string): void {
    process.stdout.write(text)
  }

  #remember(text: string): void {
    try {
      this.#history.add(text.trim())
    } catch (error) {
      // Said once: statements run all the same.
      if (!this.#isHistoryLost) {
        const reason = error instanceof Error ? error.message : String(error)
        this.#write(`WARNING: History is not kept: ${reason}\n`)
      }
      this.#isHistoryLost = true
    }
  }

  /** @returns what is left that is not a whole statement */
  async #runStatements(text: string): Promise<string> {
    const isVertical = VERTICAL_END.test(text)
    const statements = splitStatements(isVertical ? text.replace(VERTICAL_END, ';') : text)
    for (const { sql, terminated } of statements) {
      if (!terminated) return sql
      const isDone = await this.#runStatement(sql, isVertical ? 'VERTICAL' : this.#format)
      if (!ONLY_READS.test(sql)) this.#names.forget()
      if (!isDone) return ''
    }
    return ''
  }

  async #runStatement(sql: string, format: TextFormat): Promise<boolean> {
    const interrupt = new AbortController()
    this.#interrupt = interrupt
    this.#keyboard.onInterrupt = () => interrupt.abort()
    try {
      return await runStatement(this.#connection, sql, {
        format,
        openOutput: () => this.#openOutput(),
        messages: process.stderr,
        terminalWidth: this.#screen.columns,
        showsProgress: this.#options.progress ?? true,
        debug: this.#options.debug,
        color: hasColor(process.stderr),
        signal: interrupt.signal,
      })
    } finally {
      this.#keyboard.onInterrupt = undefined
      this.#interrupt = undefined
    }
  }

  #openOutput(): StatementOutput {
    const command = this.#pager
    if (command === undefined) {
      const sink = new OutputSink(process.stdout)
      return { sink, end: async () => sink.release() }
    }
    this.#keyboard.pause()
    this.#hasPager = true
    const interrupt = this.#interrupt
    return openPager(command, ({ isMissing, isEarly }) => {
      this.#hasPager = false
      this.#keyboard.resume()
      // Who leaves the pager has seen enough.
      if (isEarly) interrupt?.abort()
      if (!isMissing) return
      this.#pager = undefined
      this.#write(`WARNING: There is no pager ${command}; results are printed from now on\n`)
    })
  }

  close(): void {
    process.off('SIGINT', this.#onSignal)
    this.#keyboard.close()
  }
}

function historyFile({ values }: ShellOptions): string | undefined {
  const file = values['history-file'] ?? process.env['MILLRACE_HISTORY_FILE']
  if (file === '') return undefined
  return file ?? join(homedir(), '.millrace_history')
}

const commandOf = (text: string): (typeof COMMANDS)[number] | undefined => {
  const word = text
    .replace(/[;\s]+$/, '')
    .trimStart()
    .toLowerCase()
  return COMMANDS.find((command) => command === word)
}

function isComplete(text: string): boolean {
  if (text.trim() === '' || commandOf(text) !== undefined || VERTICAL_END.test(text)) return true
  const statements = splitStatements(text)
  return statements.length > 0 && statements.every(({ terminated }) => terminated)
}
