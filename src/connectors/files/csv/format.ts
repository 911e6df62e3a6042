import { open } from 'node:fs/promises'
import { type SqlType, VARCHAR } from '../../../spi/index.js'
import type { TextOptions } from '../config.js'
import { badData, fileError, readFailure } from '../file-errors.js'
import type {
  DataFile,
  FileColumn,
  FileFormat,
  FilePart,
  FileSummary,
  FormatName,
  FormatOptions,
  InspectedFile,
  SplitRequest,
} from '../format.js'
import { isDirect, readSample, type TextCoding } from '../text/text-input.js'
import { type CsvLayout, csvLayout, describedDialect, dialectProperties, QUOTE } from './dialect.js'
import { type CsvPart, openCsv } from './page-source.js'
import { RecordBounds } from './record-bounds.js'
import {
  commonTextType,
  findDelimiter,
  hasHeader,
  type SampleField,
  sampleRows,
  typeOfTexts,
} from './sniff.js'
import { csvWriting } from './writer.js'

/** What a sample said: types stay undefined where all values are NULL. */
interface CsvSummary extends FileSummary {
  readonly layout: CsvLayout & { readonly unknownColumns?: readonly number[] }
}

const HEADER_SAMPLE_BYTES = 64 * 1024
const SCAN_BYTES = 1024 * 1024
const FIRST_SPLIT_BYTES = 2 * 1024 * 1024

/** Files of delimited text, RFC 4180 and what writers make of it. */
const delimitedFormat = (name: FormatName, delimiter: string | undefined): FileFormat => ({
  name,
  isSelfDescribing: false,
  inspect: (file, options, signal) => inspect(file, options, delimiter, signal),
  merge,
  summaryOf: (columns, options) => describedSummary(columns, options, delimiter ?? ','),
  propertiesOf: (summary) =>
    summary === undefined ? {} : dialectProperties(csvLayout(summary).dialect),
  splits,
  createPageSource: openCsv,
  writing: csvWriting(name === 'TSV' ? '.tsv' : '.csv', delimiter ?? ','),
})

export const csvFormat = delimitedFormat('CSV', undefined)
export const tsvFormat = delimitedFormat('TSV', '\t')

async function inspect(
  file: DataFile,
  options: TextOptions,
  fixedDelimiter: string | undefined,
  signal: AbortSignal,
): Promise<CsvSummary> {
  const { header, delimiter: wanted, nullText, encoding, sampleBytes } = options
  const { bytes, coding, isWhole } = await readSample(file, encoding, sampleBytes, signal)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  const newline = text.includes('\n') || !text.includes('\r') ? '\n' : '\r'
  const delimiter = fixedDelimiter ?? wanted ?? findDelimiter(text, newline, isWhole)
  const rows = sampleRows(text, delimiter, newline, isWhole)
  const [first] = rows
  if (first === undefined) {
    if (!isWhole) throw badData('First row is longer than the sample', file.path, 'line 1')
    throw badData('File is empty, so that it has no columns', file.path)
  }
  const named = header ?? hasHeader(rows)
  const data = named ? rows.slice(1) : rows
  const unknownColumns: number[] = []
  const columns = first.map((field, index): FileColumn => {
    const type = typeOfTexts(
      data.map((row) => row[index]),
      nullText,
    )
    if (type === undefined) unknownColumns.push(index)
    return {
      name: named && field.text.trim() !== '' ? field.text.trim() : `_col${index}`,
      index,
      type: type ?? VARCHAR,
    }
  })
  return {
    columns,
    layout: {
      dialect: {
        delimiter: delimiter.charCodeAt(0),
        newline: newline.charCodeAt(0),
        quote: QUOTE,
        escape: QUOTE,
        hasHeader: named,
        ...(nullText === undefined ? {} : { nullText }),
      },
      coding,
      ...(encoding === undefined ? {} : { encoding }),
      bytesPerRow: Math.max(1, bytes.length / Math.max(1, data.length)),
      unknownColumns,
    },
  }
}

/** One summary for files that have the same columns in the same order. */
function merge(files: readonly InspectedFile[]): FileSummary {
  const [first, ...others] = files as readonly { file: DataFile; summary: CsvSummary }[]
  const { layout } = first!.summary
  const typeIn = ({ columns, layout: own }: CsvSummary, i: number): SqlType | undefined =>
    own.unknownColumns?.includes(i) ? undefined : columns[i]!.type
  const types = first!.summary.columns.map((_, i) => typeIn(first!.summary, i))
  for (const { file, summary } of others) {
    checkSameColumns(first!, file, summary)
    for (const i of types.keys()) types[i] = commonTextType(types[i], typeIn(summary, i))
  }
  const columns = first!.summary.columns.map((column, i) => ({
    ...column,
    type: types[i] ?? VARCHAR,
  }))
  const { unknownColumns: _, ...plain } = layout
  return { columns, layout: plain }
}

function checkSameColumns(
  first: { readonly file: DataFile; readonly summary: CsvSummary },
  file: DataFile,
  { columns, layout }: CsvSummary,
): void {
  const expected = first.summary
  if (columns.length !== expected.columns.length) {
    throw otherColumns(
      `File has ${columns.length} columns instead of ${expected.columns.length}`,
      file,
      first.file,
    )
  }
  const { dialect } = expected.layout
  if (
    layout.dialect.delimiter !== dialect.delimiter ||
    layout.dialect.hasHeader !== dialect.hasHeader
  ) {
    throw otherColumns(
      'File has another delimiter, or a header where others have none',
      file,
      first.file,
    )
  }
  const wrong = columns.findIndex(({ name }, i) => name !== expected.columns[i]!.name)
  if (wrong >= 0) {
    throw otherColumns(
      `File has the column '${columns[wrong]!.name}' in the place of '${expected.columns[wrong]!.name}'`,
      file,
      first.file,
    )
  }
}

const otherColumns = (what: string, file: DataFile, first: DataFile) =>
  fileError('HIVE_PARTITION_SCHEMA_MISMATCH', `${what}: ${file.path} (line 1)`, {
    detail: `The other columns are those of ${first.path}`,
    hint: 'Name the files that belong together by a pattern, or read each by itself',
  })

/** Files that Millrace wrote for a table with properties. */
function describedSummary(
  columns: readonly FileColumn[],
  options: FormatOptions,
  delimiter: string,
): FileSummary {
  const layout: CsvLayout = {
    dialect: describedDialect(options, delimiter),
    coding: { encoding: 'UTF-8', markBytes: 0 },
    isDescribed: true,
  }
  return { columns, layout }
}

async function* splits(request: SplitRequest): AsyncGenerator<FilePart> {
  const { file, summary, targetBytes, signal } = request
  const layout = csvLayout(summary)
  const { dialect } = layout
  const sample = await readSample(
    file,
    layout.isDescribed === true ? 'UTF-8' : layout.encoding,
    HEADER_SAMPLE_BYTES,
    signal,
  )
  if (dialect.hasHeader && layout.isDescribed !== true) checkHeader(file, summary, sample)
  const coding = sameCoding(layout.coding, sample.coding)
  const part = (start: number, end: number): FilePart => ({
    detail: {
      start,
      end,
      coding,
      hasHeader: dialect.hasHeader && start === coding.markBytes,
    } satisfies CsvPart,
    estimatedBytes: end - start,
    ...(layout.bytesPerRow === undefined
      ? {}
      : { estimatedRows: Math.ceil((end - start) / layout.bytesPerRow) }),
  })
  if (!isDirect(coding) || file.size < targetBytes * 1.5) {
    yield part(coding.markBytes, file.size)
    return
  }
  let start = coding.markBytes
  for await (const bound of recordBounds(file, dialect, start, targetBytes, signal)) {
    yield part(start, bound)
    start = bound
  }
  if (start < file.size) yield part(start, file.size)
}

/** The file's own coding, unless that was guessed from less than what the table's was guessed from. */
const sameCoding = (tables: TextCoding, own: TextCoding): TextCoding =>
  own.encoding === 'UTF-8' && tables.encoding === 'ISO-8859-1' && own.markBytes === 0
    ? { ...own, encoding: 'ISO-8859-1' }
    : own

function checkHeader(
  file: DataFile,
  { columns, layout }: FileSummary,
  { bytes, isWhole }: { readonly bytes: Uint8Array; readonly isWhole: boolean },
): void {
  const { dialect } = layout as CsvLayout
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  const newline = String.fromCharCode(dialect.newline)
  const delimiter = String.fromCharCode(dialect.delimiter)
  const first: readonly SampleField[] = sampleRows(text, delimiter, newline, isWhole, 1)[0] ?? []
  const named = (i: number): string => first[i]!.text.trim()
  const wrong =
    first.length === columns.length
      ? columns.findIndex(({ name }, i) => named(i) !== name && named(i) !== '')
      : 0
  if (wrong < 0) return
  throw fileError(
    'HIVE_PARTITION_SCHEMA_MISMATCH',
    first.length === columns.length
      ? `File has the column '${named(wrong)}' in the place of '${columns[wrong]!.name}': ${file.path} (line 1)`
      : `File has ${first.length} columns instead of ${columns.length}: ${file.path} (line 1)`,
    { hint: 'Name the files that belong together by a pattern, or read each by itself' },
  )
}

/** Where to cut a file: after about every `targetBytes`, between two rows. */
async function* recordBounds(
  file: DataFile,
  dialect: CsvLayout['dialect'],
  start: number,
  targetBytes: number,
  signal: AbortSignal,
): AsyncGenerator<number> {
  const bounds = new RecordBounds(dialect, start)
  const buffer = Buffer.allocUnsafe(SCAN_BYTES)
  const handle = await open(file.path, 'r').catch((error) => {
    throw readFailure(error, file.path)
  })
  try {
    // Small ones first, so that rows come before much has been looked through.
    let step = Math.min(targetBytes, FIRST_SPLIT_BYTES)
    let wanted = start + step
    while (bounds.offset < file.size) {
      signal.throwIfAborted()
      const { bytesRead } = await handle.read(buffer, 0, SCAN_BYTES, bounds.offset)
      if (bytesRead === 0) return
      const bound = bounds.next(buffer.subarray(0, bytesRead), wanted)
      if (bound === undefined || bound >= file.size) continue
      yield bound
      step = Math.min(targetBytes, step * 2)
      wanted = bound + step
    }
  } catch (error) {
    throw readFailure(error, file.path)
  } finally {
    await handle.close()
  }
}
