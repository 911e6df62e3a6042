import { memberOf } from '../../spi/index.js'
import { type CsvRecord, csvRecords, RecordError } from './csv-records.js'
import type { HttpColumn } from './document.js'
import { httpError, placeIn } from './errors.js'
import { type JsonText, jsonObjects } from './json-rows.js'
import { type RequestOptions, responseText } from './response-text.js'

/** A source of a table with what reading it needs: a split. */
export interface HttpSource {
  readonly url: string
  readonly format: 'csv' | 'json'
  /** All of the table, in the order of CSV's fields. */
  readonly columns: readonly HttpColumn[]
}

/**
 * The values of wanted columns row by row, and after them the line that the row begins in.
 * @throws EXAMPLE_HTTP_BAD_DATA with address and line
 */
export async function* readRows(
  source: HttpSource,
  wanted: readonly string[],
  maxChars: number,
  options: RequestOptions,
): AsyncGenerator<readonly unknown[]> {
  const text = responseText(source.url, options)
  try {
    if (source.format === 'csv') {
      const read = csvReader(source.columns, wanted)
      for await (const record of csvRecords(text, maxChars)) {
        const row = read(record)
        if (row !== undefined) yield row
      }
    } else {
      const read = jsonReader(source.columns, wanted)
      for await (const object of jsonObjects(text, maxChars)) yield read(object)
    }
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    throw httpError('EXAMPLE_HTTP_BAD_DATA', error.message, placeIn(source.url, error.line))
  }
}

/** An empty line is no row, unless it can be the empty field of the only column. */
function csvReader(
  columns: readonly HttpColumn[],
  wanted: readonly string[],
): (record: CsvRecord) => readonly unknown[] | undefined {
  const readers = wanted.map((name) => {
    const index = columns.findIndex((column) => column.name === name)
    const convert = textConverter(columns[index]!.type)
    return (fields: CsvRecord['fields']): unknown => {
      const text = fields[index]!
      return text === null ? null : convert(text)
    }
  })
  return ({ fields, line }) => {
    if (fields.length !== columns.length) {
      if (fields.length === 1 && fields[0] === null) return undefined
      throw new RecordError(`Row has ${fields.length} fields instead of ${columns.length}`, line)
    }
    return [...readers.map((read) => read(fields)), line]
  }
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** What the engine takes for a text of CSV; what is no value of the type stays as it is, and is refused with its row. */
function textConverter(type: string): (text: string) => unknown {
  switch (type.toLowerCase()) {
    case 'boolean':
      return (text) => (/^true$/i.test(text) ? true : /^false$/i.test(text) ? false : text)
    case 'double':
    case 'real':
      return (text) =>
        NUMBER.test(text) || /^(?:NaN|[+-]?Infinity)$/.test(text) ? Number(text) : text
    default:
      return (text) => text
  }
}

/** Numbers that JavaScript's may not hold exactly, and texts, which are passed over. */
const LONG_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{14,}/g
/** Types that take numbers as texts. */
const EXACT = /^(?:bigint|decimal|varchar|char)/i

/** Members that an object lacks are NULL; those that are no column are not looked at. */
function jsonReader(
  columns: readonly HttpColumn[],
  wanted: readonly string[],
): (object: JsonText) => readonly unknown[] {
  const isExact = wanted.map((name) => EXACT.test(columns.find((c) => c.name === name)!.type))
  return ({ text, line }) => {
    const object = parseObject(text, line)
    const quoted = text.replace(LONG_NUMBERS, (found) => (found[0] === '"' ? found : `"${found}"`))
    const exact = quoted.length === text.length ? object : parseObject(quoted, line)
    return [...wanted.map((name, i) => memberOf(isExact[i] ? exact : object, name)), line]
  }
}

function parseObject(text: string, line: number): object {
  try {
    return JSON.parse(text) as object
  } catch {
    throw new RecordError('Row is no JSON', line)
  }
}
