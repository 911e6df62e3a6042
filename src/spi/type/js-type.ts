import { plainKey } from './plain-key.js'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DOUBLE,
  decimalType,
  MAX_DECIMAL_PRECISION,
  mapType,
  type RowField,
  rowType,
  type SqlType,
  timestampType,
  UNKNOWN,
  VARBINARY,
  VARCHAR,
} from './type.js'

/**
 * The SQL type that JavaScript values are read as when nothing is declared: number: BIGINT where safe integers, else
 * DOUBLE; bigint: BIGINT, or DECIMAL(38, 0) beyond 64 bits; string: VARCHAR; Date: TIMESTAMP(3) in UTC; bytes: VARBINARY;
 * array: ARRAY; Map: MAP; other objects: ROW. With `numbersAreDoubles` every number is DOUBLE. UNKNOWN for null and undefined; undefined for what is no value, such as a function.
 */
export function inferType(value: unknown, numbersAreDoubles = false): SqlType | undefined {
  switch (typeof value) {
    case 'undefined':
      return UNKNOWN
    case 'boolean':
      return BOOLEAN
    case 'string':
      return VARCHAR
    case 'number':
      return !numbersAreDoubles && Number.isSafeInteger(value) && !Object.is(value, -0)
        ? BIGINT
        : DOUBLE
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? BIGINT : decimalType(MAX_DECIMAL_PRECISION, 0)
    case 'object':
      return value === null ? UNKNOWN : inferObjectType(value, numbersAreDoubles)
    default:
      return undefined
  }
}

function inferObjectType(value: object, numbersAreDoubles: boolean): SqlType | undefined {
  if (value instanceof Date) return timestampType(3)
  if (value instanceof ArrayBuffer || value instanceof Uint8Array) return VARBINARY
  if (value instanceof Map) {
    const key = inferCommonType(value.keys(), numbersAreDoubles)
    const mapped = inferCommonType(value.values(), numbersAreDoubles)
    return key === undefined || mapped === undefined ? undefined : mapType(key, mapped)
  }
  if (Symbol.iterator in value) {
    const element = inferCommonType(value as Iterable<unknown>, numbersAreDoubles)
    return element === undefined ? undefined : arrayType(element)
  }
  const fields: RowField[] = []
  for (const [name, member] of Object.entries(value)) {
    const type = inferType(member, numbersAreDoubles)
    if (type === undefined) return undefined
    fields.push({ name, type })
  }
  return fields.length === 0 ? undefined : rowType(fields)
}

function inferCommonType(
  values: Iterable<unknown>,
  numbersAreDoubles: boolean,
): SqlType | undefined {
  let common: SqlType | undefined = UNKNOWN
  for (const value of values) {
    const type = inferType(value, numbersAreDoubles)
    common = type === undefined || common === undefined ? undefined : unifyTypes(common, type)
  }
  return common
}

/** The type that values of both inferred types can be read as; undefined where there is none. */
export function unifyTypes(a: SqlType, b: SqlType): SqlType | undefined {
  if (a.kind === 'unknown' || plainKey(a) === plainKey(b)) return b
  if (b.kind === 'unknown') return a
  const kinds = new Set([a.kind, b.kind])
  if (kinds.has('bigint') && kinds.has('double')) return DOUBLE
  if (kinds.has('bigint') && kinds.has('decimal')) return decimalType(MAX_DECIMAL_PRECISION, 0)
  if (a.kind === 'array' && b.kind === 'array') {
    const element = unifyTypes(a.element, b.element)
    return element === undefined ? undefined : arrayType(element)
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const key = unifyTypes(a.key, b.key)
    const value = unifyTypes(a.value, b.value)
    return key === undefined || value === undefined ? undefined : mapType(key, value)
  }
  if (a.kind === 'row' && b.kind === 'row') return unifyRows(a.fields, b.fields)
  return undefined
}

/** The fields of both, in the order in which they first appear. */
function unifyRows(a: readonly RowField[], b: readonly RowField[]): SqlType | undefined {
  const fields = new Map(a.map((field) => [field.name, field.type]))
  for (const { name, type } of b) {
    const own = fields.get(name)
    const common = own === undefined ? type : unifyTypes(own, type)
    if (common === undefined) return undefined
    fields.set(name, common)
  }
  return rowType(
    [...fields].map(([name, type]) => (name === undefined ? { type } : { name, type })),
  )
}
