import { FlatBufferWriter } from '../../arrow/flatbuffer-writer.js'
import {
  ArrowType,
  encapsulatedSchema,
  entriesField,
  keyValue,
  schemaOf,
  TYPE_KEY,
} from '../../arrow/schema-parts.js'
import { isText, type SqlType, typeName } from '../../spi/index.js'
import type { Layout, PageLayout } from './page-layout.js'

const FLOAT_BITS = { f32: 1, f64: 2 } as const
const INTEGER_BITS = { i8: 8, i16: 16, i32: 32, i64: 64 } as const
/** Of a field's metadata: how its values are to be read where Arrow's type doesn't say. */
const STORAGE_KEY = 'millrace.storage'

/** The schema of the batches of a layout: of the columns that vary, or of those that are constant. */
export function schemaMessage(layout: PageLayout, constants: boolean): Uint8Array {
  const writer = new FlatBufferWriter()
  const fields = layout.columns.flatMap((column, channel) =>
    column.isConstant === constants
      ? [writeField(writer, `c${channel}`, layout.types[channel]!, column.layout)]
      : [],
  )
  if (layout.hasChanges && !constants) {
    fields.push(writeField(writer, 'changes', { kind: 'tinyint' }, { storage: 'i8', parts: [] }))
  }
  return encapsulatedSchema(writer, schemaOf(writer, fields))
}

function writeField(writer: FlatBufferWriter, name: string, type: SqlType, layout: Layout): number {
  const values = layout.storage === 'codes' ? layout.parts[0]! : layout
  const parts = writeParts(writer, type, values)
  const children = writer.references(parts)
  const text = writer.text(name)
  const metadata = writer.references([
    keyValue(writer, TYPE_KEY, typeName(type)),
    keyValue(writer, STORAGE_KEY, values.storage),
  ])
  const { number, table } = writeType(writer, type, values)
  const dictionary = layout.storage === 'codes' ? writeDictionary(writer, layout) : 0
  writer.startTable(7)
  writer.reference(0, text)
  writer.reference(3, table)
  if (dictionary !== 0) writer.reference(4, dictionary)
  writer.reference(5, children)
  writer.reference(6, metadata)
  writer.int8(1, 1)
  writer.int8(2, number)
  return writer.endTable()
}

function writeParts(writer: FlatBufferWriter, type: SqlType, { storage, parts }: Layout): number[] {
  if (storage === 'array' && type.kind === 'array') {
    return [writeField(writer, 'item', type.element, parts[0]!)]
  }
  if (storage === 'row' && type.kind === 'row') {
    return type.fields.map((field, i) =>
      writeField(writer, field.name ?? `field${i}`, field.type, parts[i]!),
    )
  }
  return storage === 'map' && type.kind === 'map' ? [writeEntries(writer, type, parts)] : []
}

/** The struct of keys and values that a map's child is. */
function writeEntries(
  writer: FlatBufferWriter,
  type: Extract<SqlType, { kind: 'map' }>,
  parts: readonly Layout[],
): number {
  return entriesField(writer, [
    writeField(writer, 'key', type.key, parts[0]!),
    writeField(writer, 'value', type.value, parts[1]!),
  ])
}

function writeDictionary(
  writer: FlatBufferWriter,
  { width, dictionary }: Extract<Layout, { storage: 'codes' }>,
): number {
  const index = writeInt(writer, width * 8, width === 4)
  writer.startTable(4)
  writer.int64(0, BigInt(dictionary))
  writer.reference(1, index)
  return writer.endTable()
}

function writeInt(writer: FlatBufferWriter, bits: number, isSigned: boolean): number {
  writer.startTable(2)
  writer.int32(0, bits)
  if (isSigned) writer.int8(1, 1)
  return writer.endTable()
}

function writeType(
  writer: FlatBufferWriter,
  type: SqlType,
  layout: Layout,
): { readonly number: number; readonly table: number } {
  const empty = (): number => {
    writer.startTable(0)
    return writer.endTable()
  }
  switch (layout.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return { number: ArrowType.int, table: writeInt(writer, INTEGER_BITS[layout.storage], true) }
    case 'bool':
      return { number: ArrowType.int, table: writeInt(writer, 8, false) }
    case 'f32':
    case 'f64':
      writer.startTable(1)
      writer.int16(0, FLOAT_BITS[layout.storage])
      return { number: ArrowType.floatingPoint, table: writer.endTable() }
    case 'fixed16':
      if (type.kind === 'decimal') {
        writer.startTable(3)
        writer.int32(0, type.precision)
        writer.int32(1, type.scale)
        writer.int32(2, 128)
        return { number: ArrowType.decimal, table: writer.endTable() }
      }
      writer.startTable(1)
      writer.int32(0, 16)
      return { number: ArrowType.fixedSizeBinary, table: writer.endTable() }
    case 'bytes':
      return { number: isText(type) ? ArrowType.utf8 : ArrowType.binary, table: empty() }
    case 'array':
      return { number: ArrowType.list, table: empty() }
    case 'map':
      writer.startTable(1)
      return { number: ArrowType.map, table: writer.endTable() }
    case 'row':
      return { number: ArrowType.struct, table: empty() }
    case 'null':
    case 'codes':
      return { number: ArrowType.null, table: empty() }
  }
}
