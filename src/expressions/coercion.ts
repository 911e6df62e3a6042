import {
  arrayType,
  BIGINT,
  charType,
  DOUBLE,
  decimalType,
  INTEGER,
  isShortDecimal,
  MAX_CHAR_LENGTH,
  MAX_DECIMAL_PRECISION,
  mapType,
  REAL,
  type RowField,
  rowType,
  type SimpleTypeKind,
  SMALLINT,
  type SqlType,
  type TypeKind,
  timestampType,
  timestampWithTimeZoneType,
  timeWithTimeZoneType,
  typesEqual,
  varcharType,
} from '../spi/type/type.js'
import { numericType } from './type-signature.js'

/**
 * Trino's implicit coercions. VARCHAR coerces to CHAR, never the other way; numbers widen, DECIMAL goes to REAL and
 * DOUBLE; DATE to TIMESTAMP; everything without a zone to the same with one.
 * @source Trino io.trino.type.TypeCoercion
 */
interface Compatibility {
  readonly commonSuperType: SqlType
  readonly coercible: boolean
}

/** The least type both coerce to, or undefined. */
export const commonSuperType = (left: SqlType, right: SqlType): SqlType | undefined =>
  compatibility(left, right)?.commonSuperType

/** The least type all coerce to, or undefined; of no types: unknown. */
export function commonSuperTypeOf(types: readonly SqlType[]): SqlType | undefined {
  let result: SqlType = { kind: 'unknown' }
  for (const type of types) {
    const common = commonSuperType(result, type)
    if (common === undefined) return undefined
    result = common
  }
  return result
}

/** Tells whether every value of `from` becomes a value of `to` without a cast being written. */
export const canCoerce = (from: SqlType, to: SqlType): boolean =>
  compatibility(from, to)?.coercible ?? false

/** Tells whether the types have a common super type: what INSERT asks of a column. */
export const isCompatible = (from: SqlType, to: SqlType): boolean =>
  compatibility(from, to) !== undefined

/** Tells whether a coercion changes the type only, so that blocks of `from` are blocks of `to`. */
export function isTypeOnlyCoercion(from: SqlType, to: SqlType): boolean {
  if (typesEqual(from, to)) return true
  if (!canCoerce(from, to)) return false
  if (from.kind === 'varchar' && to.kind === 'varchar') return true
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    return (
      isShortDecimal(from) === isShortDecimal(to) &&
      from.scale === to.scale &&
      from.precision <= to.precision
    )
  }
  if (from.kind === 'row' && to.kind === 'row') {
    return (
      from.fields.length === to.fields.length &&
      from.fields.every((field, i) => isTypeOnlyCoercion(field.type, to.fields[i]!.type))
    )
  }
  if (from.kind === 'array' && to.kind === 'array') {
    return isTypeOnlyCoercion(from.element, to.element)
  }
  if (from.kind === 'map' && to.kind === 'map') {
    return isTypeOnlyCoercion(from.key, to.key) && isTypeOnlyCoercion(from.value, to.value)
  }
  return false
}

function compatibility(from: SqlType, to: SqlType): Compatibility | undefined {
  if (typesEqual(from, to) || from.kind === 'unknown') {
    return { commonSuperType: to, coercible: true }
  }
  if (to.kind === 'unknown') return { commonSuperType: from, coercible: false }
  if (from.kind === to.kind) return sameBase(from, to)
  const coerced = coerceTypeBase(from, to.kind)
  if (coerced !== undefined) return compatibility(coerced, to)
  const reverse = coerceTypeBase(to, from.kind)
  const found = reverse && compatibility(from, reverse)
  return found && { commonSuperType: found.commonSuperType, coercible: false }
}

function sameBase(from: SqlType, to: SqlType): Compatibility | undefined {
  const simple = superTypeOfNumbers(from, to)
  if (simple !== undefined) return { commonSuperType: simple, coercible: typesEqual(simple, to) }
  if (from.kind === 'array' && to.kind === 'array') {
    const element = compatibility(from.element, to.element)
    return (
      element && {
        commonSuperType: arrayType(element.commonSuperType),
        coercible: element.coercible,
      }
    )
  }
  if (from.kind === 'map' && to.kind === 'map') {
    const key = compatibility(from.key, to.key)
    const value = compatibility(from.value, to.value)
    if (key === undefined || value === undefined) return undefined
    return {
      commonSuperType: mapType(key.commonSuperType, value.commonSuperType),
      coercible: key.coercible && value.coercible,
    }
  }
  if (from.kind === 'row' && to.kind === 'row') return rowCompatibility(from.fields, to.fields)
  return undefined
}

function superTypeOfNumbers(from: SqlType, to: SqlType): SqlType | undefined {
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    const scale = Math.max(from.scale, to.scale)
    const whole = Math.max(from.precision - from.scale, to.precision - to.scale)
    return decimalType(Math.min(MAX_DECIMAL_PRECISION, whole + scale), scale)
  }
  if (from.kind === 'varchar' && to.kind === 'varchar') {
    if (from.length === undefined || to.length === undefined) return varcharType()
    return varcharType(Math.max(from.length, to.length))
  }
  if (from.kind === 'char' && to.kind === 'char') return charType(Math.max(from.length, to.length))
  if (
    from.kind === 'timestamp' ||
    from.kind === 'timestamp with time zone' ||
    from.kind === 'time' ||
    from.kind === 'time with time zone'
  ) {
    const precision = 'precision' in to ? Math.max(from.precision, to.precision) : from.precision
    return numericType(from.kind, [precision])
  }
  return undefined
}

function rowCompatibility(
  from: readonly RowField[],
  to: readonly RowField[],
): Compatibility | undefined {
  if (from.length !== to.length) return undefined
  let coercible = true
  const fields: RowField[] = []
  for (let i = 0; i < from.length; i++) {
    const found = compatibility(from[i]!.type, to[i]!.type)
    if (found === undefined) return undefined
    coercible &&= found.coercible
    const name = from[i]!.name
    fields.push(
      name !== undefined && name === to[i]!.name
        ? { name, type: found.commonSuperType }
        : { type: found.commonSuperType },
    )
  }
  return { commonSuperType: rowType(fields), coercible }
}

const INTEGER_DIGITS = { tinyint: 3, smallint: 5, integer: 10, bigint: 19 } as const
const WIDENINGS: Partial<Record<TypeKind, Partial<Record<TypeKind, SqlType>>>> = {
  tinyint: { smallint: SMALLINT, integer: INTEGER, bigint: BIGINT, real: REAL, double: DOUBLE },
  smallint: { integer: INTEGER, bigint: BIGINT, real: REAL, double: DOUBLE },
  integer: { bigint: BIGINT, real: REAL, double: DOUBLE },
  bigint: { real: REAL, double: DOUBLE },
  decimal: { real: REAL, double: DOUBLE },
  real: { double: DOUBLE },
  p4hyperloglog: { hyperloglog: { kind: 'hyperloglog' } },
}
const FROM_UNKNOWN = new Set<TypeKind>([
  'boolean',
  'bigint',
  'integer',
  'double',
  'real',
  'varbinary',
  'date',
  'hyperloglog',
  'setdigest',
  'p4hyperloglog',
  'json',
  'interval year to month',
  'interval day to second',
  'joniregexp',
  'jsonpath',
  'color',
  'objectid',
  'codepoints',
  'geometry',
  'sphericalgeography',
  'kdbtree',
  'bingtile',
])

/**
 * The type of base `base` that `source` coerces to, keeping as many of its parameters as it can.
 * @source Trino TypeCoercion.coerceTypeBase
 */
export function coerceTypeBase(source: SqlType, base: TypeKind): SqlType | undefined {
  if (source.kind === base) return source
  const widened = WIDENINGS[source.kind]?.[base]
  if (widened !== undefined) return widened
  switch (source.kind) {
    case 'unknown':
      return coerceUnknown(base)
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return base === 'decimal' ? decimalType(INTEGER_DIGITS[source.kind], 0) : undefined
    case 'date':
      if (base === 'timestamp') return timestampType(0)
      return base === 'timestamp with time zone' ? timestampWithTimeZoneType(0) : undefined
    case 'time':
      return base === 'time with time zone' ? timeWithTimeZoneType(source.precision) : undefined
    case 'timestamp':
      return base === 'timestamp with time zone'
        ? timestampWithTimeZoneType(source.precision)
        : undefined
    case 'varchar':
      if (base === 'char') {
        return charType(Math.min(MAX_CHAR_LENGTH, source.length ?? MAX_CHAR_LENGTH))
      }
      return patternType(base)
    case 'char':
      return patternType(base)
    default:
      return undefined
  }
}

const patternType = (base: TypeKind): SqlType | undefined =>
  base === 'joniregexp' || base === 'jsonpath' || base === 'codepoints'
    ? { kind: base as SimpleTypeKind }
    : undefined

function coerceUnknown(base: TypeKind): SqlType | undefined {
  if (FROM_UNKNOWN.has(base)) return { kind: base as SimpleTypeKind }
  switch (base) {
    case 'varchar':
      return varcharType(0)
    case 'char':
      return charType(0)
    case 'decimal':
      return decimalType(1, 0)
    case 'time':
    case 'time with time zone':
    case 'timestamp':
    case 'timestamp with time zone':
      return numericType(base, [])
    default:
      return undefined
  }
}
