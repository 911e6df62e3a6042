import type { ShellColumn } from '../connection/connection.js'
import { type CellText, cellText } from './cell-text.js'
import { ROW_BY_ROW, type RowPrinter } from './printer.js'

export interface DelimitedOptions {
  readonly separator: ',' | '\t'
  readonly header: boolean
  /** How a cell's text is written. */
  readonly write: CellWriter
}

type CellWriter = (text: string) => string

/** CSV: every cell in double quotes, those within doubled; NULL is the empty text. */
export const quoted: CellWriter = (text) =>
  text.includes('"') ? `"${text.replaceAll('"', '""')}"` : `"${text}"`

/** Cells as they are, whatever is in them. */
export const unquoted: CellWriter = (text) => text

const TSV_ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
}

/** TSV: what would break a line or a cell behind a backslash. */
export const escaped: CellWriter = (text) =>
  text.replace(/[\0\b\f\n\r\t\\]/g, (character) => TSV_ESCAPES[character]!)

/** A line a row. @source Trino CLI 476, its printed output */
export function delimitedPrinter(
  columns: readonly ShellColumn[],
  { separator, header, write }: DelimitedOptions,
): RowPrinter {
  const texts = columns.map(({ type }) => cellText(type, '', Number.POSITIVE_INFINITY))
  const line = (cells: readonly unknown[], text: (index: number) => CellText): string =>
    `${cells.map((cell, index) => write(text(index)(cell))).join(separator)}\n`
  let isFirst = header
  return {
    batchRows: ROW_BY_ROW,
    print(rows) {
      let out = ''
      if (isFirst) {
        isFirst = false
        out += line(
          columns.map(({ name }) => name),
          () => String,
        )
      }
      for (const row of rows) out += line(row, (index) => texts[index]!)
      return out
    },
  }
}
