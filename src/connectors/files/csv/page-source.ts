import { isAscii, isUtf8 } from 'node:buffer'
import { type Block, type ConnectorPageSource, type Page, VARCHAR } from '../../../spi/index.js'
import { badData } from '../file-errors.js'
import type { FileColumn, ReadRequest } from '../format.js'
import { openText, type TextCoding, type TextInput } from '../text/text-input.js'
import { type ColumnReader, columnReader, FieldError, type Fields } from './columns.js'
import { csvLayout } from './dialect.js'
import { lineAt } from './line-numbers.js'
import { CsvFormatError, CsvTokenizer } from './tokenizer.js'

/** {@link FilePart.detail} of CSV and TSV files: bytes `start` to `end` begin and end with whole rows. */
export interface CsvPart {
  readonly start: number
  readonly end: number
  readonly coding: TextCoding
  /** Whether the first row names the columns. */
  readonly hasHeader: boolean
}

const ROWS_MAX = 16_384
const BUFFER_BYTES = 1024 * 1024
/** A row that is longer is taken for a quote that nobody closed. */
const ROW_BYTES_MAX = 64 * 1024 * 1024

/** Reads rows of delimited text, converting only the columns that are wanted. */
class CsvPageSource implements ConnectorPageSource {
  readonly #request: ReadRequest
  readonly #part: CsvPart
  readonly #input: TextInput
  readonly #tokens: CsvTokenizer
  readonly #readers: readonly ColumnReader[]
  #buffer = new Uint8Array(BUFFER_BYTES)
  /** The bytes of the buffer that have been read and not been made rows of. */
  #from = 0
  #to = 0
  #isLast = false
  #atHeader: boolean
  /** Where in the text the buffer begins. */
  #bufferOffset: number
  #isAscii = true

  constructor(request: ReadRequest, part: CsvPart, input: TextInput) {
    const { dialect } = csvLayout(request.summary)
    this.#request = request
    this.#part = part
    this.#input = input
    const slots = new Int32Array(request.summary.columns.length).fill(-1)
    for (const [slot, column] of request.columns.entries()) slots[column.index] = slot
    this.#tokens = new CsvTokenizer(dialect, slots, ROWS_MAX)
    const nullBytes =
      dialect.nullText === undefined || dialect.nullText === ''
        ? undefined
        : new TextEncoder().encode(dialect.nullText)
    this.#readers = request.columns.map((column) => columnReader(column.type, nullBytes))
    this.#atHeader = part.hasHeader
    this.#bufferOffset = part.start
  }

  get completedBytes(): number {
    return this.#input.completedBytes
  }
  get readTimeNanos(): number {
    return this.#input.readTimeNanos
  }
  get memoryUsage(): number {
    return this.#buffer.length + this.#tokens.starts.byteLength * 2
  }

  async getNextPage(): Promise<Page | undefined> {
    for (;;) {
      if (this.#from < this.#to) {
        const page = await this.#tokenize()
        if (page !== undefined) return page
      }
      if (this.#isLast && this.#from >= this.#to) return undefined
      await this.#fill()
    }
  }

  close(): Promise<void> {
    return this.#input.close()
  }

  /** A page of the rows in the buffer; undefined where there is no whole one. */
  async #tokenize(): Promise<Page | undefined> {
    const tokens = this.#tokens
    try {
      const before = this.#from
      this.#from = tokens.read(this.#buffer, before, this.#to, this.#isLast)
      // The rest of the last row may be a lone CR or blank lines.
      if (this.#isLast && tokens.rowCount === 0 && this.#from === before) this.#from = this.#to
      if (this.#atHeader && tokens.rowCount > 0) this.#dropHeader()
      if (tokens.rowCount === 0) return undefined
      return { rowCount: tokens.rowCount, blocks: this.#blocks() }
    } catch (error) {
      throw await this.#placed(error)
    }
  }

  #dropHeader(): void {
    const { starts, ends, slotCount } = this.#tokens
    starts.copyWithin(0, slotCount)
    ends.copyWithin(0, slotCount)
    this.#tokens.rowCount--
    this.#atHeader = false
  }

  #blocks(): Block[] {
    const tokens = this.#tokens
    return this.#readers.map((read, slot) => {
      const fields: Fields = { bytes: this.#buffer, tokens, slot, isAscii: this.#isAscii }
      try {
        return read(fields)
      } catch (error) {
        if (!(error instanceof FieldError)) throw error
        const column = this.#request.columns[slot]!
        const offset = tokens.starts[error.row * tokens.slotCount + slot]!
        throw new ColumnValueError(column, error.message, offset)
      }
    })
  }

  /** Moves the rest to the front and reads on. */
  async #fill(): Promise<void> {
    const rest = this.#to - this.#from
    if (rest >= ROW_BYTES_MAX) {
      throw await this.#placed(
        new CsvFormatError(`Row is longer than ${ROW_BYTES_MAX} bytes`, this.#from),
      )
    }
    const source = this.#buffer
    if (rest > source.length / 2) this.#buffer = new Uint8Array(source.length * 2)
    this.#buffer.set(source.subarray(this.#from, this.#to))
    this.#bufferOffset += this.#from
    this.#from = 0
    const count = await this.#input.fill(this.#buffer, rest)
    this.#to = rest + count
    this.#isLast = this.#to < this.#buffer.length
    await this.#checkText(rest)
  }

  /** Looks whether the bytes from a place on are text, and whether all are ASCII. */
  async #checkText(from: number): Promise<void> {
    const added = this.#buffer.subarray(from, this.#to)
    if (isAscii(added)) {
      if (from === 0) this.#isAscii = true
      return
    }
    this.#isAscii = false
    const { start, end } = wholeCharacters(this.#buffer, from, this.#to, this.#isLast)
    if (isUtf8(this.#buffer.subarray(start, end))) return
    throw await this.#placed(
      new CsvFormatError('Text is not valid UTF-8', firstInvalid(this.#buffer, start, end)),
    )
  }

  /** An error with file, line and column. */
  async #placed(error: unknown): Promise<unknown> {
    if (!(error instanceof CsvFormatError || error instanceof ColumnValueError)) return error
    const { file } = this.#request
    const offset = this.#bufferOffset + error.offset
    const line = await lineAt(file, this.#part.coding, offset, new AbortController().signal)
    if (error instanceof ColumnValueError) {
      return badData(
        `Value ${error.message}`,
        file.path,
        `line ${line}, column ${error.column.name}`,
        {
          hint:
            error.column.type.kind === VARCHAR.kind
              ? undefined
              : 'Types are inferred from the beginning of the file: raise files.sample-size, or set files.csv.null for a text that stands for NULL',
        },
      )
    }
    return badData(error.message, file.path, `line ${line}`, {
      hint: error.message.startsWith('Text is')
        ? 'Set files.csv.encoding to the encoding of the file'
        : undefined,
    })
  }
}

/** On its way to be given a place. */
class ColumnValueError extends Error {
  readonly column: FileColumn
  readonly offset: number
  constructor(column: FileColumn, message: string, offset: number) {
    super(message)
    this.column = column
    this.offset = offset
  }
}

/** The range without the bytes at its ends that are parts of a character. */
function wholeCharacters(
  bytes: Uint8Array,
  from: number,
  to: number,
  isLast: boolean,
): { readonly start: number; readonly end: number } {
  // The rest of the last range has been looked at but for a character cut at its end.
  let start = from
  for (let i = 0; i < 3 && start > 0 && (bytes[start]! & 0xc0) === 0x80; i++) start--
  let end = to
  if (isLast) return { start, end }
  for (let back = 1; back <= 3 && to - back >= start; back++) {
    const byte = bytes[to - back]!
    if (byte < 0x80) break
    if (byte >= 0xc0) {
      end = to - back
      break
    }
  }
  return { start, end }
}

/** About where bytes stop being UTF-8: the piece of 256 bytes. */
function firstInvalid(bytes: Uint8Array, start: number, end: number): number {
  let low = start
  let high = end
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    // A character cut in the middle is not told from one that is wrong, which is at most 3 bytes off.
    let cut = middle
    while (cut > low && (bytes[cut]! & 0xc0) === 0x80) cut--
    if (cut === low) break
    if (isUtf8(bytes.subarray(start, cut))) low = cut
    else high = cut
  }
  return low
}

export async function openCsv(request: ReadRequest): Promise<ConnectorPageSource> {
  const part = request.part.detail as CsvPart
  const input = await openText(request.file, part.coding, part, request.signal)
  return new CsvPageSource(request, part, input)
}
