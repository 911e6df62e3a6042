import {
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Map_,
  makeData,
  Null,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow'
import { assert, type FlatBlock, flatten, isNull, type Page, type SqlType } from '../spi/index.js'
import type { ResultColumn } from './result-column.js'
import { bigintReader, numberReader } from './values/integer-reader.js'
import { textReader, utf8Reader } from './values/text-reader.js'

export type { RecordBatch }

/**
 * Makes an Arrow record batch of a page that is the caller's. DECIMAL is decimal128, DATE date32, TIMESTAMP up to
 * microseconds timestamp[us]; what Arrow has no type for (zoned times, picoseconds, intervals, UUID …) is its text.
 */
export function toRecordBatch(page: Page, columns: readonly ResultColumn[]): RecordBatch {
  const schema = arrowSchema(columns)
  const { fields } = schema
  const children = page.blocks.map((block) => toData(flatten(block)))
  const type = new Struct(fields)
  const data = makeData({ type, length: page.rowCount, nullCount: 0, children })
  return new RecordBatch(schema, data)
}

const arrowSchema = (columns: readonly ResultColumn[]): Schema =>
  new Schema(columns.map(({ name, type }) => new Field(name, arrowType(type), true)))

/** Writes batches as Arrow IPC: a stream, or a file that can be read from any place of it. */
export function arrowWriter(
  kind: 'stream' | 'file',
  columns: readonly ResultColumn[],
  output: { write(bytes: Uint8Array): Promise<void> },
): { append(page: Page): Promise<void>; finish(): Promise<void> } {
  const schema = arrowSchema(columns)
  const writer = kind === 'stream' ? new StreamBytes() : new FileBytes()
  // An empty result has a schema too.
  writer.reset(undefined, schema)
  return {
    async append(page) {
      writer.write(toRecordBatch(page, columns))
      await output.write(writer.taken())
    },
    async finish() {
      writer.finish()
      await output.write(writer.taken())
    },
  }
}

/** The writers of apache-arrow, but for their queue: its bytes are taken after each batch, so that none pile up. */
class StreamBytes extends RecordBatchStreamWriter {
  #chunks: Uint8Array[] = []

  protected override _write(chunk: Uint8Array): this {
    this._position += addChunk(this.#chunks, chunk)
    return this
  }
  taken(): Uint8Array {
    return Buffer.concat(this.#chunks.splice(0))
  }
}
class FileBytes extends RecordBatchFileWriter {
  #chunks: Uint8Array[] = []

  protected override _write(chunk: Uint8Array): this {
    this._position += addChunk(this.#chunks, chunk)
    return this
  }
  taken(): Uint8Array {
    return Buffer.concat(this.#chunks.splice(0))
  }
}

/** Keeps a chunk, whatever kind of array or view its writer uses. @returns its bytes */
function addChunk(chunks: Uint8Array[], chunk: unknown): number {
  const view =
    typeof chunk === 'string'
      ? Buffer.from(chunk)
      : ArrayBuffer.isView(chunk)
        ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : undefined
  assert(view !== undefined)
  if (view.byteLength > 0) chunks.push(view)
  return view.byteLength
}

function arrowType(type: SqlType): DataType {
  switch (type.kind) {
    case 'unknown':
      return new Null()
    case 'boolean':
      return new Bool()
    case 'tinyint':
      return new Int8()
    case 'smallint':
      return new Int16()
    case 'integer':
      return new Int32()
    case 'bigint':
      return new Int64()
    case 'real':
      return new Float32()
    case 'double':
      return new Float64()
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128)
    case 'date':
      return new DateDay()
    case 'timestamp':
      return type.precision <= 6 ? new TimestampMicrosecond() : new Utf8()
    case 'array':
      return new List(new Field('item', arrowType(type.element), true))
    case 'map':
      return new Map_(entriesField(type.key, type.value))
    case 'row':
      return new Struct(
        type.fields.map(
          (field, i) => new Field(field.name ?? `field${i}`, arrowType(field.type), true),
        ),
      )
    default:
      return isBytes(type) ? new Binary() : new Utf8()
  }
}

const isBytes = (type: SqlType): boolean =>
  type.kind === 'varbinary' ||
  type.kind === 'hyperloglog' ||
  type.kind === 'p4hyperloglog' ||
  type.kind === 'setdigest' ||
  type.kind === 'objectid' ||
  type.kind === 'tdigest' ||
  type.kind === 'qdigest'

type Entries = Struct<{ key: DataType; value: DataType }>

const entriesType = (key: SqlType, value: SqlType): Entries =>
  new Struct<{ key: DataType; value: DataType }>([
    new Field('key', arrowType(key), false),
    new Field('value', arrowType(value), true),
  ])

const entriesField = (key: SqlType, value: SqlType): Field<Entries> =>
  new Field('entries', entriesType(key, value), false)

interface Validity {
  readonly length: number
  readonly nullCount: number
  readonly nullBitmap: Uint8Array | null
}

function validityOf(block: FlatBlock): Validity {
  const length = block.rowCount
  const nullBitmap = new Uint8Array(Math.ceil(length / 8))
  let nullCount = 0
  for (let i = 0; i < length; i++) {
    if (isNull(block, i)) nullCount++
    else nullBitmap[i >> 3] = nullBitmap[i >> 3]! | (1 << (i & 7))
  }
  return { length, nullCount, nullBitmap: nullCount === 0 ? null : nullBitmap }
}

/** Fills a typed array with the values of the positions that are not null. */
function fill<A extends { [position: number]: V }, V>(
  array: A,
  block: FlatBlock,
  read: (position: number) => V,
): A {
  for (let i = 0; i < block.rowCount; i++) if (!isNull(block, i)) array[i] = read(i)
  return array
}

/** The Arrow buffers of a flat block. */
function toData(block: FlatBlock): Data {
  const { type, rowCount } = block
  const validity = validityOf(block)
  if (block.storage === 'null') return emptyData(arrowType(type), validity)
  switch (type.kind) {
    case 'boolean': {
      assert(block.storage === 'bool')
      const data = new Uint8Array(Math.ceil(rowCount / 8))
      for (let i = 0; i < rowCount; i++) {
        if (block.values[i] === 1) data[i >> 3] = data[i >> 3]! | (1 << (i & 7))
      }
      return makeData({ type: new Bool(), ...validity, data })
    }
    case 'tinyint': {
      const data = fill(new Int8Array(rowCount), block, numberReader(block))
      return makeData({ type: new Int8(), ...validity, data })
    }
    case 'smallint': {
      const data = fill(new Int16Array(rowCount), block, numberReader(block))
      return makeData({ type: new Int16(), ...validity, data })
    }
    case 'integer':
    case 'date': {
      const data = fill(new Int32Array(rowCount), block, numberReader(block))
      return type.kind === 'date'
        ? makeData({ type: new DateDay(), ...validity, data })
        : makeData({ type: new Int32(), ...validity, data })
    }
    case 'bigint': {
      const data = fill(new BigInt64Array(rowCount), block, bigintReader(block))
      return makeData({ type: new Int64(), ...validity, data })
    }
    case 'real':
      assert(block.storage === 'f32')
      return makeData({ type: new Float32(), ...validity, data: Float32Array.from(block.values) })
    case 'double':
      assert(block.storage === 'f64')
      return makeData({ type: new Float64(), ...validity, data: Float64Array.from(block.values) })
    case 'decimal':
      return decimalData(block, new Decimal(type.scale, type.precision, 128), validity)
    case 'timestamp':
      if (type.precision <= 6) {
        const data = fill(new BigInt64Array(rowCount), block, bigintReader(block))
        return makeData({ type: new TimestampMicrosecond(), ...validity, data })
      }
      return textData(block, validity)
    case 'array':
    case 'map':
    case 'row':
      return nestedData(block, validity)
    default:
      return isBytes(type) ? bytesData(block, validity) : textData(block, validity)
  }
}

/** Every position null: buffers that nobody reads, of the lengths that the type wants. */
const emptyData = (type: DataType, { length, nullBitmap }: Validity): Data =>
  makeData({ type: new Null(), length }).clone(type, 0, length, length, [
    new Int32Array(length + 1),
    new Uint8Array(length * 16),
    nullBitmap ?? new Uint8Array(Math.ceil(length / 8)),
    new Int32Array(0),
  ])

function decimalData(block: FlatBlock, type: Decimal, validity: Validity): Data {
  const words = new BigInt64Array(block.rowCount * 2)
  const read = bigintReader(block)
  for (let i = 0; i < block.rowCount; i++) {
    if (isNull(block, i)) continue
    const value = read(i)
    words[2 * i] = BigInt.asIntN(64, value)
    words[2 * i + 1] = value >> 64n
  }
  return makeData({ type, ...validity, data: new Uint32Array(words.buffer) })
}

function bytesData(block: FlatBlock, validity: Validity): Data {
  assert(block.storage === 'bytes')
  const first = block.offsets[0]!
  const valueOffsets = block.offsets.slice(0, block.rowCount + 1).map((offset) => offset - first)
  const data = block.bytes.slice(first, block.offsets[block.rowCount]!)
  return makeData({ type: new Binary(), ...validity, valueOffsets, data })
}

function textData(block: FlatBlock, validity: Validity): Data {
  const { type, rowCount } = block
  const read = textReader(block, type, false) ?? utf8Reader(block)
  const valueOffsets = new Int32Array(rowCount + 1)
  const parts: Buffer[] = []
  for (let i = 0; i < rowCount; i++) {
    const part = isNull(block, i) ? Buffer.alloc(0) : Buffer.from(read(i))
    parts.push(part)
    valueOffsets[i + 1] = valueOffsets[i]! + part.length
  }
  return makeData({
    type: new Utf8(),
    ...validity,
    valueOffsets,
    data: new Uint8Array(Buffer.concat(parts)),
  })
}

function nestedData(block: FlatBlock, validity: Validity): Data {
  const { type } = block
  if (block.storage === 'row') {
    const children = block.fields.map((field) => toData(flatten(field)))
    return makeData({ type: arrowType(type) as Struct, ...validity, children })
  }
  if (block.storage === 'map' && type.kind === 'map') {
    const keys = flatten(block.keys)
    const entries = makeData({
      type: entriesType(type.key, type.value),
      length: keys.rowCount,
      nullCount: 0,
      children: [toData(keys), toData(flatten(block.mapValues))],
    })
    const valueOffsets = block.offsets.slice()
    return makeData({ type: arrowType(type) as Map_, ...validity, valueOffsets, child: entries })
  }
  assert(block.storage === 'array', `${type.kind} stored as ${block.storage}`)
  return makeData({
    type: arrowType(type) as List,
    ...validity,
    valueOffsets: block.offsets.slice(),
    child: toData(flatten(block.elements)),
  })
}
