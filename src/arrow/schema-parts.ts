import { encapsulate, MessageType } from './batch-message.js'
import type { FlatBufferWriter } from './flatbuffer-writer.js'

/** Numbers of Arrow's Type union. @source Schema.fbs */
export const ArrowType = {
  null: 1,
  int: 2,
  floatingPoint: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  interval: 11,
  list: 12,
  struct: 13,
  fixedSizeBinary: 15,
  map: 17,
  duration: 18,
} as const

export const METADATA_V5 = 4
/** Of a field's metadata: the SQL type, as typeof() prints it. */
export const TYPE_KEY = 'millrace.type'
/** Of a field's metadata: what is more than its storage. @source Arrow columnar format, "Extension Types" */
export const EXTENSION_KEY = 'ARROW:extension:name'
export const UUID_EXTENSION = 'arrow.uuid'
export const JSON_EXTENSION = 'arrow.json'
/** Units of Arrow's Interval. @source Schema.fbs, IntervalUnit */
export const IntervalUnit = { yearMonth: 0, dayTime: 1, monthDayNano: 2 } as const

/** @param fields tables of Field */
export function schemaOf(writer: FlatBufferWriter, fields: readonly number[]): number {
  const vector = writer.references(fields)
  writer.startTable(4)
  writer.reference(1, vector)
  return writer.endTable()
}

/** The message around a schema, with its prefix. Ends the writer. */
export function encapsulatedSchema(writer: FlatBufferWriter, schema: number): Uint8Array {
  writer.startTable(5)
  writer.int64(3, 0n)
  writer.reference(2, schema)
  writer.int16(0, METADATA_V5)
  writer.int8(1, MessageType.schema)
  return encapsulate(writer.finish(writer.endTable()))
}

/** The struct of keys and values that a map's child is. @param fields of the key and the value */
export function entriesField(writer: FlatBufferWriter, fields: readonly number[]): number {
  const children = writer.references(fields)
  const text = writer.text('entries')
  writer.startTable(0)
  const struct = writer.endTable()
  writer.startTable(7)
  writer.reference(0, text)
  writer.reference(3, struct)
  writer.reference(5, children)
  writer.int8(2, ArrowType.struct)
  return writer.endTable()
}

export function keyValue(writer: FlatBufferWriter, key: string, value: string): number {
  const texts = [writer.text(key), writer.text(value)] as const
  writer.startTable(2)
  writer.reference(0, texts[0])
  writer.reference(1, texts[1])
  return writer.endTable()
}
