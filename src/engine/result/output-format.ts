import { loadFormat } from '../../connectors/files/formats.js'
import { MillraceError, type Page } from '../../spi/index.js'
import type { ResultColumn } from './result-column.js'

/** Formats that a result is written in. `json` is one array of objects, `ndjson` an object a line. */
export type OutputFormat = 'ndjson' | 'csv' | 'tsv' | 'json' | 'arrow' | 'parquet'

/** Where the bytes of a result go, in order and at the pace of who takes them. */
export interface ByteOutput {
  /** Takes the bytes, which may be reused after the answer. */
  write(bytes: Uint8Array): Promise<void>
}

/** Turns the pages of one result into bytes. */
export interface ResultWriter {
  /** The page is borrowed until the answer; what can be read of it then has been written. */
  append(page: Page): Promise<void>
  finish(): Promise<void>
}

type CreateWriter = (
  columns: readonly ResultColumn[],
  output: ByteOutput,
  signal: AbortSignal,
  isFile: boolean,
) => Promise<ResultWriter>

const CREATE: { readonly [F in OutputFormat]: CreateWriter } = {
  ndjson: (columns, output, signal) => fileWriter('JSON', distinct(columns), output, signal),
  json: async (columns, output, signal) => {
    const array = new JsonArrayOutput(output)
    const lines = await fileWriter('JSON', distinct(columns), array, signal)
    return {
      append: (page) => lines.append(page),
      async finish() {
        await lines.finish()
        await array.finish()
      },
    }
  },
  csv: (columns, output, signal) => fileWriter('CSV', columns, output, signal),
  tsv: (columns, output, signal) => fileWriter('TSV', columns, output, signal),
  parquet: (columns, output, signal) => fileWriter('PARQUET', distinct(columns), output, signal),
  arrow: async (columns, output, _signal, isFile) => {
    const { ArrowIpcWriter } = await import('../../arrow/ipc-writer.js')
    return new ArrowIpcWriter(columns, output, { kind: isFile ? 'file' : 'stream' })
  },
}

export const OUTPUT_FORMATS = Object.keys(CREATE) as readonly OutputFormat[]

/** What an HTTP response in each format is. @source IANA media types; Arrow's and Parquet's own */
export const MEDIA_TYPES: { readonly [F in OutputFormat]: string } = {
  ndjson: 'application/x-ndjson',
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  tsv: 'text/tab-separated-values; charset=utf-8',
  arrow: 'application/vnd.apache.arrow.stream',
  parquet: 'application/vnd.apache.parquet',
}

/**
 * @param isFile the bytes are a file, so that Arrow's are its file format and no stream
 * @throws NOT_SUPPORTED for a column that the format can't hold, DUPLICATE_COLUMN_NAME where it needs names
 */
export const createResultWriter = (
  format: OutputFormat,
  columns: readonly ResultColumn[],
  output: ByteOutput,
  signal: AbortSignal,
  isFile: boolean,
): Promise<ResultWriter> => CREATE[format](columns, output, signal, isFile)

/** @throws GENERIC_USER_ERROR for what is no format */
export function checkOutputFormat(format: string): asserts format is OutputFormat {
  if (Object.hasOwn(CREATE, format)) return
  throw new MillraceError('GENERIC_USER_ERROR', `Unknown format: ${format}`, {
    hint: `Formats are ${OUTPUT_FORMATS.join(', ')}`,
  })
}

async function fileWriter(
  name: 'JSON' | 'CSV' | 'TSV' | 'PARQUET',
  resultColumns: readonly ResultColumn[],
  output: ByteOutput,
  signal: AbortSignal,
): Promise<ResultWriter> {
  const writing = (await loadFormat(name)).writing!
  const columns = resultColumns.map(({ name, type }, index) => ({ name, type, index }))
  for (const column of columns) writing.checkColumn(column)
  let position = 0
  const writer = await writing.createWriter({
    columns,
    output: {
      get position() {
        return position
      },
      async write(bytes) {
        await output.write(bytes)
        position += bytes.length
      },
    },
    options: { properties: {} },
    signal,
  })
  return {
    async append(page) {
      await writer.append(page)
      await writer.flush?.()
    },
    finish: async () => writer.finish(),
  }
}

function distinct(columns: readonly ResultColumn[]): readonly ResultColumn[] {
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw new MillraceError('DUPLICATE_COLUMN_NAME', `Two columns have the name '${name}'`, {
        hint: 'Give one an alias, or write CSV or Arrow',
      })
    }
    seen.add(name)
  }
  return columns
}

const NEWLINE = 10

/** Makes one array of lines that each are a JSON value: text of JSON has no line ends of its own. */
class JsonArrayOutput implements ByteOutput {
  readonly #output: ByteOutput
  /** What comes before the next line. */
  #separator = '['

  constructor(output: ByteOutput) {
    this.#output = output
  }

  /** @param bytes whole lines or parts of them */
  async write(bytes: Uint8Array): Promise<void> {
    const array = Buffer.allocUnsafe(bytes.length * 2 + this.#separator.length)
    let length = 0
    for (let start = 0; start < bytes.length; ) {
      length += array.write(this.#separator, length, 'latin1')
      this.#separator = ''
      const newline = bytes.indexOf(NEWLINE, start)
      const end = newline < 0 ? bytes.length : newline
      array.set(bytes.subarray(start, end), length)
      length += end - start
      if (newline >= 0) this.#separator = ',\n'
      start = end + 1
    }
    if (length > 0) await this.#output.write(array.subarray(0, length))
  }

  async finish(): Promise<void> {
    await this.#output.write(Buffer.from(this.#separator === '[' ? '[]\n' : ']\n'))
  }
}
