import type { FileSummary, FormatOptions } from '../format.js'
import type { TextCoding } from '../text/text-input.js'

/** How rows and fields are told apart. Plain data. */
export interface CsvDialect {
  /** A byte. */
  readonly delimiter: number
  /** The byte that ends a row, LF or CR; a CR before an LF belongs to it. */
  readonly newline: number
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

/** The dialect of files that are written for a table with properties; the header is there unless one says no. */
export function describedDialect(properties: FormatOptions, delimiter: string): CsvDialect {
  const separator = String(properties['csv_separator'] ?? delimiter)
  const nullText = properties['null_format']
  return {
    delimiter: separator.charCodeAt(0),
    newline: 0x0a,
    hasHeader: Number(properties['skip_header_line_count'] ?? 1) > 0,
    ...(typeof nullText === 'string' ? { nullText } : {}),
  }
}

/** The properties that make a dialect. */
export const dialectProperties = ({
  delimiter,
  hasHeader,
  nullText,
}: CsvDialect): FormatOptions => ({
  csv_separator: String.fromCharCode(delimiter),
  skip_header_line_count: hasHeader ? 1 : 0,
  ...(nullText === undefined ? {} : { null_format: nullText }),
})
