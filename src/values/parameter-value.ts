import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DOUBLE,
  decimalType,
  INTEGER,
  type MapValue,
  MillraceError,
  mapType,
  rowType,
  type SqlType,
  timestampWithTimeZoneType,
  UNKNOWN,
  VARBINARY,
  type Value,
  varcharType,
} from '../spi/index.js'

/** Of arrays, maps and objects in one another; what contains itself goes deeper. */
const DEPTH_MAX = 100
const MIN_INTEGER = -(2 ** 31)
const MAX_INTEGER = 2 ** 31 - 1
const MAX_BIGINT = 2n ** 63n - 1n
const MAX_DECIMAL = 10n ** 38n - 1n

/** Wider kinds of numbers, each of which holds those before it. */
const NUMBER_RANK = ['unknown', 'integer', 'bigint', 'decimal', 'double'] as const

export interface TypedValue {
  readonly type: SqlType
  readonly carrier: Value
}

/**
 * What a program's value for a `?` means in SQL: null; boolean; a whole number INTEGER or BIGINT, another DOUBLE;
 * bigint BIGINT or DECIMAL; string VARCHAR; Date TIMESTAMP(3) WITH TIME ZONE; Uint8Array, Buffer or ArrayBuffer VARBINARY; array or another
 * typed array ARRAY; Map MAP; plain object ROW.
 * @param position counted from 0
 * @throws INVALID_PARAMETER_USAGE for values that have no meaning in SQL
 */
export function parameterValue(value: unknown, position: number, depth = 0): TypedValue {
  if (depth > DEPTH_MAX) throw tooDeep(position)
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
      if (value instanceof ArrayBuffer) return { type: VARBINARY, carrier: new Uint8Array(value) }
      if (Array.isArray(value)) return typedArray(value, position, depth)
      if (ArrayBuffer.isView(value)) return typedNumbers(value, position)
      if (value instanceof Map) return typedMap(value, position, depth)
      if (isPlainObject(value)) return typedRow(value, position, depth)
      break
  }
  throw unusable(position, value)
}

const tooDeep = (position: number): MillraceError =>
  new MillraceError(
    'INVALID_PARAMETER_USAGE',
    `Value of parameter ${position + 1} is nested deeper than ${DEPTH_MAX} levels, or in itself`,
  )

/** Lone surrogates have no UTF-8 form: each becomes U+FFFD. */
const wellFormed = (text: string): string =>
  new TextDecoder().decode(new TextEncoder().encode(text))

const unusable = (position: number, value: unknown): MillraceError =>
  new MillraceError(
    'INVALID_PARAMETER_USAGE',
    `Value of parameter ${position + 1} has no SQL type: ${Object.prototype.toString.call(value)}`,
  )

function typedNumber(value: number): TypedValue {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { type: DOUBLE, carrier: value }
  return value >= MIN_INTEGER && value <= MAX_INTEGER
    ? { type: INTEGER, carrier: value }
    : { type: BIGINT, carrier: BigInt(value) }
}

function typedBigint(value: bigint, position: number): TypedValue {
  if (value >= -MAX_BIGINT - 1n && value <= MAX_BIGINT) return { type: BIGINT, carrier: value }
  if (value < -MAX_DECIMAL || value > MAX_DECIMAL) throw unusable(position, value)
  return { type: decimalType(38, 0), carrier: value }
}

function typedDate(value: Date, position: number): TypedValue {
  const millis = value.getTime()
  if (Number.isNaN(millis)) throw unusable(position, value)
  return {
    type: timestampWithTimeZoneType(3),
    carrier: { picos: BigInt(millis) * 1_000_000_000n, zone: 'UTC' },
  }
}

const isPlainObject = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** Float32Array, BigInt64Array and their like, of one type whatever their values are. */
function typedNumbers(view: ArrayBufferView, position: number): TypedValue {
  if (view instanceof Float32Array || view instanceof Float64Array) {
    return { type: arrayType(DOUBLE), carrier: Array.from(view) }
  }
  if (view instanceof DataView) throw unusable(position, view)
  return typedArray([...(view as Iterable<unknown> & ArrayBufferView)], position, 0)
}

function typedMap(map: ReadonlyMap<unknown, unknown>, position: number, depth: number): TypedValue {
  const keys = typedArray([...map.keys()], position, depth)
  const values = typedArray([...map.values()], position, depth)
  if (map.has(null)) throw unusable(position, map)
  return {
    type: mapType(elementOf(keys.type), elementOf(values.type)),
    carrier: { keys: keys.carrier as Value[], values: values.carrier as Value[] },
  }
}

const elementOf = (type: SqlType): SqlType => (type.kind === 'array' ? type.element : type)

/** @throws INVALID_PARAMETER_USAGE for an object without properties, which no ROW is */
function typedRow(
  row: Readonly<Record<string, unknown>>,
  position: number,
  depth: number,
): TypedValue {
  const fields = Object.entries(row).map(([name, value]) => ({
    name,
    ...parameterValue(value, position, depth + 1),
  }))
  if (fields.length === 0) throw unusable(position, row)
  return {
    type: rowType(fields.map(({ name, type }) => ({ name, type }))),
    carrier: fields.map((field) => field.carrier),
  }
}

/** The elements' common type: numbers widen, in nested values too; everything else must agree. */
function typedArray(values: readonly unknown[], position: number, depth: number): TypedValue {
  const elements = values.map((value) => parameterValue(value, position, depth + 1))
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
  const nested = commonNestedType(left, right, position)
  if (nested !== undefined) return nested
  if (left.kind !== right.kind) {
    throw new MillraceError(
      'INVALID_PARAMETER_USAGE',
      `Elements of parameter ${position + 1} have different types: ${left.kind}, ${right.kind}`,
    )
  }
  return left
}

/** That of two arrays, maps or rows of the same fields; undefined for other types. */
function commonNestedType(left: SqlType, right: SqlType, position: number): SqlType | undefined {
  if (left.kind === 'unknown') return right
  if (right.kind === 'unknown') return left
  if (left.kind === 'array' && right.kind === 'array') {
    return arrayType(commonType(left.element, right.element, position))
  }
  if (left.kind === 'map' && right.kind === 'map') {
    const key = commonType(left.key, right.key, position)
    return mapType(key, commonType(left.value, right.value, position))
  }
  if (left.kind === 'row' && right.kind === 'row') {
    const isSame =
      left.fields.length === right.fields.length &&
      left.fields.every((field, i) => field.name === right.fields[i]!.name)
    if (!isSame) {
      throw new MillraceError(
        'INVALID_PARAMETER_USAGE',
        `Objects of parameter ${position + 1} have different properties`,
      )
    }
    return rowType(
      left.fields.map((field, i) => ({
        ...field,
        type: commonType(field.type, right.fields[i]!.type, position),
      })),
    )
  }
  return undefined
}

function widened({ type, carrier }: TypedValue, target: SqlType): Value {
  if (carrier === null) return carrier
  if (type.kind === 'array' && target.kind === 'array') {
    return (carrier as readonly Value[]).map((value) =>
      widened({ type: type.element, carrier: value }, target.element),
    )
  }
  if (type.kind === 'map' && target.kind === 'map') {
    const { keys, values } = carrier as MapValue
    return {
      keys: keys.map((key) => widened({ type: type.key, carrier: key }, target.key)),
      values: values.map((value) => widened({ type: type.value, carrier: value }, target.value)),
    }
  }
  if (type.kind === 'row' && target.kind === 'row') {
    return (carrier as readonly Value[]).map((value, i) =>
      widened({ type: type.fields[i]!.type, carrier: value }, target.fields[i]!.type),
    )
  }
  if (type.kind === target.kind) return carrier
  if (target.kind === 'double') return Number(carrier)
  if (target.kind === 'bigint' || target.kind === 'decimal')
    return BigInt(carrier as number | bigint)
  return carrier
}
