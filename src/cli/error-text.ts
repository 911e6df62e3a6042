import { toMillraceError } from '../spi/index.js'
import { consoleWidth } from './format/console-width.js'

const RED = '\u001b[31m'
const PLAIN = '\u001b[39m'

/**
 * What a user is told of a statement that failed: code, place and message, the line of SQL with the place marked, and what else helps.
 */
export function errorText(
  error: unknown,
  options: {
    readonly sql?: string
    /** Absent where the statement has none yet. */
    readonly queryId?: string
    readonly debug?: boolean
    readonly color?: boolean
  },
): string {
  const failure = toMillraceError(error)
  const { code, message, location, detail, hint } = failure
  const place = location === undefined ? '' : `line ${location.line}:${location.column}: `
  const head = options.queryId === undefined ? '' : `Query ${options.queryId} failed: `
  const lines = [`${head}${code}: ${place}${message}`]
  if (location !== undefined && options.sql !== undefined) {
    lines.push(...markedLine(options.sql, location.line, location.column, options.color === true))
  }
  if (detail !== undefined) lines.push(detail)
  if (hint !== undefined) lines.push(`Hint: ${hint}`)
  if (options.debug === true) lines.push(...stackLines(failure))
  return `${lines.join('\n')}\n`
}

/** The line of SQL and a caret below the place. Columns count code points from 1. */
function markedLine(sql: string, line: number, column: number, color: boolean): string[] {
  const text = sql.split(/\r\n|\r|\n/)[line - 1]
  if (text === undefined) return []
  const characters = [...text]
  const before = characters.slice(0, column - 1).join('')
  const rest = characters.slice(column - 1).join('')
  const prefix = `LINE ${line}: `
  // Tabs stay tabs, so that the caret stands where the terminal puts the place.
  const indent = [...before]
    .map((character) => (character === '\t' ? '\t' : ' '.repeat(consoleWidth(character))))
    .join('')
  const caret = `${' '.repeat(prefix.length)}${indent}^`
  return color
    ? [`${prefix}${before}${RED}${rest}${PLAIN}`, `${RED}${caret}${PLAIN}`]
    : [`${prefix}${text}`, caret]
}

function stackLines(error: Error): string[] {
  const lines: string[] = []
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    lines.push(cause.stack ?? String(cause))
  }
  return lines
}
