import { ParquetFormatError } from './format-error.js'
import { ThriftReader } from './thrift-reader.js'

/** The structures of parquet.thrift, as far as they are read. @source https://github.com/apache/parquet-format */

export const PHYSICAL_TYPES = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const
export type PhysicalType = (typeof PHYSICAL_TYPES)[number]

export const REPETITIONS = ['REQUIRED', 'OPTIONAL', 'REPEATED'] as const
export type Repetition = (typeof REPETITIONS)[number]

export const CODECS = [
  'UNCOMPRESSED',
  'SNAPPY',
  'GZIP',
  'LZO',
  'BROTLI',
  'LZ4',
  'ZSTD',
  'LZ4_RAW',
] as const
export type Codec = (typeof CODECS)[number]

export const ENCODINGS = [
  'PLAIN',
  'GROUP_VAR_INT',
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
] as const
export type Encoding = (typeof ENCODINGS)[number]

/** ConvertedType, the older annotation. */
export const CONVERTED_TYPES = [
  'UTF8',
  'MAP',
  'MAP_KEY_VALUE',
  'LIST',
  'ENUM',
  'DECIMAL',
  'DATE',
  'TIME_MILLIS',
  'TIME_MICROS',
  'TIMESTAMP_MILLIS',
  'TIMESTAMP_MICROS',
  'UINT_8',
  'UINT_16',
  'UINT_32',
  'UINT_64',
  'INT_8',
  'INT_16',
  'INT_32',
  'INT_64',
  'JSON',
  'BSON',
  'INTERVAL',
] as const
export type ConvertedType = (typeof CONVERTED_TYPES)[number]

export type TimeUnit = 'MILLIS' | 'MICROS' | 'NANOS'

export type LogicalType =
  | {
      readonly kind:
        | 'STRING'
        | 'MAP'
        | 'LIST'
        | 'ENUM'
        | 'DATE'
        | 'UNKNOWN'
        | 'JSON'
        | 'BSON'
        | 'UUID'
        | 'FLOAT16'
        | 'OTHER'
    }
  | { readonly kind: 'DECIMAL'; readonly scale: number; readonly precision: number }
  | { readonly kind: 'TIME' | 'TIMESTAMP'; readonly unit: TimeUnit; readonly isUtc: boolean }
  | { readonly kind: 'INTEGER'; readonly bitWidth: number; readonly isSigned: boolean }

export interface SchemaElement {
  readonly name: string
  readonly type: PhysicalType | undefined
  readonly typeLength: number
  readonly repetition: Repetition
  readonly childCount: number
  readonly convertedType: ConvertedType | undefined
  readonly scale: number
  readonly precision: number
  readonly logicalType: LogicalType | undefined
}

/** Plain encodings of values, without the lengths of byte arrays. */
export interface ChunkStatistics {
  readonly nullCount?: number
  readonly distinctCount?: number
  readonly min?: Uint8Array
  readonly max?: Uint8Array
  /** False: `min` and `max` are of the older fields, whose order was that of signed bytes. */
  readonly isOrdered: boolean
}

export interface ColumnChunk {
  readonly type: PhysicalType
  readonly path: readonly string[]
  readonly codec: Codec
  readonly valueCount: number
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  readonly dataPageOffset: number
  readonly dictionaryPageOffset?: number
  readonly statistics?: ChunkStatistics
  readonly bloomFilterOffset?: number
  readonly columnIndex?: ByteRange
  readonly offsetIndex?: ByteRange
  readonly isEncrypted: boolean
}
export interface ByteRange {
  readonly offset: number
  readonly byteLength: number
}
export interface RowGroup {
  readonly chunks: readonly ColumnChunk[]
  readonly rowCount: number
}
export interface FileMetadata {
  readonly schema: readonly SchemaElement[]
  readonly rowCount: number
  readonly rowGroups: readonly RowGroup[]
  readonly createdBy: string | undefined
  /** Key and value pairs of any writer. */
  readonly properties: ReadonlyMap<string, string>
}

/** @throws ParquetFormatError for what is no footer */
export function readFileMetadata(bytes: Uint8Array): FileMetadata {
  const reader = new ThriftReader(bytes)
  let schema: SchemaElement[] | undefined
  let rowCount: number | undefined
  let rowGroups: RowGroup[] | undefined
  let createdBy: string | undefined
  const properties = new Map<string, string>()
  reader.struct((field) => {
    if (field === 2) schema = reader.list(() => readSchemaElement(reader))
    else if (field === 3) rowCount = reader.long()
    else if (field === 4) rowGroups = reader.list(() => readRowGroup(reader))
    else if (field === 5) reader.list(() => readProperty(reader, properties))
    else if (field === 6) createdBy = reader.string()
    else return false
    return true
  })
  if (schema === undefined || rowCount === undefined || rowGroups === undefined || rowCount < 0) {
    throw new ParquetFormatError('its footer is incomplete')
  }
  return { schema, rowCount, rowGroups, createdBy, properties }
}

function readProperty(reader: ThriftReader, into: Map<string, string>): void {
  reader.expectStruct()
  let key = ''
  let value: string | undefined
  reader.struct((field) => {
    if (field === 1) key = reader.string()
    else if (field === 2) value = reader.string()
    else return false
    return true
  })
  if (value !== undefined) into.set(key, value)
}

function named<T>(names: readonly T[], index: number, what: string): T {
  const found = names[index]
  if (found === undefined) throw new ParquetFormatError(`unknown ${what}: ${index}`)
  return found
}

function readSchemaElement(reader: ThriftReader): SchemaElement {
  reader.expectStruct()
  const element = {
    name: '',
    type: undefined as PhysicalType | undefined,
    typeLength: 0,
    repetition: 'REQUIRED' as Repetition,
    childCount: 0,
    convertedType: undefined as ConvertedType | undefined,
    scale: 0,
    precision: 0,
    logicalType: undefined as LogicalType | undefined,
  }
  reader.struct((field) => {
    if (field === 1) element.type = named(PHYSICAL_TYPES, reader.integer(), 'physical type')
    else if (field === 2) element.typeLength = reader.integer()
    else if (field === 3) element.repetition = named(REPETITIONS, reader.integer(), 'repetition')
    else if (field === 4) element.name = reader.string()
    else if (field === 5) element.childCount = reader.integer()
    // An annotation that is not known leaves the physical type.
    else if (field === 6) element.convertedType = CONVERTED_TYPES[reader.integer()]
    else if (field === 7) element.scale = reader.integer()
    else if (field === 8) element.precision = reader.integer()
    else if (field === 10) element.logicalType = readLogicalType(reader)
    else return false
    return true
  })
  return element
}

const SIMPLE_LOGICAL_TYPES: Readonly<
  Record<number, Exclude<LogicalType['kind'], 'DECIMAL' | 'TIME' | 'TIMESTAMP' | 'INTEGER'>>
> = {
  1: 'STRING',
  2: 'MAP',
  3: 'LIST',
  4: 'ENUM',
  6: 'DATE',
  11: 'UNKNOWN',
  12: 'JSON',
  13: 'BSON',
  14: 'UUID',
  15: 'FLOAT16',
}

function readLogicalType(reader: ThriftReader): LogicalType {
  reader.expectStruct()
  let type: LogicalType = { kind: 'OTHER' }
  reader.struct((field) => {
    const simple = SIMPLE_LOGICAL_TYPES[field]
    if (simple !== undefined) {
      type = { kind: simple }
      return false
    }
    if (field === 5) type = readDecimal(reader)
    else if (field === 7) type = readTime(reader, 'TIME')
    else if (field === 8) type = readTime(reader, 'TIMESTAMP')
    else if (field === 10) type = readInteger(reader)
    else return false
    return true
  })
  return type
}

function readDecimal(reader: ThriftReader): LogicalType {
  reader.expectStruct()
  let scale = 0
  let precision = 0
  reader.struct((field) => {
    if (field === 1) scale = reader.integer()
    else if (field === 2) precision = reader.integer()
    else return false
    return true
  })
  return { kind: 'DECIMAL', scale, precision }
}

const TIME_UNITS: readonly TimeUnit[] = ['MILLIS', 'MICROS', 'NANOS']

function readTime(reader: ThriftReader, kind: 'TIME' | 'TIMESTAMP'): LogicalType {
  reader.expectStruct()
  let isUtc = false
  let unit: TimeUnit | undefined
  reader.struct((field) => {
    if (field === 1) isUtc = reader.boolean()
    else if (field === 2) {
      reader.expectStruct()
      reader.struct((unitField) => {
        unit = TIME_UNITS[unitField - 1]
        return false
      })
    } else return false
    return true
  })
  return unit === undefined ? { kind: 'OTHER' } : { kind, unit, isUtc }
}

function readInteger(reader: ThriftReader): LogicalType {
  reader.expectStruct()
  let bitWidth = 0
  let isSigned = true
  reader.struct((field) => {
    if (field === 1) bitWidth = reader.integer()
    else if (field === 2) isSigned = reader.boolean()
    else return false
    return true
  })
  return { kind: 'INTEGER', bitWidth, isSigned }
}

function readRowGroup(reader: ThriftReader): RowGroup {
  reader.expectStruct()
  let chunks: ColumnChunk[] | undefined
  let rowCount: number | undefined
  reader.struct((field) => {
    if (field === 1) chunks = reader.list(() => readColumnChunk(reader))
    else if (field === 3) rowCount = reader.long()
    else return false
    return true
  })
  if (chunks === undefined || rowCount === undefined || rowCount < 0) {
    throw new ParquetFormatError('a row group of its footer is incomplete')
  }
  return { chunks, rowCount }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function readColumnChunk(reader: ThriftReader): ColumnChunk {
  reader.expectStruct()
  const chunk: Mutable<Partial<ColumnChunk>> = { isEncrypted: false }
  const ranges = [0, 0, 0, 0]
  reader.struct((field) => {
    if (field === 1) throw new ParquetFormatError('columns in other files are not supported')
    if (field === 3) readColumnMetadata(reader, chunk)
    else if (field === 4) ranges[0] = reader.long()
    else if (field === 5) ranges[1] = reader.integer()
    else if (field === 6) ranges[2] = reader.long()
    else if (field === 7) ranges[3] = reader.integer()
    else {
      if (field === 8 || field === 9) chunk.isEncrypted = true
      return false
    }
    return true
  })
  const [offsetIndex, offsetIndexBytes, columnIndex, columnIndexBytes] = ranges as [
    number,
    number,
    number,
    number,
  ]
  if (offsetIndexBytes > 0) {
    chunk.offsetIndex = { offset: offsetIndex, byteLength: offsetIndexBytes }
  }
  if (columnIndexBytes > 0) {
    chunk.columnIndex = { offset: columnIndex, byteLength: columnIndexBytes }
  }
  if (chunk.isEncrypted) throw new ParquetFormatError('encrypted columns are not supported')
  for (const key of REQUIRED_OF_CHUNK) {
    if (chunk[key] === undefined) throw new ParquetFormatError(`a column chunk lacks ${key}`)
  }
  return chunk as ColumnChunk
}

const REQUIRED_OF_CHUNK = [
  'type',
  'path',
  'codec',
  'valueCount',
  'compressedBytes',
  'uncompressedBytes',
  'dataPageOffset',
] as const

function readColumnMetadata(reader: ThriftReader, chunk: Mutable<Partial<ColumnChunk>>): void {
  reader.expectStruct()
  reader.struct((field) => {
    if (field === 1) chunk.type = named(PHYSICAL_TYPES, reader.integer(), 'physical type')
    else if (field === 3) chunk.path = reader.list(() => reader.string())
    else if (field === 4) chunk.codec = named(CODECS, reader.integer(), 'compression')
    else if (field === 5) chunk.valueCount = reader.long()
    else if (field === 6) chunk.uncompressedBytes = reader.long()
    else if (field === 7) chunk.compressedBytes = reader.long()
    else if (field === 9) chunk.dataPageOffset = reader.long()
    else if (field === 11) chunk.dictionaryPageOffset = reader.long()
    else if (field === 12) chunk.statistics = readStatistics(reader)
    else if (field === 14) chunk.bloomFilterOffset = reader.long()
    else return false
    return true
  })
}

function readStatistics(reader: ThriftReader): ChunkStatistics {
  reader.expectStruct()
  const statistics: Mutable<ChunkStatistics> = { isOrdered: true }
  let oldMin: Uint8Array | undefined
  let oldMax: Uint8Array | undefined
  reader.struct((field) => {
    if (field === 1) oldMax = reader.binary()
    else if (field === 2) oldMin = reader.binary()
    else if (field === 3) statistics.nullCount = reader.long()
    else if (field === 4) statistics.distinctCount = reader.long()
    else if (field === 5) statistics.max = reader.binary()
    else if (field === 6) statistics.min = reader.binary()
    else return false
    return true
  })
  if (statistics.min === undefined && statistics.max === undefined) {
    if (oldMin !== undefined) statistics.min = oldMin
    if (oldMax !== undefined) statistics.max = oldMax
    statistics.isOrdered = false
  }
  return statistics
}
