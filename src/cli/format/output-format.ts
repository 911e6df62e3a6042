import { MillraceError } from '../../spi/index.js'
import type { ShellColumn } from '../connection/connection.js'
import { alignedPrinter } from './aligned.js'
import { autoPrinter } from './auto.js'
import { delimitedPrinter, escaped, quoted, unquoted } from './delimited.js'
import { jsonPrinter } from './json.js'
import { markdownPrinter } from './markdown.js'
import type { RowPrinter } from './printer.js'
import { verticalPrinter } from './vertical.js'

type MakePrinter = (columns: readonly ShellColumn[], terminalWidth: number) => RowPrinter

/** Trino's formats by name. */
const PRINTERS = {
  AUTO: autoPrinter,
  ALIGNED: alignedPrinter,
  VERTICAL: verticalPrinter,
  CSV: (columns) => delimitedPrinter(columns, { separator: ',', header: false, write: quoted }),
  CSV_HEADER: (columns) =>
    delimitedPrinter(columns, { separator: ',', header: true, write: quoted }),
  CSV_UNQUOTED: (columns) =>
    delimitedPrinter(columns, { separator: ',', header: false, write: unquoted }),
  CSV_HEADER_UNQUOTED: (columns) =>
    delimitedPrinter(columns, { separator: ',', header: true, write: unquoted }),
  TSV: (columns) => delimitedPrinter(columns, { separator: '\t', header: false, write: escaped }),
  TSV_HEADER: (columns) =>
    delimitedPrinter(columns, { separator: '\t', header: true, write: escaped }),
  JSON: jsonPrinter,
  MARKDOWN: markdownPrinter,
  NULL: () => ({ batchRows: 1, print: () => '' }),
} satisfies Readonly<Record<string, MakePrinter>>

export type TextFormat = keyof typeof PRINTERS
/** Formats whose output is bytes, a file for a whole result. */
export type BinaryFormat = 'ARROW' | 'PARQUET'
export type OutputFormat = TextFormat | BinaryFormat

const BINARY_FORMATS: readonly BinaryFormat[] = ['ARROW', 'PARQUET']
export const OUTPUT_FORMATS: readonly OutputFormat[] = [
  ...(Object.keys(PRINTERS) as TextFormat[]),
  ...BINARY_FORMATS,
]

/** @throws CONFIGURATION_INVALID for what is no format */
export function parseOutputFormat(text: string): OutputFormat {
  const format = OUTPUT_FORMATS.find((name) => name === text.toUpperCase())
  if (format === undefined) {
    throw new MillraceError('CONFIGURATION_INVALID', `Not an output format: ${text}`, {
      hint: `One of ${OUTPUT_FORMATS.join(', ')}`,
    })
  }
  return format
}

export const isBinaryFormat = (format: OutputFormat): format is BinaryFormat =>
  BINARY_FORMATS.some((name) => name === format)

/** The printer of a result's rows. */
export const createPrinter = (
  format: TextFormat,
  columns: readonly ShellColumn[],
  terminalWidth: number,
): RowPrinter => PRINTERS[format](columns, terminalWidth)
