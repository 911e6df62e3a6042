import { PageDecoder } from '../exchange/arrow/page-decoder.js'
import { MillraceError } from '../spi/error.js'
import { createBlockBuilder } from '../spi/page/block-builder.js'
import { type Page, page } from '../spi/page/page.js'
import { type ValueConverter, valueConverter } from '../spi/type/js-value.js'
import type { SqlType } from '../spi/type/type.js'
import type { Value } from '../spi/type/value.js'
import { rowReader } from '../values/row-reader.js'
import type { RemoteColumn } from './remote-run.js'

// This module is what is loaded for pages: their decoder, pages made of rows for servers that send no others, and rows of pages.
export { rowReader }

let readerCount = 0

/** A frame of the stream, as docs/stream.md has it. */
export interface PageFrame {
  readonly kind: number
  readonly number: number
  readonly parametersLength: number
  readonly body: Uint8Array
}

const SCHEMA = 2
const DICTIONARY = 3

/** Reads the frames of one result, in order. */
export class PageFrames {
  readonly #decoder = new PageDecoder(`stream:${++readerCount}:`)

  /** @returns undefined for a frame that others lean on @throws CORRUPT_PAGE */
  read({ kind, number, parametersLength, body }: PageFrame): Page | undefined {
    const raw = { bytes: body, parametersLength }
    if (kind === SCHEMA) this.#decoder.addSchema(number, raw)
    else if (kind === DICTIONARY) this.#decoder.addDictionary(number, raw)
    else return this.#decoder.decode(number, raw)
    return undefined
  }
}

/** A page of rows of exact values. */
export function pageOfRows(
  columns: readonly RemoteColumn[],
  rows: readonly (readonly unknown[])[],
): Page {
  const blocks = columns.map(({ name, type }, channel) => {
    const convert = carrierConverter(type)
    const builder = createBlockBuilder(type)
    for (const row of rows) {
      try {
        builder.append(convert(row[channel]))
      } catch (cause) {
        throw new MillraceError('NOT_SUPPORTED', `Value has no page form in column: ${name}`, {
          cause,
        })
      }
    }
    return builder.build()
  })
  return page(blocks, rows.length)
}

/** Makes what blocks are built of from exact values, as they come from a server: text of JSON and intervals too. */
function carrierConverter(type: SqlType): ValueConverter {
  const convert = presentConverter(type)
  return (value) => (value === null ? null : convert(value))
}

function presentConverter(type: SqlType): (value: unknown) => Value {
  switch (type.kind) {
    case 'json':
      return (value) => value as string
    case 'interval day to second':
      return (value) => intervalMillis(String(value))
    case 'interval year to month':
      return (value) => intervalMonths(String(value))
    case 'array': {
      const element = carrierConverter(type.element)
      return (value) => (value as unknown[]).map(element)
    }
    case 'map': {
      const key = carrierConverter(type.key)
      const entry = carrierConverter(type.value)
      return (value) => {
        const map = value as ReadonlyMap<unknown, unknown>
        return { keys: [...map.keys()].map(key), values: [...map.values()].map(entry) }
      }
    }
    case 'row': {
      const fields = type.fields.map((field, i) => ({
        name: field.name ?? `field${i}`,
        convert: carrierConverter(field.type),
      }))
      return (value) =>
        fields.map(({ name, convert }) => convert((value as Record<string, unknown>)[name]))
    }
    default:
      return valueConverter(type)
  }
}

/** Milliseconds of `-1 02:03:04.005`. */
function intervalMillis(text: string): bigint {
  const match = /^(-?)(\d+) (\d+):(\d+):(\d+)\.(\d{3})$/.exec(text)
  if (match === null) throw notAnInterval(text)
  const [days, hours, minutes, seconds, millis] = match.slice(2).map(BigInt)
  const total = (((days! * 24n + hours!) * 60n + minutes!) * 60n + seconds!) * 1000n + millis!
  return match[1] === '-' ? -total : total
}

/** Months of `-1-2`. */
function intervalMonths(text: string): number {
  const match = /^(-?)(\d+)-(\d+)$/.exec(text)
  if (match === null) throw notAnInterval(text)
  const total = Number(match[2]) * 12 + Number(match[3])
  return match[1] === '-' ? -total : total
}

const notAnInterval = (text: string): MillraceError =>
  new MillraceError('GENERIC_INTERNAL_ERROR', `Server sent no interval: ${text}`)
