import {
  type Block,
  type Bounds,
  type BytesBlock,
  createBlockBuilder,
  heapArena,
  narrowIntegerBlock,
  type SqlType,
  typeName,
  type Validity,
  type Value,
  valueConverter,
} from '../../../spi/index.js'
import {
  NO_NUMBER,
  readBigInteger,
  readDate,
  readDouble,
  readInteger,
  readTimestampMicros,
} from './field-numbers.js'
import type { CsvTokenizer } from './tokenizer.js'

const BLANK = 0x20
const MAX_BLOCK_BYTES = 0x7fff_ffff

/** The fields of one slot of the tokenizer. */
export interface Fields {
  readonly bytes: Uint8Array
  readonly tokens: CsvTokenizer
  readonly slot: number
  /** Whether all bytes are ASCII. */
  readonly isAscii: boolean
}

/** A field that is no value of its column's type. */
export class FieldError extends Error {
  readonly row: number
  constructor(message: string, row: number) {
    super(message)
    this.row = row
  }
}

/** Makes a block of the fields of all rows. @throws FieldError for the first that is no value of the type */
export type ColumnReader = (fields: Fields) => Block

/** @param nullBytes what stands for NULL where it is not in quotes, besides nothing */
export function columnReader(type: SqlType, nullBytes: Uint8Array | undefined): ColumnReader {
  switch (type.kind) {
    case 'varchar':
      return type.length === undefined
        ? (fields) => textBlock(fields, type, nullBytes)
        : convertedColumn(type, nullBytes)
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return integerColumn(type, nullBytes, readInteger)
    case 'date':
      return integerColumn(type, nullBytes, readDate)
    case 'timestamp':
      return type.precision <= 6
        ? integerColumn(type, nullBytes, readTimestampMicros)
        : convertedColumn(type, nullBytes)
    case 'double':
    case 'real':
      return floatColumn(type, nullBytes)
    case 'boolean':
      return booleanColumn(type, nullBytes)
    default:
      return convertedColumn(type, nullBytes)
  }
}

interface Field {
  start: number
  end: number
}

/** Whether a field is NULL for a type whose values are never empty; its place without blanks around it goes to `field`. */
function isAbsent(
  fields: Fields,
  row: number,
  nullBytes: Uint8Array | undefined,
  field: Field,
): boolean {
  const { bytes, tokens, slot } = fields
  const at = row * tokens.slotCount + slot
  let start = tokens.starts[at]!
  const rawEnd = tokens.ends[at]!
  let end = rawEnd < 0 ? ~rawEnd : rawEnd
  if (nullBytes !== undefined && isNullText(fields, start, end, nullBytes)) return true
  while (start < end && bytes[start] === BLANK) start++
  while (end > start && bytes[end - 1] === BLANK) end--
  field.start = start
  field.end = end
  return start === end
}

function isNullText(fields: Fields, start: number, end: number, nullBytes: Uint8Array): boolean {
  const { bytes } = fields
  if (end - start !== nullBytes.length || isQuoted(fields, start)) return false
  for (let i = 0; i < nullBytes.length; i++) if (bytes[start + i] !== nullBytes[i]) return false
  return true
}

const isQuoted = ({ bytes, tokens }: Fields, start: number): boolean =>
  start > 0 && bytes[start - 1] === tokens.quote

/** A text of a field, for messages and types that are rare. */
function fieldText(fields: Fields, row: number): string {
  const { bytes, tokens, slot } = fields
  const at = row * tokens.slotCount + slot
  const start = tokens.starts[at]!
  const end = tokens.ends[at]!
  if (end < 0) {
    const text = Buffer.alloc(~end - start)
    return text.toString('utf8', 0, copyUnescaped(fields, start, ~end, text, 0))
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

const MESSAGE_TEXT_MAX = 100

function noValue(fields: Fields, row: number, type: SqlType): FieldError {
  const text = fieldText(fields, row)
  const shown = text.length > MESSAGE_TEXT_MAX ? `${text.slice(0, MESSAGE_TEXT_MAX)}…` : text
  return new FieldError(`is no ${typeName(type)}: '${shown}'`, row)
}

/** Collects which rows are not null. */
class Nulls {
  #bits: Uint8Array | null = null
  readonly #rowCount: number
  constructor(rowCount: number) {
    this.#rowCount = rowCount
  }
  set(row: number): void {
    if (this.#bits === null) {
      this.#bits = new Uint8Array((this.#rowCount + 7) >> 3).fill(0xff)
      const rest = this.#rowCount & 7
      if (rest !== 0) this.#bits[this.#bits.length - 1] = (1 << rest) - 1
    }
    this.#bits[row >> 3]! &= ~(1 << (row & 7))
  }
  get validity(): Validity {
    return this.#bits
  }
}

const RANGES: Readonly<Partial<Record<SqlType['kind'], Bounds>>> = {
  tinyint: { min: -0x80, max: 0x7f },
  smallint: { min: -0x8000, max: 0x7fff },
  integer: { min: -0x8000_0000, max: 0x7fff_ffff },
}

function integerColumn(
  type: SqlType,
  nullBytes: Uint8Array | undefined,
  read: (bytes: Uint8Array, start: number, end: number) => number,
): ColumnReader {
  const range = RANGES[type.kind] ?? {
    min: Number.MIN_SAFE_INTEGER,
    max: Number.MAX_SAFE_INTEGER,
  }
  const convertAll = convertedColumn(type, nullBytes)
  let values = new Float64Array(0)
  const field: Field = { start: 0, end: 0 }
  return (fields) => {
    const { rowCount } = fields.tokens
    if (values.length < rowCount) values = new Float64Array(fields.tokens.rowCountMax)
    const nulls = new Nulls(rowCount)
    let [min, max, last] = [
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]
    let ascending = true
    for (let row = 0; row < rowCount; row++) {
      if (isAbsent(fields, row, nullBytes, field)) {
        nulls.set(row)
        values[row] = 0
        continue
      }
      const value = read(fields.bytes, field.start, field.end)
      if (!(value >= range.min && value <= range.max)) {
        if (type.kind === 'bigint') return wideColumn(fields, type, nullBytes)
        // Microseconds of years before 1685 and after 2255 are no exact numbers.
        if (type.kind === 'timestamp' && Number.isFinite(value)) return convertAll(fields)
        throw noValue(fields, row, type)
      }
      values[row] = value
      if (value < min) min = value
      if (value > max) max = value
      if (value < last) ascending = false
      last = value
    }
    const bounds = min <= max ? { min, max } : undefined
    const { validity } = nulls
    return narrowIntegerBlock(type, values, rowCount, validity, bounds, ascending, heapArena())
  }
}

/** BIGINTs of which some have more than 15 digits. */
function wideColumn(fields: Fields, type: SqlType, nullBytes: Uint8Array | undefined): Block {
  const builder = createBlockBuilder(type)
  const field: Field = { start: 0, end: 0 }
  for (let row = 0; row < fields.tokens.rowCount; row++) {
    if (isAbsent(fields, row, nullBytes, field)) {
      builder.appendNull()
      continue
    }
    const value = readBigInteger(fields.bytes, field.start, field.end)
    if (value === undefined || BigInt.asIntN(64, value) !== value) {
      throw noValue(fields, row, type)
    }
    builder.append(value)
  }
  return builder.build()
}

function floatColumn(type: SqlType, nullBytes: Uint8Array | undefined): ColumnReader {
  const field: Field = { start: 0, end: 0 }
  return (fields) => {
    const { rowCount } = fields.tokens
    const values = type.kind === 'real' ? new Float32Array(rowCount) : new Float64Array(rowCount)
    const nulls = new Nulls(rowCount)
    for (let row = 0; row < rowCount; row++) {
      if (isAbsent(fields, row, nullBytes, field)) {
        nulls.set(row)
        continue
      }
      const value = readDouble(fields.bytes, field.start, field.end)
      if (value === NO_NUMBER) throw noValue(fields, row, type)
      values[row] = value
    }
    const { validity } = nulls
    const storage = type.kind === 'real' ? 'f32' : 'f64'
    return { type, rowCount, encoding: 'flat', storage, validity, values }
  }
}

function booleanColumn(type: SqlType, nullBytes: Uint8Array | undefined): ColumnReader {
  const field: Field = { start: 0, end: 0 }
  return (fields) => {
    const { rowCount } = fields.tokens
    const values = new Uint8Array(rowCount)
    const nulls = new Nulls(rowCount)
    for (let row = 0; row < rowCount; row++) {
      if (isAbsent(fields, row, nullBytes, field)) {
        nulls.set(row)
        continue
      }
      switch (fieldText(fields, row).trim().toLowerCase()) {
        case 'true':
          values[row] = 1
          break
        case 'false':
          break
        default:
          throw noValue(fields, row, type)
      }
    }
    const { validity } = nulls
    return { type, rowCount, encoding: 'flat', storage: 'bool', validity, values }
  }
}

/** Types that are rare in text files, through their text. */
function convertedColumn(type: SqlType, nullBytes: Uint8Array | undefined): ColumnReader {
  const convert = valueConverter(type)
  const isText = type.kind === 'varchar' || type.kind === 'char' || type.kind === 'varbinary'
  const field: Field = { start: 0, end: 0 }
  return (fields) => {
    const builder = createBlockBuilder(type)
    const { tokens, slot } = fields
    for (let row = 0; row < tokens.rowCount; row++) {
      const quotedText = isText && isQuoted(fields, tokens.starts[row * tokens.slotCount + slot]!)
      if (isAbsent(fields, row, nullBytes, field) && !quotedText) {
        builder.appendNull()
        continue
      }
      const text = fieldText(fields, row)
      let value: Value
      try {
        value = convert(
          type.kind === 'varbinary' ? Buffer.from(text, 'hex') : isText ? text : text.trim(),
        )
      } catch {
        // What the converter says lacks the place, which is what counts.
        throw noValue(fields, row, type)
      }
      builder.append(value)
    }
    return builder.build()
  }
}

function textBlock(fields: Fields, type: SqlType, nullBytes: Uint8Array | undefined): BytesBlock {
  const { bytes, tokens, slot, isAscii } = fields
  const { rowCount, starts, ends, slotCount } = tokens
  const offsets = new Int32Array(rowCount + 1)
  const nulls = new Nulls(rowCount)
  let total = 0
  for (let row = 0, at = slot; row < rowCount; row++, at += slotCount) {
    const end = ends[at]!
    total += (end < 0 ? ~end : end) - starts[at]!
  }
  const target = new Uint8Array(Math.min(total, MAX_BLOCK_BYTES))
  let count = 0
  for (let row = 0, at = slot; row < rowCount; row++, at += slotCount) {
    const start = starts[at]!
    const end = ends[at]!
    if (end < 0) count = copyUnescaped(fields, start, ~end, target, count)
    else if (end === start) {
      if (!isQuoted(fields, start)) nulls.set(row)
    } else if (nullBytes !== undefined && isNullText(fields, start, end, nullBytes)) nulls.set(row)
    else if (end - start > 24) {
      target.set(bytes.subarray(start, end), count)
      count += end - start
    } else for (let p = start; p < end; p++) target[count++] = bytes[p]!
    offsets[row + 1] = count
  }
  return {
    type,
    rowCount,
    encoding: 'flat',
    storage: 'bytes',
    validity: nulls.validity,
    offsets,
    bytes: target.subarray(0, count),
    ascii: isAscii,
  }
}

/** Copies a field without its escapes: a doubled quote is one that is its own. @returns where the copy ends */
function copyUnescaped(
  { bytes, tokens }: Fields,
  start: number,
  end: number,
  target: Uint8Array,
  from: number,
): number {
  let count = from
  for (let p = start; p < end; p++) {
    if (bytes[p] === tokens.escape && p + 1 < end) p++
    target[count++] = bytes[p]!
  }
  return count
}
