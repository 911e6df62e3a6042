import { EXTENSION_KEY, TYPE_KEY, ArrowType as Type } from '../../../arrow/schema-parts.js'
import type { FlatTable } from './flatbuffer-reader.js'
import { ArrowFormatError } from './format-error.js'

/** How the values of a field lie in its buffers, without those of its children. */
export type ArrowLayout =
  | { readonly kind: 'null' | 'bool' | 'struct' }
  | { readonly kind: 'int'; readonly bits: IntegerBits; readonly isSigned: boolean }
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'bytes'; readonly offsetBits: 32 | 64; readonly isText: boolean }
  | { readonly kind: 'view'; readonly isText: boolean }
  | { readonly kind: 'fixed bytes'; readonly width: number }
  | {
      readonly kind: 'decimal'
      readonly bits: 32 | 64 | 128
      readonly precision: number
      readonly scale: number
    }
  | { readonly kind: 'date'; readonly bits: 32 | 64 }
  | { readonly kind: 'time'; readonly bits: 32 | 64; readonly digits: number }
  | { readonly kind: 'timestamp'; readonly digits: number; readonly zone: string | undefined }
  | { readonly kind: 'duration'; readonly digits: number }
  | { readonly kind: 'interval'; readonly unit: IntervalUnit }
  | { readonly kind: 'list' | 'map'; readonly offsetBits: 32 | 64 }
  | { readonly kind: 'fixed list'; readonly size: number }
  | { readonly kind: 'other'; readonly name: string }

/** Months in 4 bytes, days and milliseconds in 8, or months, days and nanoseconds in 16. */
export type IntervalUnit = 'months' | 'days' | 'all'
type IntegerBits = 8 | 16 | 32 | 64

export interface ArrowField {
  readonly name: string
  /** Of a field with a dictionary, that of the entries. */
  readonly layout: ArrowLayout
  readonly children: readonly ArrowField[]
  readonly dictionary?: {
    readonly id: bigint
    readonly bits: IntegerBits
    readonly isSigned: boolean
  }
  /** The SQL type as Millrace wrote it. */
  readonly declared?: string
  /** The name of what the field is more than its storage. */
  readonly extension?: string
}

/** Fields of a schema and all below them; as deep as this. */
const FIELDS_MAX = 100_000
const DEPTH_MAX = 64
const METADATA_V4 = 3

/** @throws ArrowFormatError, RangeError */
export function readSchema(schema: FlatTable): readonly ArrowField[] {
  if (schema.int16(0, 0) !== 0) throw new ArrowFormatError('big-endian values, which are not read')
  const count = { left: FIELDS_MAX }
  return readFields(schema.tables(1), DEPTH_MAX, count)
}

/** @throws ArrowFormatError for files that are older than the format is stable */
export function checkVersion(version: number): void {
  if (version < METADATA_V4) throw new ArrowFormatError('metadata of a version before 4')
}

function readFields(
  tables: Iterable<FlatTable>,
  depth: number,
  count: { left: number },
): readonly ArrowField[] {
  const fields: ArrowField[] = []
  for (const table of tables) fields.push(readField(table, depth, count))
  return fields
}

function readField(table: FlatTable, depth: number, count: { left: number }): ArrowField {
  const name = table.text(0) ?? ''
  // Tables may be in others more than once: names count as well, so that a small file can't say much.
  count.left -= 1 + Math.ceil(name.length / 64)
  if (depth === 0 || count.left < 0) throw new ArrowFormatError('too many fields')
  const children = readFields(table.tables(5), depth - 1, count)
  const layout = readLayout(table.int8(2, 0), table.table(3), children)
  const dictionary = table.table(4)
  const { declared, extension } = readMetadata(table, count)
  return {
    name,
    layout,
    children,
    ...(dictionary === undefined ? {} : { dictionary: readDictionary(dictionary) }),
    ...(declared === undefined ? {} : { declared }),
    ...(extension === undefined ? {} : { extension }),
  }
}

function readMetadata(table: FlatTable, count: { left: number }) {
  let declared: string | undefined
  let extension: string | undefined
  for (const entry of table.tables(6)) {
    count.left--
    if (count.left < 0) throw new ArrowFormatError('too much metadata')
    const key = entry.text(0)
    if (key === TYPE_KEY) declared ??= entry.text(1)
    else if (key === EXTENSION_KEY) extension ??= entry.text(1)
  }
  return { declared, extension }
}

function readDictionary(table: FlatTable): NonNullable<ArrowField['dictionary']> {
  const index = table.table(1)
  return {
    id: table.id(0),
    bits: index === undefined ? 32 : integerBits(index.int32(0, 0)),
    isSigned: index?.bool(1) ?? true,
  }
}

/** Numbers of types that Millrace reads and does not write, and names of those that it does neither. @source Schema.fbs */
const ReadType = {
  fixedSizeList: 16,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
  binaryView: 23,
  utf8View: 24,
} as const
const OTHER_NAMES: Readonly<Record<number, string>> = {
  14: 'Union',
  22: 'RunEndEncoded',
  25: 'ListView',
  26: 'LargeListView',
}

const INTERVAL_UNITS: readonly IntervalUnit[] = ['months', 'days', 'all']

/** Fraction digits of Arrow's units second, millisecond, microsecond, nanosecond. */
const UNIT_DIGITS: readonly number[] = [0, 3, 6, 9]

function readLayout(
  number: number,
  type: FlatTable | undefined,
  children: readonly ArrowField[],
): ArrowLayout {
  const int32 = (field: number, absent: number): number => type?.int32(field, absent) ?? absent
  const int16 = (field: number, absent: number): number => type?.int16(field, absent) ?? absent
  switch (number) {
    case Type.null:
      return { kind: 'null' }
    case Type.bool:
      return { kind: 'bool' }
    case Type.int:
      return { kind: 'int', bits: integerBits(int32(0, 0)), isSigned: type?.bool(1) ?? false }
    case Type.floatingPoint:
      return { kind: 'float', bits: chosen([16, 32, 64], int16(0, 0)) }
    case Type.binary:
    case Type.utf8:
      return { kind: 'bytes', offsetBits: 32, isText: number === Type.utf8 }
    case ReadType.largeBinary:
    case ReadType.largeUtf8:
      return { kind: 'bytes', offsetBits: 64, isText: number === ReadType.largeUtf8 }
    case ReadType.binaryView:
    case ReadType.utf8View:
      return { kind: 'view', isText: number === ReadType.utf8View }
    case Type.fixedSizeBinary:
      return { kind: 'fixed bytes', width: positive(int32(0, 0)) }
    case Type.decimal: {
      const bits = int32(2, 128)
      if (bits !== 32 && bits !== 64 && bits !== 128) {
        return { kind: 'other', name: `Decimal of ${bits} bits` }
      }
      return { kind: 'decimal', bits, precision: int32(0, 0), scale: int32(1, 0) }
    }
    case Type.date:
      return { kind: 'date', bits: int16(0, 1) === 0 ? 32 : 64 }
    case Type.time:
      return {
        kind: 'time',
        bits: int32(1, 32) === 64 ? 64 : 32,
        digits: chosen(UNIT_DIGITS, int16(0, 1)),
      }
    case Type.timestamp: {
      const zone = type?.text(1)
      return {
        kind: 'timestamp',
        digits: chosen(UNIT_DIGITS, int16(0, 0)),
        zone: zone === '' ? undefined : zone,
      }
    }
    case Type.duration:
      return { kind: 'duration', digits: chosen(UNIT_DIGITS, int16(0, 1)) }
    case Type.interval:
      return { kind: 'interval', unit: chosen(INTERVAL_UNITS, int16(0, 0)) }
    case Type.list:
    case ReadType.largeList:
      childrenOf(children, 1)
      return { kind: 'list', offsetBits: number === Type.list ? 32 : 64 }
    case ReadType.fixedSizeList:
      childrenOf(children, 1)
      return { kind: 'fixed list', size: positive(int32(0, 0)) }
    case Type.struct:
      return children.length === 0
        ? { kind: 'other', name: 'Struct without fields' }
        : { kind: 'struct' }
    case Type.map:
      childrenOf(childrenOf(children, 1)[0]!.children, 2)
      return { kind: 'map', offsetBits: 32 }
    default:
      return { kind: 'other', name: OTHER_NAMES[number] ?? `number ${number}` }
  }
}

function childrenOf(children: readonly ArrowField[], count: number): readonly ArrowField[] {
  if (children.length !== count) throw new ArrowFormatError('a field without its children')
  return children
}

function chosen<T>(choices: readonly T[], index: number): T {
  const choice = choices[index]
  if (choice === undefined) throw new ArrowFormatError('a unit that is none')
  return choice
}

function positive(value: number): number {
  if (value <= 0) throw new ArrowFormatError('a width of nothing')
  return value
}

function integerBits(bits: number): IntegerBits {
  if (bits === 8 || bits === 16 || bits === 32 || bits === 64) return bits
  throw new ArrowFormatError(`integers of ${bits} bits`)
}
