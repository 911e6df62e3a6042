import { INTEGER, type SqlType, type TemporalType, typeName, VARCHAR } from '../spi/index.js'
import { arrowForm, hasPicoseconds, INSTANT_PARTS, timeDigits } from './arrow-form.js'
import { FlatBufferWriter } from './flatbuffer-writer.js'
import type { ArrowColumn } from './ipc-writer.js'
import {
  ArrowType,
  EXTENSION_KEY,
  encapsulatedSchema,
  entriesField,
  IntervalUnit,
  JSON_EXTENSION,
  keyValue,
  schemaOf,
  TYPE_KEY,
  UUID_EXTENSION,
} from './schema-parts.js'

/** Arrow's units of time. @source Schema.fbs, TimeUnit */
const TimeUnit = { millisecond: 1, microsecond: 2, nanosecond: 3 } as const
const INTEGER_BITS = { tinyint: 8, smallint: 16, integer: 32, bigint: 64 } as const

/** The schema message of columns: the Arrow types that `.arrow()` has, SQL's type in the metadata of the field. */
export function schemaMessage(columns: readonly ArrowColumn[]): Uint8Array {
  const writer = new FlatBufferWriter()
  return encapsulatedSchema(writer, writeSchema(writer, columns))
}

export function writeSchema(writer: FlatBufferWriter, columns: readonly ArrowColumn[]): number {
  return schemaOf(
    writer,
    columns.map(({ name, type }) => writeField(writer, name, type, true)),
  )
}

function writeField(
  writer: FlatBufferWriter,
  name: string,
  type: SqlType,
  isNullable: boolean,
): number {
  const children = writer.references(writeChildren(writer, type))
  const text = writer.text(name)
  const metadata = writer.references(writeMetadata(writer, type))
  return endField(writer, { text, children, metadata, ...writeType(writer, type) }, isNullable)
}

interface FieldParts extends WrittenType {
  readonly text: number
  readonly children: number
  readonly metadata: number
}

function endField(
  writer: FlatBufferWriter,
  { text, children, metadata, number, table }: FieldParts,
  isNullable: boolean,
): number {
  writer.startTable(7)
  writer.reference(0, text)
  writer.reference(3, table)
  writer.reference(5, children)
  writer.reference(6, metadata)
  if (isNullable) writer.int8(1, 1)
  writer.int8(2, number)
  return writer.endTable()
}

function writeMetadata(writer: FlatBufferWriter, type: SqlType): number[] {
  const extension = EXTENSIONS[type.kind]
  const declared = keyValue(writer, TYPE_KEY, typeName(type))
  return extension === undefined
    ? [declared]
    : [declared, keyValue(writer, EXTENSION_KEY, extension)]
}

const EXTENSIONS: Partial<Record<SqlType['kind'], string>> = {
  uuid: UUID_EXTENSION,
  json: JSON_EXTENSION,
}

function writeChildren(writer: FlatBufferWriter, type: SqlType): number[] {
  switch (type.kind) {
    case 'array':
      return [writeField(writer, 'item', type.element, true)]
    case 'row':
      return type.fields.map((field, i) =>
        writeField(writer, field.name ?? `field${i}`, field.type, true),
      )
    case 'map':
      return [writeEntries(writer, type.key, type.value)]
    case 'timestamp with time zone':
      return writeInstantParts(writer, type)
    default:
      return []
  }
}

function writeEntries(writer: FlatBufferWriter, key: SqlType, value: SqlType): number {
  return entriesField(writer, [
    writeField(writer, 'key', key, false),
    writeField(writer, 'value', value, true),
  ])
}

function writeInstantParts(writer: FlatBufferWriter, type: TemporalType): number[] {
  const text = writer.text(INSTANT_PARTS.utc)
  const none = writer.references([])
  const zone = writer.text('UTC')
  writer.startTable(2)
  writer.int16(0, TimeUnit.microsecond)
  writer.reference(1, zone)
  const instant = { number: ArrowType.timestamp, table: writer.endTable() }
  const parts = [endField(writer, { text, children: none, metadata: none, ...instant }, true)]
  if (hasPicoseconds(type)) {
    parts.push(writeField(writer, INSTANT_PARTS.picoseconds, INTEGER, true))
  }
  return [...parts, writeField(writer, INSTANT_PARTS.zone, VARCHAR, true)]
}

interface WrittenType {
  readonly number: number
  readonly table: number
}

function writeType(writer: FlatBufferWriter, type: SqlType): WrittenType {
  /** A table whose only field is a number of 16 bits. */
  const unit = (number: number, value: number): WrittenType => {
    writer.startTable(2)
    writer.int16(0, value)
    return { number, table: writer.endTable() }
  }
  const empty = (number: number): WrittenType => {
    writer.startTable(0)
    return { number, table: writer.endTable() }
  }
  switch (type.kind) {
    case 'unknown':
      return empty(ArrowType.null)
    case 'boolean':
      return empty(ArrowType.bool)
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      writer.startTable(2)
      writer.int32(0, INTEGER_BITS[type.kind])
      writer.int8(1, 1)
      return { number: ArrowType.int, table: writer.endTable() }
    case 'real':
      return unit(ArrowType.floatingPoint, 1)
    case 'double':
      return unit(ArrowType.floatingPoint, 2)
    case 'decimal':
      writer.startTable(3)
      writer.int32(0, type.precision)
      writer.int32(1, type.scale)
      writer.int32(2, 128)
      return { number: ArrowType.decimal, table: writer.endTable() }
    case 'date':
      // Zero is not the default of the unit, and it is what days are.
      return unit(ArrowType.date, 0)
    case 'timestamp':
      return type.precision <= 6
        ? unit(ArrowType.timestamp, TimeUnit.microsecond)
        : empty(ArrowType.utf8)
    case 'array':
      return empty(ArrowType.list)
    case 'row':
      return empty(ArrowType.struct)
    case 'map':
      return empty(ArrowType.map)
    default:
      return writeForm(writer, type, { unit, empty })
  }
}

interface TypeTables {
  readonly unit: (number: number, value: number) => WrittenType
  readonly empty: (number: number) => WrittenType
}

function writeForm(
  writer: FlatBufferWriter,
  type: SqlType,
  { unit, empty }: TypeTables,
): WrittenType {
  switch (arrowForm(type)) {
    case 'time':
      writer.startTable(2)
      writer.int32(1, 64)
      writer.int16(
        0,
        timeDigits(type as TemporalType) === 6 ? TimeUnit.microsecond : TimeUnit.nanosecond,
      )
      return { number: ArrowType.time, table: writer.endTable() }
    case 'instant':
      return empty(ArrowType.struct)
    case 'duration':
      return unit(ArrowType.duration, TimeUnit.millisecond)
    case 'months':
      return unit(ArrowType.interval, IntervalUnit.monthDayNano)
    case 'uuid':
      writer.startTable(1)
      writer.int32(0, 16)
      return { number: ArrowType.fixedSizeBinary, table: writer.endTable() }
    case 'bytes':
      return empty(ArrowType.binary)
    case 'text':
      return empty(ArrowType.utf8)
  }
}
