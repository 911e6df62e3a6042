import type { FileSummary } from '../format.js'
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
  /** Set for tables that a description tells of, whose files are UTF-8. */
  readonly isDescribed?: boolean
}

export const csvLayout = (summary: FileSummary): CsvLayout => summary.layout as CsvLayout
