import type { ShellColumn } from '../connection/connection.js'
import { cellText, isNumeric } from './cell-text.js'
import { consoleWidth, widestLine } from './console-width.js'
import { type RowPrinter, TABLE_ROWS } from './printer.js'

/** A table with a header and the number of rows below. @source Trino CLI 476, its printed output */
export function alignedPrinter(columns: readonly ShellColumn[]): RowPrinter {
  const names = columns.map(({ name }) => name)
  const texts = columns.map(({ type }) => cellText(type, 'NULL'))
  const isRight = columns.map(({ type }) => isNumeric(type))
  let rowCount = 0
  let isFirst = true
  return {
    batchRows: TABLE_ROWS,
    print(rows, isLast) {
      rowCount += rows.length
      const cells = rows.map((row) => row.map((value, index) => texts[index]!(value)))
      const widths = names.map((name, index) =>
        cells.reduce(
          (width, row) => Math.max(width, widestLine(row[index]!)),
          Math.max(1, consoleWidth(name)),
        ),
      )
      let out = ''
      if (isFirst) {
        isFirst = false
        out += `${names.map((name, index) => centered(name, widths[index]!)).join('|')}\n`
        out += `${widths.map((width) => '-'.repeat(width + 2)).join('+')}\n`
      }
      const marksLines = !isLast || rowCount > 1
      for (const row of cells) out += tableLines(row, widths, isRight, marksLines)
      if (isLast) out += `(${rowCount} row${rowCount === 1 ? '' : 's'})\n`
      return out
    },
  }
}

/** The lines of a row, a `+` where a cell goes on in the next. */
function tableLines(
  row: readonly string[],
  widths: readonly number[],
  isRight: readonly boolean[],
  marksLines: boolean,
): string {
  const lines = row.map((text) => text.split('\n'))
  const lineCount = lines.reduce((most, cell) => Math.max(most, cell.length), 1)
  let out = ''
  for (let line = 0; line < lineCount; line++) {
    const parts = lines.map((cell, index) => {
      const text = cell[line] ?? ''
      const space = ' '.repeat(widths[index]! - consoleWidth(text))
      const end = marksLines && line + 1 < cell.length ? '+' : ' '
      return isRight[index]! ? ` ${space}${text}${end}` : ` ${text}${space}${end}`
    })
    out += `${parts.join('|')}\n`
  }
  return out
}

function centered(text: string, width: number): string {
  const space = width - consoleWidth(text)
  const left = Math.floor(space / 2)
  return ` ${' '.repeat(left)}${text}${' '.repeat(space - left)} `
}
