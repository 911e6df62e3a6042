/**
 * SQL types as frozen plain data, so that they travel with plans and handles (msgpack, structured clone).
 * Names and rules are Trino's (io.trino.spi.type). Compare with {@link typesEqual}, never by identity.
 */

export type SimpleTypeKind =
  | 'unknown'
  | 'boolean'
  | 'tinyint'
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'real'
  | 'double'
  | 'varbinary'
  | 'json'
  | 'json2016'
  | 'date'
  | 'interval year to month'
  | 'interval day to second'
  | 'uuid'
  | 'ipaddress'
  | 'hyperloglog'
  | 'p4hyperloglog'
  | 'setdigest'
  | 'tdigest'
  | 'color'
  | 'objectid'
  | 'jsonpath'
  | 'joniregexp'
  | 'likepattern'
  | 'codepoints'
  | 'geometry'
  | 'sphericalgeography'
  | 'kdbtree'
  | 'bingtile'

export interface SimpleType {
  readonly kind: SimpleTypeKind
}
/** DECIMAL(precision, scale): precision 1 to 38; carried as the unscaled integer. */
export interface DecimalType {
  readonly kind: 'decimal'
  readonly precision: number
  readonly scale: number
}
/** VARCHAR(length) counts code points; without a length it is unbounded. */
export interface VarcharType {
  readonly kind: 'varchar'
  readonly length?: number
}
/** CHAR(length): stored without trailing blanks, compared and printed as if padded. */
export interface CharType {
  readonly kind: 'char'
  readonly length: number
}
/** TIME, TIMESTAMP and their zoned forms: precision is the number of fraction digits, 0 to 12. */
export interface TemporalType {
  readonly kind: 'time' | 'time with time zone' | 'timestamp' | 'timestamp with time zone'
  readonly precision: number
}
export interface ArrayType {
  readonly kind: 'array'
  readonly element: SqlType
}
export interface MapType {
  readonly kind: 'map'
  readonly key: SqlType
  readonly value: SqlType
}
export interface RowField {
  readonly name?: string
  readonly type: SqlType
}
export interface RowType {
  readonly kind: 'row'
  readonly fields: readonly RowField[]
}
export interface QDigestType {
  readonly kind: 'qdigest'
  readonly element: SqlType
}
/** The type of a lambda expression; never the type of a column. */
export interface FunctionType {
  readonly kind: 'function'
  readonly argumentTypes: readonly SqlType[]
  readonly returnType: SqlType
}

export type SqlType =
  | SimpleType
  | DecimalType
  | VarcharType
  | CharType
  | TemporalType
  | ArrayType
  | MapType
  | RowType
  | QDigestType
  | FunctionType

export type TypeKind = SqlType['kind']

const simple = (kind: SimpleTypeKind): SimpleType => Object.freeze({ kind })

export const UNKNOWN = simple('unknown')
export const BOOLEAN = simple('boolean')
export const TINYINT = simple('tinyint')
export const SMALLINT = simple('smallint')
export const INTEGER = simple('integer')
export const BIGINT = simple('bigint')
export const REAL = simple('real')
export const DOUBLE = simple('double')
export const VARBINARY = simple('varbinary')
export const JSON_TYPE = simple('json')
export const DATE = simple('date')
export const INTERVAL_YEAR_TO_MONTH = simple('interval year to month')
export const INTERVAL_DAY_TO_SECOND = simple('interval day to second')
export const UUID = simple('uuid')
export const IPADDRESS = simple('ipaddress')
export const VARCHAR: VarcharType = Object.freeze({ kind: 'varchar' })

export const MAX_DECIMAL_PRECISION = 38
/** Decimals up to this precision fit 64 bits (Trino's short decimal). */
export const MAX_SHORT_DECIMAL_PRECISION = 18
/** VARCHAR lengths above this are the unbounded type. */
export const MAX_VARCHAR_LENGTH = 2_147_483_646
export const MAX_CHAR_LENGTH = 65_536

export const decimalType = (precision: number, scale: number): DecimalType =>
  Object.freeze({ kind: 'decimal', precision, scale })
export const varcharType = (length?: number): VarcharType =>
  length === undefined || length > MAX_VARCHAR_LENGTH
    ? VARCHAR
    : Object.freeze({ kind: 'varchar', length })
export const charType = (length: number): CharType => Object.freeze({ kind: 'char', length })
export const timeType = (precision = 3): TemporalType => Object.freeze({ kind: 'time', precision })
export const timeWithTimeZoneType = (precision = 3): TemporalType =>
  Object.freeze({ kind: 'time with time zone', precision })
export const timestampType = (precision = 3): TemporalType =>
  Object.freeze({ kind: 'timestamp', precision })
export const timestampWithTimeZoneType = (precision = 3): TemporalType =>
  Object.freeze({ kind: 'timestamp with time zone', precision })
export const arrayType = (element: SqlType): ArrayType => Object.freeze({ kind: 'array', element })
export const mapType = (key: SqlType, value: SqlType): MapType =>
  Object.freeze({ kind: 'map', key, value })
export const rowType = (fields: readonly RowField[]): RowType =>
  Object.freeze({ kind: 'row', fields: Object.freeze([...fields]) })
export const qdigestType = (element: SqlType): QDigestType =>
  Object.freeze({ kind: 'qdigest', element })
export const functionType = (
  argumentTypes: readonly SqlType[],
  returnType: SqlType,
): FunctionType => Object.freeze({ kind: 'function', argumentTypes, returnType })

export function typesEqual(left: SqlType, right: SqlType): boolean {
  return left === right || (left.kind === right.kind && typeName(left) === typeName(right))
}

/** What the forms differ in that a type's name is written in. */
export interface TypeForm {
  /** Between a decimal's precision and scale. */
  readonly decimalSeparator: string
  readonly row: string
  /** The name of a row's field. */
  readonly field: (name: string) => string
  /** The name of a type without parameters. */
  readonly simple: (kind: SimpleTypeKind) => string
  /** Whether times and timestamps say their precision. */
  readonly hasPrecision: boolean
}

const SIGNATURE: TypeForm = {
  decimalSeparator: ',',
  row: 'row',
  field: (name) => `"${name.replaceAll('"', '""')}"`,
  simple: simpleTypeName,
  hasPrecision: true,
}

/**
 * Writes a type as `typeof()` prints it: `decimal(12,2)`, `varchar(25)`, `timestamp(3) with time zone`, `array(bigint)`,
 * `row("a" bigint, varchar)`.
 * @source Trino TypeSignature.toString
 */
export const typeName = (type: SqlType): string => typeText(type, SIGNATURE)

const DISPLAY: TypeForm = { ...SIGNATURE, field: (name) => name }

/** A type as listings of columns show it: fields of rows without quotes. @source Trino Type.getDisplayName */
export const displayTypeName = (type: SqlType): string => typeText(type, DISPLAY)

export function typeText(type: SqlType, form: TypeForm): string {
  const nested = (part: SqlType): string => typeText(part, form)
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision}${form.decimalSeparator}${type.scale})`
    case 'varchar':
      return type.length === undefined ? 'varchar' : `varchar(${type.length})`
    case 'char':
      return `char(${type.length})`
    case 'time':
    case 'timestamp':
      return form.hasPrecision ? `${type.kind}(${type.precision})` : type.kind
    case 'time with time zone':
      return form.hasPrecision ? `time(${type.precision}) with time zone` : type.kind
    case 'timestamp with time zone':
      return form.hasPrecision ? `timestamp(${type.precision}) with time zone` : type.kind
    case 'array':
      return `array(${nested(type.element)})`
    case 'map':
      return `map(${nested(type.key)}, ${nested(type.value)})`
    case 'row': {
      const fields = type.fields.map(({ name, type: field }) =>
        name === undefined ? nested(field) : `${form.field(name)} ${nested(field)}`,
      )
      return `${form.row}(${fields.join(', ')})`
    }
    case 'qdigest':
      return `qdigest(${nested(type.element)})`
    case 'function':
      return `function(${[...type.argumentTypes, type.returnType].map(nested).join(',')})`
    default:
      return form.simple(type.kind)
  }
}

const SIMPLE_NAMES: Partial<Record<SimpleTypeKind, string>> = {
  hyperloglog: 'HyperLogLog',
  p4hyperloglog: 'P4HyperLogLog',
  setdigest: 'SetDigest',
  objectid: 'ObjectId',
  geometry: 'Geometry',
  sphericalgeography: 'SphericalGeography',
  jsonpath: 'JsonPath',
  joniregexp: 'JoniRegExp',
  likepattern: 'LikePattern',
  codepoints: 'CodePoints',
  kdbtree: 'KdbTree',
  bingtile: 'BingTile',
}

/** The name of a type without parameters, as Trino writes it: `HyperLogLog`, `bigint`. */
export function simpleTypeName(kind: SimpleTypeKind): string {
  return SIMPLE_NAMES[kind] ?? kind
}

export const isInteger = (type: SqlType): boolean =>
  type.kind === 'tinyint' ||
  type.kind === 'smallint' ||
  type.kind === 'integer' ||
  type.kind === 'bigint'
export const isShortDecimal = (type: SqlType): boolean =>
  type.kind === 'decimal' && type.precision <= MAX_SHORT_DECIMAL_PRECISION
export const isCharacter = (type: SqlType): type is VarcharType | CharType =>
  type.kind === 'varchar' || type.kind === 'char'
export const isNumeric = (type: SqlType): boolean =>
  isInteger(type) || type.kind === 'decimal' || type.kind === 'real' || type.kind === 'double'
