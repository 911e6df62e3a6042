import type { ConstantExpression } from '../expressions/ir.js'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DOUBLE,
  decimalType,
  INTEGER,
  MillraceError,
  type SqlType,
  timestampWithTimeZoneType,
  UNKNOWN,
  VARBINARY,
  type Value,
  varcharType,
} from '../spi/index.js'

const MIN_INTEGER = -(2 ** 31)
const MAX_INTEGER = 2 ** 31 - 1
const MAX_BIGINT = 2n ** 63n - 1n
const MAX_DECIMAL = 10n ** 38n - 1n

/** Wider kinds of numbers, each of which holds those before it. */
const NUMBER_RANK = ['unknown', 'integer', 'bigint', 'decimal', 'double'] as const

/**
 * What a program's value for a `?` means in SQL: null; boolean; a whole number INTEGER or BIGINT, another DOUBLE;
 * bigint BIGINT or DECIMAL; string VARCHAR; Date TIMESTAMP(3) WITH TIME ZONE; Uint8Array VARBINARY; array ARRAY.
 * @throws INVALID_PARAMETER_USAGE for values that have no meaning in SQL
 */
export function parameterConstant(value: unknown, position: number): ConstantExpression {
  const { type, carrier } = typed(value, position)
  return { kind: 'constant', type, value: carrier }
}

interface Typed {
  readonly type: SqlType
  readonly carrier: Value
}

function typed(value: unknown, position: number): Typed {
  switch (typeof value) {
    case 'boolean':
      return { type: BOOLEAN, carrier: value }
    case 'number':
      return typedNumber(value)
    case 'bigint':
      return typedBigint(value, position)
    case 'string':
      return { type: varcharType([...value].length), carrier: wellFormed(value) }
    case 'object':
      if (value === null) return { type: UNKNOWN, carrier: null }
      if (value instanceof Date) return typedDate(value, position)
      if (value instanceof Uint8Array) return { type: VARBINARY, carrier: value }
      if (Array.isArray(value)) return typedArray(value, position)
      break
  }
  throw unusable(position, value)
}

/** Lone surrogates have no UTF-8 form: each becomes U+FFFD. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8')

const unusable = (position: number, value: unknown): MillraceError =>
  new MillraceError(
    'INVALID_PARAMETER_USAGE',
    `Value of parameter ${position + 1} has no SQL type: ${Object.prototype.toString.call(value)}`,
  )

function typedNumber(value: number): Typed {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { type: DOUBLE, carrier: value }
  return value >= MIN_INTEGER && value <= MAX_INTEGER
    ? { type: INTEGER, carrier: value }
    : { type: BIGINT, carrier: BigInt(value) }
}

function typedBigint(value: bigint, position: number): Typed {
  if (value >= -MAX_BIGINT - 1n && value <= MAX_BIGINT) return { type: BIGINT, carrier: value }
  if (value < -MAX_DECIMAL || value > MAX_DECIMAL) throw unusable(position, value)
  return { type: decimalType(38, 0), carrier: value }
}

function typedDate(value: Date, position: number): Typed {
  const millis = value.getTime()
  if (Number.isNaN(millis)) throw unusable(position, value)
  return {
    type: timestampWithTimeZoneType(3),
    carrier: { picos: BigInt(millis) * 1_000_000_000n, zone: 'UTC' },
  }
}

/** The elements' common type: numbers widen; everything else must agree. */
function typedArray(values: readonly unknown[], position: number): Typed {
  const elements = values.map((value) => typed(value, position))
  let type: SqlType = UNKNOWN
  for (const element of elements) {
    if (element.type.kind === 'unknown') continue
    type = type.kind === 'unknown' ? element.type : commonType(type, element.type, position)
  }
  return {
    type: arrayType(type),
    carrier: elements.map((element) => widened(element, type)),
  }
}

function commonType(left: SqlType, right: SqlType, position: number): SqlType {
  const rank = (type: SqlType) => NUMBER_RANK.indexOf(type.kind as (typeof NUMBER_RANK)[number])
  if (rank(left) >= 0 && rank(right) >= 0) return rank(left) >= rank(right) ? left : right
  if (left.kind === 'varchar' && right.kind === 'varchar') {
    return varcharType(Math.max(left.length ?? 0, right.length ?? 0))
  }
  if (left.kind !== right.kind || left.kind === 'array') {
    throw new MillraceError(
      'INVALID_PARAMETER_USAGE',
      `Elements of parameter ${position + 1} have different types: ${left.kind}, ${right.kind}`,
    )
  }
  return left
}

function widened({ type, carrier }: Typed, target: SqlType): Value {
  if (carrier === null || type.kind === target.kind) return carrier
  if (target.kind === 'double') return Number(carrier)
  if (target.kind === 'bigint' || target.kind === 'decimal')
    return BigInt(carrier as number | bigint)
  return carrier
}
