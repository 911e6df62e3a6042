import { isComparable, type SqlType, type Value } from '../../spi/index.js'

/** Constants of java.sql.Types. */
const JDBC_TYPES: Readonly<Partial<Record<SqlType['kind'], number>>> = {
  boolean: 16,
  bigint: -5,
  integer: 4,
  smallint: 5,
  tinyint: -6,
  real: 7,
  double: 8,
  decimal: 3,
  varchar: 12,
  char: 1,
  varbinary: -3,
  date: 91,
  time: 92,
  'time with time zone': 2013,
  timestamp: 93,
  'timestamp with time zone': 2014,
  array: 2003,
}
const JAVA_OBJECT = 2000
const UNBOUNDED = 2_147_483_647

export const jdbcType = (type: SqlType): number => JDBC_TYPES[type.kind] ?? JAVA_OBJECT

const fractionLength = (precision: number): number => Math.min(precision, 1) + precision

/** Digits or characters that a value takes at most. @source Trino ColumnJdbcTable.columnSize */
export function columnSize(type: SqlType): number | undefined {
  switch (type.kind) {
    case 'bigint':
      return 19
    case 'integer':
      return 10
    case 'smallint':
      return 5
    case 'tinyint':
      return 3
    case 'decimal':
      return type.precision
    case 'real':
      return 24
    case 'double':
      return 53
    case 'varchar':
      return type.length ?? UNBOUNDED
    case 'char':
      return type.length
    case 'varbinary':
      return UNBOUNDED
    case 'date':
      return 14
    case 'time':
      return 8 + fractionLength(type.precision)
    case 'time with time zone':
      return 8 + fractionLength(type.precision) + 6
    case 'timestamp':
      return 1 + 5 + 15 + fractionLength(type.precision)
    case 'timestamp with time zone':
      return 1 + 6 + 15 + fractionLength(type.precision) + 1 + LONGEST_ZONE
    default:
      return undefined
  }
}

/** Of the zone ids that Java knows. */
const LONGEST_ZONE = 32

export function decimalDigits(type: SqlType): number | undefined {
  switch (type.kind) {
    case 'decimal':
      return type.scale
    case 'time':
    case 'time with time zone':
    case 'timestamp':
    case 'timestamp with time zone':
      return type.precision
    default:
      return undefined
  }
}

export function charOctetLength(type: SqlType): number | undefined {
  switch (type.kind) {
    case 'varchar':
      return type.length ?? UNBOUNDED
    case 'char':
      return type.length
    case 'varbinary':
      return UNBOUNDED
    default:
      return undefined
  }
}

export function numericRadix(type: SqlType): number | undefined {
  switch (type.kind) {
    case 'bigint':
    case 'integer':
    case 'smallint':
    case 'tinyint':
    case 'decimal':
      return 10
    case 'real':
    case 'double':
      return 2
    default:
      return undefined
  }
}

/** Types without parameters as jdbc.types lists them. */
export const PLAIN_TYPES = [
  'unknown',
  'boolean',
  'bigint',
  'integer',
  'smallint',
  'tinyint',
  'real',
  'double',
  'varbinary',
  'date',
  'interval year to month',
  'interval day to second',
  'json',
  'json2016',
  'uuid',
  'ipaddress',
  'hyperloglog',
  'p4hyperloglog',
  'setdigest',
  'objectid',
  'tdigest',
  'color',
  'bingtile',
  'codepoints',
  'geometry',
  'joniregexp',
  'jsonpath',
  'kdbtree',
  'likepattern',
  'sphericalgeography',
  // Trino lists it twice.
  'integer',
] as const

/** Names of types with parameters. */
export const PARAMETRIC_TYPES = [
  'varchar',
  'char',
  'decimal',
  'row',
  'array',
  'map',
  'function',
  'qdigest',
  'time',
  'time with time zone',
  'timestamp',
  'timestamp with time zone',
] as const

/** Types of values that nothing here makes, listed since Trino lists them. */
export const FOREIGN_TYPES = [
  'Classifier',
  'JsonPath2016',
  'Model',
  'Re2JRegExp',
  'Regressor',
] as const

/** Types whose values are compared by functions only, and may stand in predicates all the same. */
const OPAQUE: ReadonlySet<SqlType['kind']> = new Set(['color', 'bingtile', 'geometry'])

/** A row of jdbc.types for one type. @source Trino TypesJdbcTable.addTypeRow */
export function typeRow(name: string, type: SqlType | undefined): Value[] {
  const number = (value: number | undefined): Value => (value === undefined ? null : BigInt(value))
  const searchable = type !== undefined && (isComparable(type) || OPAQUE.has(type.kind)) ? 3n : 0n
  const dataType = type === undefined ? (name === 'array' ? 2003 : JAVA_OBJECT) : jdbcType(type)
  return [
    name,
    BigInt(dataType),
    type === undefined ? null : number(columnSize(type)),
    null,
    null,
    null,
    1n,
    false,
    searchable,
    null,
    false,
    null,
    null,
    0n,
    0n,
    null,
    null,
    type === undefined ? null : number(numericRadix(type)),
  ]
}
