import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  MAX_DECIMAL_PRECISION,
  REAL,
  rowType,
  SMALLINT,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  UUID,
  VARBINARY,
  VARCHAR,
} from '../../../spi/index.js'
import { ParquetFormatError } from './format-error.js'
import type { LogicalType, PhysicalType, SchemaElement, TimeUnit } from './metadata.js'

/** How a leaf's values become those of its SQL type. Integers are multiplied by `factor`. */
export type LeafEncoding =
  | { readonly kind: 'boolean'; readonly physical: 'BOOLEAN'; readonly byteLength: 0 }
  | {
      readonly kind: 'integer'
      readonly physical: 'INT32' | 'INT64'
      readonly byteLength: 4 | 8
      readonly isSigned: boolean
      readonly factor: bigint
    }
  | { readonly kind: 'float'; readonly physical: 'FLOAT' | 'DOUBLE'; readonly byteLength: 4 | 8 }
  | { readonly kind: 'bytes'; readonly physical: 'BYTE_ARRAY'; readonly byteLength: -1 }
  /** Big-endian two's complement, of a fixed length or (byteLength -1) of each value's own. */
  | {
      readonly kind: 'decimal bytes'
      readonly physical: 'FIXED_LEN_BYTE_ARRAY' | 'BYTE_ARRAY'
      readonly byteLength: number
    }
  /** Those of nanosecond timestamps, see {@link TimestampUnit}. */
  | {
      readonly kind: 'instant'
      readonly physical: 'INT64' | 'INT96'
      readonly byteLength: 8 | 12
      readonly unit: TimeUnit
    }
  | {
      readonly kind: 'fixed bytes' | 'uuid' | 'float16' | 'interval'
      readonly physical: 'FIXED_LEN_BYTE_ARRAY'
      readonly byteLength: number
    }

export interface LeafType {
  readonly type: SqlType
  readonly encoding: LeafEncoding
}

const FIXED_LENGTH_MAX = 1 << 20
const PRECISION_OF_UNIT: Readonly<Record<TimeUnit, number>> = { MILLIS: 3, MICROS: 6, NANOS: 9 }
/** What Parquet's INTERVAL, three unsigned numbers, is read as. */
const INTERVAL_TYPE = rowType([
  { name: 'months', type: BIGINT },
  { name: 'days', type: BIGINT },
  { name: 'milliseconds', type: BIGINT },
])

/**
 * The SQL type of a primitive field and the way to it. Annotations that are not known or don't fit the physical type are
 * ignored, as the format asks.
 * @throws ParquetFormatError
 * @source Trino's Hive and Iceberg connectors (ParquetTypeConverter, TypeConverter); see docs for where we differ
 */
export function leafType(element: SchemaElement): LeafType {
  const physical = element.type!
  const logical = element.logicalType ?? convertedLogicalType(element)
  switch (physical) {
    case 'BOOLEAN':
      return { type: BOOLEAN, encoding: { kind: 'boolean', physical, byteLength: 0 } }
    case 'FLOAT':
      return { type: REAL, encoding: { kind: 'float', physical, byteLength: 4 } }
    case 'DOUBLE':
      return { type: DOUBLE, encoding: { kind: 'float', physical, byteLength: 8 } }
    case 'INT96':
      return {
        type: timestampType(9),
        encoding: { kind: 'instant', physical, byteLength: 12, unit: 'NANOS' },
      }
    case 'INT32':
      return integerLeaf(physical, 4, logical)
    case 'INT64':
      return integerLeaf(physical, 8, logical)
    case 'BYTE_ARRAY':
      return byteArrayLeaf(logical)
    case 'FIXED_LEN_BYTE_ARRAY':
      return element.convertedType === 'INTERVAL' && element.typeLength === 12
        ? {
            type: INTERVAL_TYPE,
            encoding: { kind: 'interval', physical, byteLength: 12 },
          }
        : fixedLeaf(element.typeLength, logical)
  }
}

/** What the older annotation says; its times are those of UTC by definition, and in truth of either. */
function convertedLogicalType(element: SchemaElement): LogicalType | undefined {
  const integer = (bitWidth: number, isSigned: boolean): LogicalType => ({
    kind: 'INTEGER',
    bitWidth,
    isSigned,
  })
  switch (element.convertedType) {
    case 'UTF8':
      return { kind: 'STRING' }
    case 'ENUM':
    case 'DATE':
    case 'JSON':
    case 'BSON':
      return { kind: element.convertedType }
    case 'DECIMAL':
      return { kind: 'DECIMAL', scale: element.scale, precision: element.precision }
    case 'TIME_MILLIS':
      return { kind: 'TIME', unit: 'MILLIS', isUtc: false }
    case 'TIME_MICROS':
      return { kind: 'TIME', unit: 'MICROS', isUtc: false }
    case 'TIMESTAMP_MILLIS':
      return { kind: 'TIMESTAMP', unit: 'MILLIS', isUtc: false }
    case 'TIMESTAMP_MICROS':
      return { kind: 'TIMESTAMP', unit: 'MICROS', isUtc: false }
    case 'UINT_8':
    case 'UINT_16':
    case 'UINT_32':
    case 'UINT_64':
      return integer(Number(element.convertedType.slice(5)), false)
    case 'INT_8':
    case 'INT_16':
    case 'INT_32':
    case 'INT_64':
      return integer(Number(element.convertedType.slice(4)), true)
    default:
      return undefined
  }
}

export const PICOS_OF_UNIT: Readonly<Record<TimeUnit, bigint>> = {
  MILLIS: 1_000_000_000n,
  MICROS: 1_000_000n,
  NANOS: 1_000n,
}

function integerLeaf(
  physical: 'INT32' | 'INT64',
  byteLength: 4 | 8,
  logical: LogicalType | undefined,
): LeafType {
  const encoding = { kind: 'integer', physical, byteLength, isSigned: true, factor: 1n } as const
  const plain = { type: physical === 'INT32' ? INTEGER : BIGINT, encoding }
  switch (logical?.kind) {
    case 'INTEGER':
      return sizedInteger(logical.bitWidth, logical.isSigned, plain)
    case 'DATE':
      return physical === 'INT32' ? { type: DATE, encoding } : plain
    case 'DECIMAL': {
      const precision = physical === 'INT32' ? 9 : 18
      const type = sqlDecimal(logical.precision, logical.scale)
      // More digits than the type has are a writer's mistake; the values are right.
      return { type: type ?? decimalType(precision, 0), encoding }
    }
    case 'TIME': {
      const isRight = (physical === 'INT32') === (logical.unit === 'MILLIS')
      if (!isRight) return plain
      return {
        type: timeType(PRECISION_OF_UNIT[logical.unit]),
        encoding: { ...encoding, factor: PICOS_OF_UNIT[logical.unit] },
      }
    }
    case 'TIMESTAMP':
      return physical === 'INT64' ? timestampLeaf(logical.unit, logical.isUtc) : plain
    default:
      return plain
  }
}

function sizedInteger(bitWidth: number, isSigned: boolean, plain: LeafType): LeafType {
  const { encoding } = plain
  if (isSigned) {
    if (bitWidth === 8) return { type: TINYINT, encoding }
    if (bitWidth === 16) return { type: SMALLINT, encoding }
    return plain
  }
  const unsigned = { ...encoding, isSigned: false } as LeafEncoding
  switch (bitWidth) {
    case 8:
      return { type: SMALLINT, encoding: unsigned }
    case 16:
      return { type: INTEGER, encoding: unsigned }
    case 32:
      return { type: BIGINT, encoding: unsigned }
    case 64:
      return { type: decimalType(20, 0), encoding: unsigned }
    default:
      return plain
  }
}

function timestampLeaf(unit: TimeUnit, isUtc: boolean): LeafType {
  const precision = PRECISION_OF_UNIT[unit]
  const type = isUtc ? timestampWithTimeZoneType(precision) : timestampType(precision)
  if (isUtc || unit === 'NANOS') {
    return { type, encoding: { kind: 'instant', physical: 'INT64', byteLength: 8, unit } }
  }
  return {
    type,
    encoding: {
      kind: 'integer',
      physical: 'INT64',
      byteLength: 8,
      isSigned: true,
      factor: unit === 'MILLIS' ? 1000n : 1n,
    },
  }
}

const TEXT_KINDS: readonly LogicalType['kind'][] = ['STRING', 'ENUM', 'JSON']

function byteArrayLeaf(logical: LogicalType | undefined): LeafType {
  const physical = 'BYTE_ARRAY'
  if (logical?.kind === 'DECIMAL') {
    const type = sqlDecimal(logical.precision, logical.scale)
    if (type !== undefined) {
      return { type, encoding: { kind: 'decimal bytes', physical, byteLength: -1 } }
    }
  }
  const isText = logical !== undefined && TEXT_KINDS.includes(logical.kind)
  return {
    type: isText ? VARCHAR : VARBINARY,
    encoding: { kind: 'bytes', physical, byteLength: -1 },
  }
}

function fixedLeaf(byteLength: number, logical: LogicalType | undefined): LeafType {
  const physical: PhysicalType = 'FIXED_LEN_BYTE_ARRAY'
  if (byteLength < 0 || byteLength > FIXED_LENGTH_MAX) {
    throw new ParquetFormatError(`values of a fixed length of ${byteLength}`)
  }
  switch (logical?.kind) {
    case 'DECIMAL': {
      const type = sqlDecimal(logical.precision, logical.scale)
      if (type !== undefined && byteLength > 0 && byteLength <= 16) {
        return { type, encoding: { kind: 'decimal bytes', physical, byteLength } }
      }
      break
    }
    case 'UUID':
      if (byteLength === 16) return { type: UUID, encoding: { kind: 'uuid', physical, byteLength } }
      break
    case 'FLOAT16':
      if (byteLength === 2) {
        return { type: REAL, encoding: { kind: 'float16', physical, byteLength } }
      }
      break
    default:
  }
  return { type: VARBINARY, encoding: { kind: 'fixed bytes', physical, byteLength } }
}

const sqlDecimal = (precision: number, scale: number): SqlType | undefined =>
  precision >= 1 && precision <= MAX_DECIMAL_PRECISION && scale >= 0 && scale <= precision
    ? decimalType(precision, scale)
    : undefined
