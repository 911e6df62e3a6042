import { isUtf8 } from 'node:buffer'
import {
  type BlockBuilder,
  type ConnectorPageSource,
  createBlockBuilder,
  type Page,
  type Value,
} from '../../../spi/index.js'
import { lineAt } from '../csv/line-numbers.js'
import { badData } from '../file-errors.js'
import type { ReadRequest } from '../format.js'
import { openText, type TextCoding, type TextInput } from '../text/text-input.js'
import { JsonValueError, jsonConverter } from './convert.js'
import { nextDocument } from './documents.js'
import { type JsonValue, parseJson } from './parse.js'

/** {@link FilePart.detail} of JSON files. Plain data. */
export interface JsonPart {
  readonly start: number
  readonly end: number
  readonly coding: TextCoding
  readonly mode: 'lines' | 'values'
}

const ROWS_MAX = 8192
const PAGE_BYTES_MAX = 8 * 1024 * 1024
const BUFFER_BYTES = 1024 * 1024
const ROW_BYTES_MAX = 256 * 1024 * 1024

interface Column {
  readonly name: string
  readonly builder: BlockBuilder
  convert(value: JsonValue | undefined): Value
}

/** Reads JSON objects one after the other. */
class JsonPageSource implements ConnectorPageSource {
  readonly #request: ReadRequest
  readonly #part: JsonPart
  readonly #input: TextInput
  readonly #columns: readonly Column[]
  #buffer = Buffer.alloc(BUFFER_BYTES)
  #from = 0
  #to = 0
  #isLast = false
  #bufferOffset: number

  constructor(request: ReadRequest, part: JsonPart, input: TextInput) {
    this.#request = request
    this.#part = part
    this.#input = input
    this.#columns = request.columns.map(({ name, type }) => ({
      name,
      builder: createBlockBuilder(type),
      convert: jsonConverter(type),
    }))
    this.#bufferOffset = part.start
  }

  get completedBytes(): number {
    return this.#input.completedBytes
  }
  get readTimeNanos(): number {
    return this.#input.readTimeNanos
  }
  get memoryUsage(): number {
    return this.#columns.reduce((sum, { builder }) => sum + builder.byteLength, this.#buffer.length)
  }

  async getNextPage(): Promise<Page | undefined> {
    let rowCount = 0
    while (rowCount < ROWS_MAX && this.memoryUsage < PAGE_BYTES_MAX + this.#buffer.length) {
      const span = nextDocument(this.#buffer, this.#from, this.#to, this.#part.mode, this.#isLast)
      if (span === undefined) {
        if (this.#isLast) break
        if (rowCount > 0 && this.#from === this.#to) break
        await this.#fill()
        continue
      }
      await this.#append(span.start, span.end)
      this.#from = span.end
      rowCount++
    }
    if (rowCount === 0) return undefined
    return { rowCount, blocks: this.#columns.map(({ builder }) => builder.build()) }
  }

  close(): Promise<void> {
    return this.#input.close()
  }

  async #append(start: number, end: number): Promise<void> {
    let name = ''
    try {
      if (!isUtf8(this.#buffer.subarray(start, end))) throw new SyntaxError('not UTF-8')
      const row = parseJson(this.#buffer.toString('utf8', start, end))
      if (typeof row !== 'object' || row === null || Array.isArray(row)) {
        throw new JsonValueError('is no JSON object')
      }
      const fields = row as Readonly<Record<string, JsonValue>>
      for (const column of this.#columns) {
        name = column.name
        const value = Object.hasOwn(fields, name) ? fields[name] : undefined
        column.builder.append(column.convert(value))
      }
    } catch (error) {
      throw await this.#placed(error, start, name)
    }
  }

  async #fill(): Promise<void> {
    const rest = this.#to - this.#from
    if (rest >= ROW_BYTES_MAX) {
      throw badData(`Row is longer than ${ROW_BYTES_MAX} bytes`, this.#request.file.path)
    }
    const source = this.#buffer
    if (rest > source.length / 2) this.#buffer = Buffer.alloc(source.length * 2)
    source.copy(this.#buffer, 0, this.#from, this.#to)
    this.#bufferOffset += this.#from
    this.#from = 0
    this.#to = rest + (await this.#input.fill(this.#buffer, rest))
    this.#isLast = this.#to < this.#buffer.length
  }

  async #placed(error: unknown, offset: number, column: string): Promise<unknown> {
    const isSyntax = error instanceof SyntaxError
    if (!isSyntax && !(error instanceof JsonValueError)) return error
    const { file } = this.#request
    const line = await lineAt(
      file,
      this.#part.coding,
      this.#bufferOffset + offset,
      new AbortController().signal,
    )
    if (isSyntax) return badData('Text is not JSON', file.path, `line ${line}`, { cause: error })
    return badData(
      column === '' ? `Row ${error.message}` : `Value ${error.message}`,
      file.path,
      `line ${line}${column === '' ? '' : `, column ${column}`}`,
      { hint: 'Types are inferred from the beginning of the file: raise files.sample-size' },
    )
  }
}

export async function openJson(request: ReadRequest): Promise<ConnectorPageSource> {
  const part = request.part.detail as JsonPart
  const input = await openText(request.file, part.coding, part, request.signal)
  return new JsonPageSource(request, part, input)
}
