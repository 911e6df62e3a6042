import { MillraceError } from '../error.js'
import { type SqlType, typeName } from './type.js'
import type { MapValue, Value, ZonedTime, ZonedTimestamp } from './value.js'

/** What a type's carriers are compared as. */
type Carrier =
  | 'boolean'
  | 'float'
  | 'number'
  | 'bigint'
  | 'varchar'
  | 'char'
  | 'bytes'
  | 'json'
  | 'zonedTime'
  | 'zonedTimestamp'
  | 'array'
  | 'map'
  | 'row'
  | 'unknown'
  /** As bytes, but only for equality. */
  | 'equal bytes'
  | 'equal number'
  | 'equal bigint'
  | 'incomparable'

const CARRIERS: Readonly<Record<SqlType['kind'], Carrier>> = {
  unknown: 'unknown',
  boolean: 'boolean',
  tinyint: 'number',
  smallint: 'number',
  integer: 'number',
  bigint: 'bigint',
  real: 'float',
  double: 'float',
  decimal: 'bigint',
  varchar: 'varchar',
  char: 'char',
  varbinary: 'bytes',
  json: 'json',
  json2016: 'incomparable',
  date: 'number',
  time: 'bigint',
  'time with time zone': 'zonedTime',
  timestamp: 'bigint',
  'timestamp with time zone': 'zonedTimestamp',
  'interval year to month': 'number',
  'interval day to second': 'bigint',
  uuid: 'bytes',
  ipaddress: 'bytes',
  objectid: 'bytes',
  array: 'array',
  map: 'map',
  row: 'row',
  function: 'incomparable',
  hyperloglog: 'incomparable',
  p4hyperloglog: 'incomparable',
  setdigest: 'incomparable',
  tdigest: 'incomparable',
  qdigest: 'incomparable',
  color: 'equal number',
  jsonpath: 'incomparable',
  joniregexp: 'incomparable',
  likepattern: 'incomparable',
  codepoints: 'incomparable',
  geometry: 'equal bytes',
  sphericalgeography: 'incomparable',
  kdbtree: 'incomparable',
  bingtile: 'equal bigint',
}

/** Tells whether `=`, DISTINCT and GROUP BY take values of the type. @source Trino Type.isComparable */
export function isComparable(type: SqlType): boolean {
  switch (type.kind) {
    case 'array':
      return isComparable(type.element)
    case 'map':
      return isComparable(type.key) && isComparable(type.value)
    case 'row':
      return type.fields.every((field) => isComparable(field.type))
    default:
      return CARRIERS[type.kind] !== 'incomparable'
  }
}

/** Tells whether `<` and ORDER BY take values of the type. @source Trino Type.isOrderable */
export function isOrderable(type: SqlType): boolean {
  switch (type.kind) {
    case 'array':
      return isOrderable(type.element)
    case 'row':
      return type.fields.every((field) => isOrderable(field.type))
    case 'map':
    case 'json':
    case 'color':
    case 'geometry':
    case 'bingtile':
      return false
    default:
      return CARRIERS[type.kind] !== 'incomparable'
  }
}

const compareNumbers = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0)
const compareBigints = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** NaN before or after all others and equal to itself; -0 equal to 0, as in Trino 476 (Double.compare, which older versions used, tells them apart). */
export function compareFloats(a: number, b: number, nan: 'first' | 'last'): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  const order = Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return nan === 'last' ? order : -order
}

/** The order of code points, which is that of UTF-8 bytes, between two UTF-16 code units. */
const codeUnitRank = (unit: number): number =>
  unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x10000 : unit - 0x800

/** Compares well-formed strings by code point, as Trino compares their UTF-8 bytes. O(common prefix). */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return codeUnitRank(left) - codeUnitRank(right)
  }
  return a.length - b.length
}

/** Compares strings without trailing blanks as if the shorter were padded with blanks. @source Trino Chars.compareChars */
export function compareChars(a: string, b: string): number {
  const length = Math.max(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = i < a.length ? a.charCodeAt(i) : 32
    const right = i < b.length ? b.charCodeAt(i) : 32
    if (left !== right) return codeUnitRank(left) - codeUnitRank(right)
  }
  return 0
}

/** Compares unsigned bytes, a prefix before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!
  }
  return a.length - b.length
}

const PICOS_PER_MINUTE = 60_000_000_000_000n
const PICOS_PER_DAY = 86_400_000_000_000_000n

/** The picosecond of the UTC day of a time at an offset: what such times are compared by. */
export function utcPicosOfDay(time: ZonedTime): bigint {
  const utc = (time.picos - BigInt(time.offsetMinutes) * PICOS_PER_MINUTE) % PICOS_PER_DAY
  return utc < 0n ? utc + PICOS_PER_DAY : utc
}

/**
 * Orders two values of an orderable type, neither of them NULL: negative, 0 or positive. A total order (`<` with a NaN is
 * false, which its callers see to).
 * @param nan where NaN goes among numbers; an ORDER BY with NULLS FIRST has it first, before it is turned for DESC
 * @throws NOT_SUPPORTED for nulls inside of arrays and rows that have to be compared
 * @source Trino COMPARISON_UNORDERED_LAST, COMPARISON_UNORDERED_FIRST
 */
export function compareValues(
  type: SqlType,
  a: Value,
  b: Value,
  nan: 'first' | 'last' = 'last',
): number {
  switch (CARRIERS[type.kind]) {
    case 'boolean':
    case 'number':
      return compareNumbers(Number(a), Number(b))
    case 'float':
      return compareFloats(a as number, b as number, nan)
    case 'bigint':
      return compareBigints(a as bigint, b as bigint)
    case 'varchar':
      return compareStrings(a as string, b as string)
    case 'char':
      return compareChars(a as string, b as string)
    case 'bytes':
      return compareBytes(a as Uint8Array, b as Uint8Array)
    case 'zonedTime':
      return compareBigints(utcPicosOfDay(a as ZonedTime), utcPicosOfDay(b as ZonedTime))
    case 'zonedTimestamp':
      return compareBigints((a as ZonedTimestamp).picos, (b as ZonedTimestamp).picos)
    case 'array':
      return compareArrays(type, a as readonly Value[], b as readonly Value[], nan)
    case 'row':
      return compareRows(type, a as readonly Value[], b as readonly Value[], nan)
    case 'unknown':
      return 0
    case 'json':
    case 'map':
    case 'equal bytes':
    case 'equal number':
    case 'equal bigint':
    case 'incomparable':
      throw new MillraceError('NOT_SUPPORTED', `Type is not orderable: ${typeName(type)}`)
  }
}

function compareArrays(
  type: SqlType,
  a: readonly Value[],
  b: readonly Value[],
  nan: 'first' | 'last',
): number {
  const element = type.kind === 'array' ? type.element : type
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a[i] === null || b[i] === null) {
      throw new MillraceError(
        'NOT_SUPPORTED',
        'ARRAY comparison not supported for arrays with null elements',
      )
    }
    const order = compareValues(element, a[i]!, b[i]!, nan)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareRows(
  type: SqlType,
  a: readonly Value[],
  b: readonly Value[],
  nan: 'first' | 'last',
): number {
  const fields = type.kind === 'row' ? type.fields : []
  for (const [i, field] of fields.entries()) {
    if (a[i] === null || b[i] === null) {
      throw new MillraceError(
        'NOT_SUPPORTED',
        'ROW comparison not supported for fields with null elements',
      )
    }
    const order = compareValues(field.type, a[i]!, b[i]!, nan)
    if (order !== 0) return order
  }
  return 0
}

/**
 * SQL's `=` of two values of a comparable type, neither NULL; null where nulls inside of arrays, maps or rows leave it
 * open. NaN equals nothing.
 * @source Trino EQUAL operators
 */
export function valuesEqual(type: SqlType, a: Value, b: Value): boolean | null {
  switch (type.kind) {
    case 'real':
    case 'double':
      return a === b
    case 'json':
    case 'color':
    case 'bingtile':
      return a === b
    case 'geometry':
      return compareBytes(a as Uint8Array, b as Uint8Array) === 0
    case 'array':
      return (
        (a as readonly Value[]).length === (b as readonly Value[]).length &&
        allEqual(() => type.element, a as readonly Value[], b as readonly Value[])
      )
    case 'row':
      return allEqual((i) => type.fields[i]!.type, a as readonly Value[], b as readonly Value[])
    case 'map':
      return mapsEqual(type.key, type.value, a as MapValue, b as MapValue)
    default:
      if (CARRIERS[type.kind] === 'incomparable') {
        throw new MillraceError('NOT_SUPPORTED', `Type is not comparable: ${typeName(type)}`)
      }
      return compareValues(type, a, b) === 0
  }
}

/** False where a pair differs; else null where a pair is open; else true. */
function allEqual(
  typeAt: (index: number) => SqlType,
  a: readonly Value[],
  b: readonly Value[],
): boolean | null {
  let open = false
  for (let i = 0; i < a.length; i++) {
    const left = a[i] ?? null
    const right = b[i] ?? null
    if (left === null || right === null) {
      open = true
      continue
    }
    const equal = valuesEqual(typeAt(i), left, right)
    if (equal === false) return false
    if (equal === null) open = true
  }
  return open ? null : true
}

function mapsEqual(key: SqlType, value: SqlType, a: MapValue, b: MapValue): boolean | null {
  if (a.keys.length !== b.keys.length) return false
  const byKey = new Map(b.keys.map((k, i) => [valueKey(key, k), b.values[i] ?? null]))
  const left: Value[] = []
  const right: Value[] = []
  for (const [i, k] of a.keys.entries()) {
    const other = byKey.get(valueKey(key, k))
    if (other === undefined) return false
    left.push(a.values[i] ?? null)
    right.push(other)
  }
  return allEqual(() => value, left, right)
}

/** IS NOT DISTINCT FROM, what DISTINCT and GROUP BY use: NULL equals NULL and NaN NaN. @source Trino IDENTICAL */
export const valuesIdentical = (type: SqlType, a: Value, b: Value): boolean =>
  a === b || (a !== null && b !== null && valueKey(type, a) === valueKey(type, b))

/**
 * A string that is the same for two values of one comparable type exactly when they are identical in the sense of
 * {@link valuesIdentical}. For hash maps where no kernel serves. O(size).
 */
export function valueKey(type: SqlType, value: Value): string {
  if (value === null) return '~'
  switch (CARRIERS[type.kind]) {
    case 'boolean':
    case 'number':
    case 'bigint':
    case 'equal number':
    case 'equal bigint':
      return String(value)
    case 'float':
      return String((value as number) + 0)
    case 'varchar':
    case 'char':
    case 'json':
      return `'${value as string}`
    case 'bytes':
    case 'equal bytes':
    case 'incomparable':
      return Buffer.from(value as Uint8Array).toString('latin1')
    case 'zonedTime':
      return String(utcPicosOfDay(value as ZonedTime))
    case 'zonedTimestamp':
      return String((value as ZonedTimestamp).picos)
    case 'array':
    case 'row':
      return nestedKey(
        type.kind === 'row' ? type.fields.map((field) => field.type) : [elementOf(type)],
        value as readonly Value[],
      )
    case 'map': {
      const { keys, values } = value as MapValue
      const [keyType, valueType] = type.kind === 'map' ? [type.key, type.value] : [type, type]
      const entries = keys.map((k, i) => nestedKey([keyType, valueType], [k, values[i] ?? null]))
      return `{${entries.sort().join('')}}`
    }
    case 'unknown':
      return '~'
  }
}

const elementOf = (type: SqlType): SqlType => (type.kind === 'array' ? type.element : type)

/** Members with their lengths, so that no member's text can be taken for a border. */
function nestedKey(types: readonly SqlType[], members: readonly Value[]): string {
  let key = `[${members.length}`
  for (const [i, member] of members.entries()) {
    const part = valueKey(types[Math.min(i, types.length - 1)]!, member)
    key += `,${part.length}:${part}`
  }
  return `${key}]`
}
