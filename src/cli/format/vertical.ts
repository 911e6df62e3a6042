import type { ShellColumn } from '../connection/connection.js'
import { cellText } from './cell-text.js'
import { consoleWidth, widestLine } from './console-width.js'
import { type RowPrinter, TABLE_ROWS } from './printer.js'

/** A line a column, rows below each other. @source Trino CLI 476, its printed output */
export function verticalPrinter(columns: readonly ShellColumn[]): RowPrinter {
  const texts = columns.map(({ type }) => cellText(type, 'NULL'))
  const nameWidth = columns.reduce((width, { name }) => Math.max(width, consoleWidth(name)), 0)
  const labels = columns.map(({ name }) => `${name}${' '.repeat(nameWidth - consoleWidth(name))}`)
  const blank = ' '.repeat(nameWidth)
  let rowCount = 0
  return {
    batchRows: TABLE_ROWS,
    print(rows, isLast) {
      const cells = rows.map((row) => row.map((value, index) => texts[index]!(value)))
      const valueWidth = cells.reduce(
        (width, row) => row.reduce((widest, text) => Math.max(widest, widestLine(text)), width),
        0,
      )
      let out = ''
      for (const row of cells) {
        rowCount++
        out += `${recordLine(rowCount, nameWidth, valueWidth)}\n`
        row.forEach((text, index) => {
          text.split('\n').forEach((line, lineIndex) => {
            out += `${lineIndex === 0 ? labels[index] : blank} | ${line}\n`
          })
        })
      }
      if (isLast && rowCount === 0) out += '(no rows)\n'
      return out
    },
  }
}

function recordLine(number: number, nameWidth: number, valueWidth: number): string {
  let line = `-[ RECORD ${number} ]`
  if (nameWidth + 1 >= line.length) line = `${line.padEnd(nameWidth + 1, '-')}+`
  return line.padEnd(nameWidth + valueWidth + 3, '-')
}
