import { arrowForm } from '../../arrow/arrow-form.js'
import { ARROW_STREAM_END } from '../../arrow/ipc-writer.js'
import type { ResultColumn } from '../../engine/result/result-column.js'
import { type Block, MillraceError, type Page, type SqlType } from '../../spi/index.js'
import { cellReader } from '../../values/cell-reader.js'
import { JsonBuffer } from '../protocol/json-buffer.js'
import { jsonWriter } from '../protocol/json-encoder.js'
import { ArrowFormat } from './arrow-format.js'
import { ROWS_MESSAGE_BYTES } from './json-format.js'

/** Makes the body of an HTTP answer of a result's pages; chunks are copies. */
export interface BodyFormat {
  readonly contentType: string
  begin(): Iterable<Uint8Array>
  encode(page: Page): Iterable<Uint8Array>
  end(): Iterable<Uint8Array>
  /** What a client is told in the body of a statement that fails after its first row. */
  failure(record: object): Iterable<Uint8Array>
}

/** Writes rows with `writeRow` until a chunk is large enough. */
function* chunksOf(
  out: JsonBuffer,
  rowCount: number,
  writeRow: (position: number) => void,
): Generator<Uint8Array> {
  for (let position = 0; position < rowCount; ) {
    out.truncate(0)
    do writeRow(position++)
    while (position < rowCount && out.length < ROWS_MESSAGE_BYTES)
    yield out.take()
  }
}

const NEWLINE = 10
const CLOSE_OBJECT = 125

/** An object a line, by column name; values as the client protocol has them. */
function ndjson(columns: readonly ResultColumn[]): BodyFormat {
  rejectDuplicates(columns)
  const out = new JsonBuffer()
  const keys = columns.map(({ name }, i) =>
    Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`).toString('latin1'),
  )
  return {
    contentType: 'application/x-ndjson',
    begin: () => [],
    encode(page) {
      const writers = page.blocks.map((block) => jsonWriter(block, true))
      return chunksOf(out, page.rowCount, (position) => {
        for (let channel = 0; channel < writers.length; channel++) {
          out.ascii(keys[channel]!)
          writers[channel]!(out, position)
        }
        out.byte(CLOSE_OBJECT)
        out.byte(NEWLINE)
      })
    },
    end: () => [],
    failure: (record) => [Buffer.from(`${JSON.stringify({ error: record })}\n`)],
  }
}

function rejectDuplicates(columns: readonly ResultColumn[]): void {
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw new MillraceError('DUPLICATE_COLUMN_NAME', `Two columns have the name '${name}'`, {
        hint: 'Give one an alias, or ask for CSV or Arrow',
      })
    }
    seen.add(name)
  }
}

/** A header line and a line a row; NULL is nothing, an empty string `""`. @source RFC 4180 */
function csv(columns: readonly ResultColumn[]): BodyFormat {
  return {
    contentType: 'text/csv; charset=utf-8; header=present',
    begin: () => [Buffer.from(`${columns.map(({ name }) => csvCell(name)).join(',')}\r\n`)],
    *encode(page) {
      const readers = page.blocks.map((block, channel) => csvReader(block, columns[channel]!.type))
      let text = ''
      for (let position = 0; position < page.rowCount; position++) {
        for (let channel = 0; channel < readers.length; channel++) {
          if (channel > 0) text += ','
          text += readers[channel]!(position)
        }
        text += '\r\n'
        if (text.length < ROWS_MESSAGE_BYTES) continue
        yield Buffer.from(text)
        text = ''
      }
      if (text !== '') yield Buffer.from(text)
    },
    end: () => [],
    failure: () => [],
  }
}

const csvCell = (text: string): string =>
  text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/** Numbers and nested values as JSON writes them, bytes in hexadecimal, the rest as text. */
function csvReader(block: Block, type: SqlType): (position: number) => string {
  switch (type.kind) {
    case 'real':
    case 'double':
    case 'array':
    case 'map':
    case 'row':
    case 'bingtile':
    case 'kdbtree': {
      const out = new JsonBuffer(256)
      const write = jsonWriter(block, true)
      return (position) => {
        out.truncate(0)
        write(out, position)
        const text = out.take().toString()
        if (text === 'null') return ''
        return type.kind === 'real' || type.kind === 'double'
          ? text.replaceAll('"', '')
          : csvCell(text)
      }
    }
    default: {
      const read = cellReader(block, 'exact')
      if (arrowForm(type) === 'bytes') {
        return (position) => {
          const value = read(position)
          return value === null ? '' : csvCell(Buffer.from(value as Uint8Array).toString('hex'))
        }
      }
      return (position) => {
        const value = read(position)
        return value === null ? '' : csvCell(String(value))
      }
    }
  }
}

/** An Arrow stream. @source Arrow columnar format, "IPC Streaming Format" */
function arrow(columns: readonly ResultColumn[]): BodyFormat {
  const format = new ArrowFormat(columns)
  return {
    contentType: 'application/vnd.apache.arrow.stream',
    *begin() {
      for (const { parts } of format.begin()) yield* parts
    },
    *encode(page) {
      for (const { parts } of format.encode(page)) yield* parts
    },
    end: () => [ARROW_STREAM_END],
    failure: () => [],
  }
}

const BODY_FORMATS: Readonly<Record<string, (columns: readonly ResultColumn[]) => BodyFormat>> = {
  ndjson,
  csv,
  arrow,
}

const BY_MEDIA_TYPE: Readonly<Record<string, string>> = {
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'text/csv': 'csv',
  'application/vnd.apache.arrow.stream': 'arrow',
}

/**
 * The format that `?format=` names, or else the first of the Accept header that there is; NDJSON where a client takes
 * anything. Undefined where it takes none of them.
 */
export function bodyFormat(
  name: string | undefined,
  accept: string | undefined,
): ((columns: readonly ResultColumn[]) => BodyFormat) | undefined {
  if (name !== undefined) return Object.hasOwn(BODY_FORMATS, name) ? BODY_FORMATS[name] : undefined
  if (accept === undefined) return ndjson
  for (const part of accept.split(',')) {
    const mediaType = part.split(';')[0]!.trim().toLowerCase()
    if (mediaType === '*/*' || mediaType === 'application/*') return ndjson
    const format = BY_MEDIA_TYPE[mediaType]
    if (format !== undefined) return BODY_FORMATS[format]
  }
  return undefined
}
