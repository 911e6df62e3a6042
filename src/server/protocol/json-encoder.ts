import { assert, type Block, type FlatBlock, isValid, type Page } from '../../spi/index.js'
import { padChar } from '../../values/code-points.js'
import { decodeTile } from '../../values/geometry/bing-tile.js'
import {
  bigintReader,
  isIntegerBlock,
  isSafeIntegerBlock,
  numberReader,
} from '../../values/integer-reader.js'
import { javaDoubleText, javaRealText } from '../../values/number-text.js'
import { textReader, utf8Reader } from '../../values/text-reader.js'
import type { JsonBuffer } from './json-buffer.js'
import { mapKeyReader } from './map-key.js'

/** Appends the JSON of a position to the buffer. */
export type JsonWriter = (out: JsonBuffer, position: number) => void

const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const COMMA = 44
const COLON = 58

const writeNull: JsonWriter = (out) => out.ascii('null')

/**
 * Makes the writer of a block's positions, once a block, so that a cell costs no decision. The JSON is Trino's:
 * datetimes, decimals and network types as text, bytes in base64, maps as objects, rows as arrays, 64-bit integers
 * in full, floats as Java prints them, NaN and infinities in quotes.
 * @source Trino JsonEncodingUtils
 */
export function jsonWriter(block: Block, parametricDatetime: boolean): JsonWriter {
  switch (block.encoding) {
    case 'constant': {
      const write = jsonWriter(block.value, parametricDatetime)
      return (out) => write(out, 0)
    }
    case 'dictionary': {
      const { codes, validity } = block
      const write = jsonWriter(block.dictionary, parametricDatetime)
      if (validity === null) return (out, position) => write(out, codes[position]!)
      return (out, position) =>
        isValid(validity, position) ? write(out, codes[position]!) : writeNull(out, position)
    }
    case 'flat': {
      if (block.storage === 'null') return writeNull
      const write = flatWriter(block, parametricDatetime)
      const { validity } = block
      if (validity === null) return write
      return (out, position) =>
        isValid(validity, position) ? write(out, position) : writeNull(out, position)
    }
  }
}

function flatWriter(block: FlatBlock, parametricDatetime: boolean): JsonWriter {
  const { type } = block
  switch (type.kind) {
    case 'boolean': {
      assert(block.storage === 'bool')
      const { values } = block
      return (out, position) => out.ascii(values[position] === 1 ? 'true' : 'false')
    }
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return integerWriter(block)
    case 'real':
    case 'double':
      return floatWriter(block)
    case 'varchar':
    case 'json':
    case 'color': {
      assert(block.storage === 'bytes', `${type.kind} stored as ${block.storage}`)
      const { offsets, bytes } = block
      return (out, position) => out.utf8(bytes, offsets[position]!, offsets[position + 1]!)
    }
    case 'bingtile': {
      const read = bigintReader(block)
      return (out, position) => out.ascii(JSON.stringify(decodeTile(read(position))))
    }
    case 'kdbtree': {
      const read = utf8Reader(block)
      return (out, position) => out.ascii(read(position))
    }
    case 'char': {
      const read = utf8Reader(block)
      return (out, position) => out.string(padChar(read(position), type.length))
    }
    case 'array':
      return arrayWriter(block, parametricDatetime)
    case 'map':
      return mapWriter(block, parametricDatetime)
    case 'row':
      return rowWriter(block, parametricDatetime)
    default: {
      const read = textReader(block, type, !parametricDatetime)
      if (read !== undefined) return (out, position) => out.quotedAscii(read(position))
      assert(block.storage === 'bytes', `${type.kind} stored as ${block.storage}`)
      const { offsets, bytes } = block
      return (out, position) => out.base64(bytes, offsets[position]!, offsets[position + 1]!)
    }
  }
}

function integerWriter(block: FlatBlock): JsonWriter {
  if (isIntegerBlock(block) && isSafeIntegerBlock(block)) {
    const read = numberReader(block)
    return (out, position) => out.integer(read(position))
  }
  const read = bigintReader(block)
  return (out, position) => {
    const value = read(position)
    const number = Number(value)
    if (Number.isSafeInteger(number)) out.integer(number)
    else out.ascii(value.toString())
  }
}

function floatWriter(block: FlatBlock): JsonWriter {
  assert(block.storage === 'f64' || block.storage === 'f32', `floats stored as ${block.storage}`)
  const { values } = block
  const isReal = block.storage === 'f32'
  return (out, position) => {
    const value = values[position]!
    // The shortest text of a REAL may be shorter than that of its value.
    if (!isReal && out.hundredths(value)) return
    if (!Number.isFinite(value)) out.quotedAscii(String(value))
    else out.ascii(isReal ? javaRealText(value) : javaDoubleText(value))
  }
}

function arrayWriter(block: FlatBlock, parametricDatetime: boolean): JsonWriter {
  assert(block.storage === 'array', `array stored as ${block.storage}`)
  const { offsets } = block
  const write = jsonWriter(block.elements, parametricDatetime)
  return (out, position) => {
    out.byte(OPEN_ARRAY)
    const end = offsets[position + 1]!
    for (let i = offsets[position]!; i < end; i++) {
      if (i > offsets[position]!) out.byte(COMMA)
      write(out, i)
    }
    out.byte(CLOSE_ARRAY)
  }
}

function mapWriter(block: FlatBlock, parametricDatetime: boolean): JsonWriter {
  assert(block.storage === 'map', `map stored as ${block.storage}`)
  const { offsets } = block
  const readKey = mapKeyReader(block.keys)
  const write = jsonWriter(block.mapValues, parametricDatetime)
  return (out, position) => {
    out.byte(OPEN_OBJECT)
    const end = offsets[position + 1]!
    for (let i = offsets[position]!; i < end; i++) {
      if (i > offsets[position]!) out.byte(COMMA)
      out.string(readKey(i))
      out.byte(COLON)
      write(out, i)
    }
    out.byte(CLOSE_OBJECT)
  }
}

function rowWriter(block: FlatBlock, parametricDatetime: boolean): JsonWriter {
  assert(block.storage === 'row', `row stored as ${block.storage}`)
  const writers = block.fields.map((field) => jsonWriter(field, parametricDatetime))
  return (out, position) => writeCells(out, writers, position)
}

function writeCells(out: JsonBuffer, writers: readonly JsonWriter[], position: number): void {
  out.byte(OPEN_ARRAY)
  for (let channel = 0; channel < writers.length; channel++) {
    if (channel > 0) out.byte(COMMA)
    writers[channel]!(out, position)
  }
  out.byte(CLOSE_ARRAY)
}

/**
 * Appends rows of a page as JSON arrays, with commas between and before them unless the list is empty so far, until
 * the buffer holds `maxBytes` or the page ends. At least one row is written.
 * @returns the position of the first row not written.
 */
export function writeRows(
  out: JsonBuffer,
  page: Page,
  start: number,
  options: {
    readonly maxBytes: number
    readonly isFirst: boolean
    readonly parametricDatetime: boolean
  },
): number {
  const writers = page.blocks.map((block) => jsonWriter(block, options.parametricDatetime))
  let position = start
  do {
    if (position > start || !options.isFirst) out.byte(COMMA)
    writeCells(out, writers, position++)
  } while (position < page.rowCount && out.length < options.maxBytes)
  return position
}
