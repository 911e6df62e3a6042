import { MillraceError } from '../../../spi/index.js'
import type { FileSummary, FormatOptions } from '../format.js'
import type { TextCoding } from '../text/text-input.js'

/** How rows and fields are told apart. Plain data. */
export interface CsvDialect {
  /** A byte. */
  readonly delimiter: number
  /** The byte that ends a row, LF or CR; a CR before an LF belongs to it. */
  readonly newline: number
  /** The byte around fields that have one of the others in them. */
  readonly quote: number
  /** The byte before a quote, or itself, within quotes: the quote where those are doubled. */
  readonly escape: number
  readonly hasHeader: boolean
  /** A text that stands for NULL where it is not in quotes, besides the empty one. */
  readonly nullText?: string
}

/** What {@link FileSummary.layout} is for CSV and TSV files: plain data. */
export interface CsvLayout {
  readonly dialect: CsvDialect
  /** Of a file that was looked at; each file's own is found when it is opened. */
  readonly coding: TextCoding
  /** Of the sample, uncompressed. */
  readonly bytesPerRow?: number
  /** As configured; absent: found out for each file. */
  readonly encoding?: string
  /** Set for tables that a description tells of, whose files are UTF-8. */
  readonly isDescribed?: boolean
}

export const csvLayout = (summary: FileSummary): CsvLayout => summary.layout as CsvLayout

export const QUOTE = 0x22

/**
 * The dialect of files that are written for a table with properties; the header is there unless one says no.
 * @throws INVALID_TABLE_PROPERTY where one byte would be two things
 */
export function describedDialect(properties: FormatOptions, separator: string): CsvDialect {
  const byteOf = (name: string): number | undefined => {
    const text = properties[name]
    return typeof text === 'string' ? text.charCodeAt(0) : undefined
  }
  const delimiter = byteOf('csv_separator') ?? separator.charCodeAt(0)
  const quote = byteOf('csv_quote') ?? QUOTE
  const escapeByte = byteOf('csv_escape') ?? quote
  if (delimiter === quote || delimiter === escapeByte) {
    throw new MillraceError(
      'INVALID_TABLE_PROPERTY',
      `Delimiter of CSV files is their quote or escape too: ${String.fromCharCode(delimiter)}`,
    )
  }
  const nullText = properties['null_format']
  return {
    delimiter,
    newline: 0x0a,
    quote,
    escape: escapeByte,
    hasHeader: Number(properties['skip_header_line_count'] ?? 1) > 0,
    ...(typeof nullText === 'string' ? { nullText } : {}),
  }
}

/** The properties that make a dialect. */
export const dialectProperties = ({
  delimiter,
  quote,
  escape: escapeByte,
  hasHeader,
  nullText,
}: CsvDialect): FormatOptions => ({
  csv_separator: String.fromCharCode(delimiter),
  ...(quote === QUOTE ? {} : { csv_quote: String.fromCharCode(quote) }),
  ...(escapeByte === quote ? {} : { csv_escape: String.fromCharCode(escapeByte) }),
  skip_header_line_count: hasHeader ? 1 : 0,
  ...(nullText === undefined ? {} : { null_format: nullText }),
})
