import { readFileSync } from 'node:fs'
import { text as readText } from 'node:stream/consumers'
import { splitStatements } from '../planner/parser/splitter.js'
import { MillraceError } from '../spi/index.js'
import type { ShellConnection } from './connection/connection.js'
import { secondResult } from './format/binary-output.js'
import { isBinaryFormat } from './format/output-format.js'
import type { ShellOptions } from './options.js'
import { OutputSink } from './output-sink.js'
import { runStatement } from './run-statement.js'
import { hasColor } from './terminal.js'

/** Width of lines that AUTO fits into where there is no terminal. */
const DEFAULT_WIDTH = 80

/** The statements of a file. @throws INVALID_ARGUMENTS where it can't be read */
export async function readScript(file: string): Promise<string> {
  try {
    return file === '-' ? await readText(process.stdin) : readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('INVALID_ARGUMENTS', `The file of statements can't be read: ${file}`, {
      detail: reason,
      cause: error,
    })
  }
}

/**
 * Runs the statements of a text one after the other and prints their results to stdout.
 * @returns whether all ended well; the first that fails is the last, unless errors are ignored
 */
export async function runBatch(
  connection: ShellConnection,
  script: string,
  options: ShellOptions,
): Promise<boolean> {
  const format = options.outputFormat
  if (isBinaryFormat(format) && process.stdout.isTTY) {
    throw new MillraceError('CONFIGURATION_INVALID', `Not a format for a terminal: ${format}`, {
      hint: 'Write it to a file: millrace … > FILE',
    })
  }
  const sink = new OutputSink(process.stdout)
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort()
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  let succeeded = true
  let hasResult = false
  try {
    for (const { sql } of splitStatements(script)) {
      const isDone = await runStatement(connection, sql, {
        format,
        openOutput: () => {
          if (hasResult && isBinaryFormat(format)) throw secondResult(format)
          hasResult = true
          return { sink, end: async () => {} }
        },
        messages: process.stderr,
        terminalWidth: process.stdout.columns ?? DEFAULT_WIDTH,
        showsProgress: options.progress ?? (process.stderr.isTTY && process.stdout.isTTY),
        debug: options.debug,
        color: hasColor(process.stderr),
        signal: interrupt.signal,
      })
      succeeded &&= isDone
      if (sink.isClosed || interrupt.signal.aborted) break
      if (!isDone && !options.ignoreErrors) break
    }
    sink.check()
  } finally {
    sink.release()
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  return succeeded
}
