import type { ShellColumn } from '../connection/connection.js'
import { alignedPrinter } from './aligned.js'
import { consoleWidth } from './console-width.js'
import { type RowPrinter, TABLE_ROWS } from './printer.js'
import { verticalPrinter } from './vertical.js'

/** A table as long as its lines fit the terminal, from the first that doesn't a line a column. @source Trino CLI 476 */
export function autoPrinter(columns: readonly ShellColumn[], terminalWidth: number): RowPrinter {
  const aligned = alignedPrinter(columns)
  const vertical = verticalPrinter(columns)
  let isVertical = false
  return {
    batchRows: TABLE_ROWS,
    print(rows, isLast) {
      if (!isVertical) {
        const text = aligned.print(rows, isLast)
        if (consoleWidth(text.slice(0, text.indexOf('\n'))) <= terminalWidth) return text
        isVertical = true
      }
      return vertical.print(rows, isLast)
    },
  }
}
