import { memberOf } from '../../spi/index.js'
import { httpError, shownUrl } from './errors.js'
import { type RequestOptions, responseText } from './response-text.js'

/** A table of the document. Plain data: it travels in splits. */
export interface HttpTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly HttpColumn[]
  /** Absolute. */
  readonly sources: readonly { readonly url: string; readonly format: 'csv' | 'json' }[]
}
export interface HttpColumn {
  readonly name: string
  readonly type: string
}

/**
 * Reads the document that describes the tables: lists of tables by schema, each with `name`, `columns` of `name` and `type`,
 * `sources` relative to the document, and as an extension `format`.
 * @source Trino example-http, ExampleClient
 * @throws EXAMPLE_HTTP_INVALID_METADATA naming the member that is wrong
 */
export async function readDocument(
  url: string,
  maxChars: number,
  options: RequestOptions,
): Promise<readonly HttpTable[]> {
  const invalid = (what: string, cause?: unknown) =>
    httpError('EXAMPLE_HTTP_INVALID_METADATA', what, shownUrl(url), { cause })
  let text = ''
  for await (const piece of responseText(url, options)) {
    text += piece
    if (text.length > maxChars) {
      throw invalid(`Document is longer than ${maxChars} characters (max-metadata-size)`)
    }
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw invalid('Document is no JSON', error)
  }
  return tablesOf(document, url, invalid)
}

type Invalid = (what: string) => Error

function tablesOf(document: unknown, url: string, invalid: Invalid): HttpTable[] {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw invalid('Document is no object of schemas')
  }
  const seen = new Set<string>()
  return Object.entries(document).flatMap(([schema, tables]) =>
    listOf(tables, schema, invalid).map((table, i) => {
      const place = `${schema}[${i}]`
      const name = textOf(table, 'name', place, invalid)
      const key = `${schema}.${name}`.toLowerCase()
      if (seen.has(key)) throw invalid(`Table is there twice, ${key}`)
      seen.add(key)
      return {
        schema: schema.toLowerCase(),
        name: name.toLowerCase(),
        columns: columnsOf(table, place, invalid),
        sources: sourcesOf(table, place, url, invalid),
      }
    }),
  )
}

function columnsOf(table: unknown, place: string, invalid: Invalid): HttpColumn[] {
  const at = `${place}.columns`
  const columns = listOf(member(table, 'columns'), at, invalid).map((column, i) => ({
    name: textOf(column, 'name', `${at}[${i}]`, invalid).toLowerCase(),
    type: textOf(column, 'type', `${at}[${i}]`, invalid),
  }))
  if (columns.length === 0) throw invalid(`No columns in ${at}`)
  const twice = columns.find(({ name }, i) => columns.findIndex((c) => c.name === name) < i)
  if (twice !== undefined) throw invalid(`Column '${twice.name}' is there twice in ${at}`)
  return columns
}

function sourcesOf(
  table: unknown,
  place: string,
  base: string,
  invalid: Invalid,
): HttpTable['sources'] {
  const format = member(table, 'format')
  if (format !== undefined && format !== 'csv' && format !== 'json') {
    throw invalid(`Neither csv nor json is ${place}.format`)
  }
  const at = `${place}.sources`
  return listOf(member(table, 'sources'), at, invalid).map((source, i) => {
    const url = typeof source === 'string' && URL.canParse(source, base) && new URL(source, base)
    if (!url || !/^https?:$/.test(url.protocol)) throw invalid(`No HTTP address is ${at}[${i}]`)
    const named = /\.(json|jsonl|ndjson)$/i.test(url.pathname) ? 'json' : 'csv'
    return { url: url.href, format: format ?? named }
  })
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? memberOf(value, name) : undefined

function listOf(value: unknown, place: string, invalid: Invalid): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`No list is ${place}`)
  return value
}

function textOf(value: unknown, name: string, place: string, invalid: Invalid): string {
  const text = member(value, name)
  if (typeof text !== 'string' || text === '') throw invalid(`No text is ${place}.${name}`)
  return text
}
