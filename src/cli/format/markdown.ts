import type { ShellColumn } from '../connection/connection.js'
import { cellText, isNumeric } from './cell-text.js'
import { consoleWidth } from './console-width.js'
import { type RowPrinter, TABLE_ROWS } from './printer.js'

/** A Markdown table. @source Trino CLI 476, its printed output */
export function markdownPrinter(columns: readonly ShellColumn[]): RowPrinter {
  const names = columns.map(({ name }) => name)
  const texts = columns.map(({ type }) => cellText(type, 'NULL'))
  const isRight = columns.map(({ type }) => isNumeric(type))
  let isFirst = true
  return {
    batchRows: TABLE_ROWS,
    print(rows) {
      const cells = rows.map((row) => row.map((value, index) => escapedText(texts[index]!(value))))
      const widths = names.map((name, index) =>
        cells.reduce(
          (width, row) => Math.max(width, consoleWidth(row[index]!)),
          Math.max(1, consoleWidth(name)),
        ),
      )
      const line = (row: readonly string[]): string =>
        `|${row.map((text, index) => padded(text, widths[index]!, isRight[index]!)).join('|')}|\n`
      let out = ''
      if (isFirst) {
        isFirst = false
        const rules = widths.map(
          (width, index) => ` ${'-'.repeat(width)}${isRight[index]! ? ':' : ' '}`,
        )
        out += `${line(names)}|${rules.join('|')}|\n`
      }
      for (const row of cells) out += line(row)
      return out
    },
  }
}

const escapedText = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>()#+!|]/g, '\\$&').replaceAll('\n', '<br>')

function padded(text: string, width: number, isRight: boolean): string {
  const space = ' '.repeat(width - consoleWidth(text))
  return isRight ? ` ${space}${text} ` : ` ${text}${space} `
}
