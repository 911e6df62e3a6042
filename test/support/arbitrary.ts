import {
  arrayType,
  BIGINT,
  BOOLEAN,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  IPADDRESS,
  isComparable,
  JSON_TYPE,
  mapType,
  REAL,
  rowType,
  SMALLINT,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  timeWithTimeZoneType,
  UUID,
  VARBINARY,
  VARCHAR,
  type Value,
  valueKey,
  varcharType,
} from '../../src/spi/index.js'
import fc from './fast-check.js'

const precision = fc.integer({ min: 0, max: 12 })

/** Every scalar type that a column can have. */
export const scalarType: fc.Arbitrary<SqlType> = fc.oneof(
  fc.constantFrom<SqlType>(
    BOOLEAN,
    TINYINT,
    SMALLINT,
    INTEGER,
    BIGINT,
    REAL,
    DOUBLE,
    VARCHAR,
    varcharType(10),
    charType(5),
    VARBINARY,
    JSON_TYPE,
    DATE,
    INTERVAL_YEAR_TO_MONTH,
    INTERVAL_DAY_TO_SECOND,
    UUID,
    IPADDRESS,
  ),
  fc
    .tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38))
    .map(([p, s]) => decimalType(p, Math.min(p, s))),
  precision.map(timeType),
  precision.map(timestampType),
  precision.map(timeWithTimeZoneType),
  precision.map(timestampWithTimeZoneType),
)

/** Every type that a column can have, nested ones too. */
export const anyType: fc.Arbitrary<SqlType> = fc.letrec<{ type: SqlType }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalarType,
    tie('type').map(arrayType),
    fc.tuple(scalarType.filter(isComparable), tie('type')).map(([k, v]) => mapType(k, v)),
    fc
      .array(tie('type'), { minLength: 1, maxLength: 3 })
      .map((types) =>
        rowType(types.map((type, i) => (i === 1 ? { type } : { name: `f${i}`, type }))),
      ),
  ),
})).type

const PICOS_PER_DAY = 86_400_000_000_000_000n
const unitOf = (p: number): bigint => 10n ** BigInt(12 - p)
const zone = fc.constantFrom('UTC', '+05:30', '-14:00', 'Europe/Berlin', 'America/New_York')
/** The instants that TIMESTAMP(p) can hold as 64-bit microseconds. */
const instantPicos = (p: number, limitPicos: bigint): fc.Arbitrary<bigint> => {
  const limit = limitPicos / unitOf(p)
  return fc
    .oneof(
      fc.bigInt({ min: -limit, max: limit }),
      fc.bigInt({ min: -100_000n, max: 100_000n }),
      fc.constantFrom(-limit, limit),
    )
    .map((units) => units * unitOf(p))
}
const timePicos = (p: number): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: 0n, max: PICOS_PER_DAY / unitOf(p) - 1n }).map((units) => units * unitOf(p))
const integers = (bits: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
  )
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('', ' ', 'a', '😀', '\uffff', 'naïve'),
)
const sixteenBytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
const float = fc.constantFrom(
  0,
  -0,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
)

/** Values of a type other than NULL, extremes among them. */
export function valueOfType(type: SqlType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean()
    case 'tinyint':
      return integers(8)
    case 'smallint':
      return integers(16)
    case 'integer':
    case 'date':
    case 'interval year to month':
      return integers(32)
    case 'bigint':
    case 'interval day to second':
      return fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.bigInt({ min: -5n, max: 5n }),
        fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n, -(2n ** 53n), 2n ** 53n - 1n),
      )
    case 'real':
      return fc.oneof(fc.float(), float).map(Math.fround)
    case 'double':
      return fc.oneof(fc.double(), float)
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision) - 1n
      return fc.oneof(
        fc.bigInt({ min: -limit, max: limit }),
        fc.constantFrom(-limit, limit, 0n),
        fc.constantFrom(100n, 1000n, 12_000n).map((v) => (v <= limit ? v : limit)),
      )
    }
    case 'varchar':
      return text.map((t) =>
        type.length === undefined ? t : [...t].slice(0, type.length).join(''),
      )
    case 'char':
      return text.map((t) => [...t].slice(0, type.length).join('').replace(/ +$/, ''))
    case 'json':
      return fc.json()
    case 'varbinary':
      return fc.uint8Array()
    case 'uuid':
    case 'ipaddress':
      return sixteenBytes
    case 'time':
      return timePicos(type.precision)
    case 'timestamp':
      return instantPicos(type.precision, 2n ** 62n * 10n ** 6n)
    case 'time with time zone':
      return fc.record({
        picos: timePicos(type.precision),
        offsetMinutes: fc.integer({ min: -840, max: 840 }),
      })
    case 'timestamp with time zone':
      return fc.record({ picos: instantPicos(type.precision, 2n ** 50n * 10n ** 9n), zone })
    case 'array':
      return fc.array(nullable(type.element), { maxLength: 4 })
    case 'row':
      return fc.tuple(...type.fields.map((field) => nullable(field.type)))
    case 'map': {
      const { key, value } = type
      return fc
        .uniqueArray(fc.tuple(valueOfType(key), nullable(value)), {
          maxLength: 4,
          selector: ([k]) => valueKey(key, k),
        })
        .map((entries) => ({ keys: entries.map(([k]) => k), values: entries.map(([, v]) => v) }))
    }
    default:
      throw new Error(`no values of ${type.kind}`)
  }
}

/** Values of a type, one in five NULL. */
export const nullable = (type: SqlType): fc.Arbitrary<Value> =>
  fc.option(valueOfType(type), { freq: 4, nil: null })

/** A type and values of it. */
export const column = (
  types: fc.Arbitrary<SqlType> = anyType,
  maxLength = 40,
): fc.Arbitrary<{ type: SqlType; values: Value[] }> =>
  types.chain((type) =>
    fc
      .oneof(
        fc.array(nullable(type), { maxLength }),
        fc.array(valueOfType(type), { maxLength }),
        fc.array(fc.constant<Value>(null), { maxLength }),
      )
      .map((values) => ({ type, values })),
  )
