import { MillraceError } from '../../spi/error.js'
import type { SqlType } from '../../spi/type/type.js'
import type { MapValue, Value, ZonedTime, ZonedTimestamp } from '../../spi/type/value.js'
import { PICOS_PER_MINUTE } from '../../values/civil.js'

/**
 * Comparison of carriers by SQL's rules. `equality` is `=`: NULL (unknown) where a null inside a composite decides;
 * `identity` is IS NOT DISTINCT FROM, grouping and join equality; `order` is a total order for ORDER BY and `<`.
 */
export type Equality = (left: Value, right: Value) => boolean | null
export type Identity = (left: Value, right: Value) => boolean
export type Order = (left: Value, right: Value) => number

/** Orders by code points, which is the order of the UTF-8 bytes. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i)
    const b = right.charCodeAt(i)
    if (a === b) continue
    // Surrogates stand for code points above all other units.
    if (a >= 0xd800 && b >= 0xd800) {
      const aHigh = a < 0xe000
      if (aHigh !== b < 0xe000) return aHigh ? 1 : -1
    }
    return a < b ? -1 : 1
  }
  return left.length < right.length ? -1 : 1
}

/** Orders CHARs, carried without trailing blanks, as if padded with blanks. */
export function compareChars(left: string, right: string): number {
  const length = Math.max(left.length, right.length)
  return compareStrings(left.padEnd(length, ' '), right.padEnd(length, ' '))
}

export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    const difference = left[i]! - right[i]!
    if (difference !== 0) return difference < 0 ? -1 : 1
  }
  return Math.sign(left.length - right.length)
}

const compareScalars = (left: Value, right: Value): number =>
  left === right ? 0 : (left as number) < (right as number) ? -1 : 1

/** NaN after everything; -0 equals 0. */
export function compareNumbers(left: number, right: number): number {
  if (left < right) return -1
  if (left > right) return 1
  if (left === right) return 0
  const leftNaN = Number.isNaN(left)
  return leftNaN === Number.isNaN(right) ? 0 : leftNaN ? 1 : -1
}

const utcPicos = (time: ZonedTime): bigint =>
  time.picos - BigInt(time.offsetMinutes) * PICOS_PER_MINUTE

/** Normalizes to the day, as TIME WITH TIME ZONE compares. */
const DAY = 24n * 60n * PICOS_PER_MINUTE
const normalizedPicos = (time: ZonedTime): bigint => ((utcPicos(time) % DAY) + DAY) % DAY

const instant = (value: Value): bigint => (value as ZonedTimestamp).picos

/**
 * The order of a type's values; nulls inside composites are an error as Trino has it.
 * @param nan where NaN goes among numbers, within composites too
 */
export function orderOf(type: SqlType, nan: 'first' | 'last' = 'last'): Order {
  switch (type.kind) {
    case 'double':
    case 'real':
      return nan === 'last'
        ? (left, right) => compareNumbers(left as number, right as number)
        : (left, right) => -compareNumbers(-(left as number), -(right as number))
    case 'varchar':
    case 'json':
      return (left, right) => compareStrings(left as string, right as string)
    case 'char':
      return (left, right) => compareChars(left as string, right as string)
    case 'timestamp with time zone':
      return (left, right) => compareScalars(instant(left), instant(right))
    case 'time with time zone':
      return (left, right) =>
        compareScalars(normalizedPicos(left as ZonedTime), normalizedPicos(right as ZonedTime))
    case 'array':
      return arrayOrder(orderOf(type.element, nan))
    case 'row':
      return rowOrder(type.fields.map((field) => orderOf(field.type, nan)))
    default:
      return isBytes(type)
        ? (left, right) => compareBytes(left as Uint8Array, right as Uint8Array)
        : compareScalars
  }
}

const isBytes = (type: SqlType): boolean =>
  type.kind === 'varbinary' ||
  type.kind === 'uuid' ||
  type.kind === 'ipaddress' ||
  type.kind === 'objectid' ||
  type.kind === 'geometry' ||
  type.kind.endsWith('digest') ||
  type.kind.endsWith('loglog')

function refuseNulls(kind: string, left: Value, right: Value): void {
  if (left === null || right === null) {
    throw new MillraceError(
      'NOT_SUPPORTED',
      `${kind} comparison not supported for ${kind === 'ARRAY' ? 'arrays with null elements' : 'fields with null elements'}`,
    )
  }
}

function arrayOrder(order: Order): Order {
  return (left, right) => {
    const a = left as readonly Value[]
    const b = right as readonly Value[]
    const length = Math.min(a.length, b.length)
    for (let i = 0; i < length; i++) {
      refuseNulls('ARRAY', a[i]!, b[i]!)
      const result = order(a[i]!, b[i]!)
      if (result !== 0) return result
    }
    return Math.sign(a.length - b.length)
  }
}

function rowOrder(orders: readonly Order[]): Order {
  return (left, right) => {
    const a = left as readonly Value[]
    const b = right as readonly Value[]
    for (let i = 0; i < orders.length; i++) {
      refuseNulls('ROW', a[i]!, b[i]!)
      const result = orders[i]!(a[i]!, b[i]!)
      if (result !== 0) return result
    }
    return 0
  }
}

/** `=` of a type. Neither argument is null. */
export function equalityOf(type: SqlType): Equality {
  switch (type.kind) {
    case 'double':
    case 'real':
      return (left, right) => left === right
    case 'array': {
      const element = nullable(equalityOf(type.element))
      return (left, right) => {
        const a = left as readonly Value[]
        const b = right as readonly Value[]
        return a.length === b.length ? allEqual(a, b, () => element) : false
      }
    }
    case 'row': {
      const fields = type.fields.map((field) => nullable(equalityOf(field.type)))
      return (left, right) =>
        allEqual(left as readonly Value[], right as readonly Value[], (i) => fields[i]!)
    }
    case 'map':
      return mapEquality(equalityOf(type.key), nullable(equalityOf(type.value)))
    default: {
      const order = orderOf(type)
      return (left, right) => order(left, right) === 0
    }
  }
}

const nullable =
  (equality: Equality): Equality =>
  (left, right) =>
    left === null || right === null ? null : equality(left, right)

function allEqual(
  left: readonly Value[],
  right: readonly Value[],
  equality: (index: number) => Equality,
): boolean | null {
  let unknown = false
  for (let i = 0; i < left.length; i++) {
    const equal = equality(i)(left[i]!, right[i]!)
    if (equal === false) return false
    if (equal === null) unknown = true
  }
  return unknown ? null : true
}

function mapEquality(keys: Equality, values: Equality): Equality {
  return (left, right) => {
    const a = left as MapValue
    const b = right as MapValue
    if (a.keys.length !== b.keys.length) return false
    let unknown = false
    for (let i = 0; i < a.keys.length; i++) {
      const j = findKey(b, a.keys[i]!, keys)
      if (j < 0) return false
      const equal = values(a.values[i]!, b.values[j]!)
      if (equal === false) return false
      if (equal === null) unknown = true
    }
    return unknown ? null : true
  }
}

/** The position of a key in a map, or -1; a key that is NaN, or holds one, equals none. O(entries). */
export function findKey(map: MapValue, key: Value, isSame: Equality): number {
  for (let i = 0; i < map.keys.length; i++) if (isSame(map.keys[i]!, key) === true) return i
  return -1
}

/** IS NOT DISTINCT FROM: nulls and NaNs are identical to themselves. */
export function identityOf(type: SqlType): Identity {
  const identity = identityOfPresent(type)
  return (left, right) => (left === null || right === null ? left === right : identity(left, right))
}

function identityOfPresent(type: SqlType): Identity {
  switch (type.kind) {
    case 'array': {
      const element = identityOf(type.element)
      return (left, right) => {
        const a = left as readonly Value[]
        const b = right as readonly Value[]
        return a.length === b.length && a.every((value, i) => element(value, b[i]!))
      }
    }
    case 'row': {
      const fields = type.fields.map((field) => identityOf(field.type))
      return (left, right) => {
        const b = right as readonly Value[]
        return (left as readonly Value[]).every((value, i) => fields[i]!(value, b[i]!))
      }
    }
    case 'map': {
      const keys = identityOf(type.key)
      const values = identityOf(type.value)
      return (left, right) => {
        const a = left as MapValue
        const b = right as MapValue
        if (a.keys.length !== b.keys.length) return false
        return a.keys.every((key, i) => {
          const j = findKey(b, key, keys)
          return j >= 0 && values(a.values[i]!, b.values[j]!)
        })
      }
    }
    default: {
      const order = orderOf(type)
      return (left, right) => order(left, right) === 0
    }
  }
}

/**
 * A JavaScript value that is the same (as a Map key) for identical values of a type: for distinct, histograms and
 * hash lookups over carriers.
 */
export function hashKeyOf(
  type: SqlType,
): (value: Value) => string | number | bigint | boolean | null {
  switch (type.kind) {
    case 'double':
    case 'real':
      return (value) => (value === 0 ? 0 : (value as number | null))
    case 'timestamp with time zone':
      return (value) => (value === null ? null : instant(value))
    case 'time with time zone':
      return (value) => (value === null ? null : normalizedPicos(value as ZonedTime))
    case 'array':
    case 'row': {
      const keys =
        type.kind === 'array'
          ? [hashKeyOf(type.element)]
          : type.fields.map((field) => hashKeyOf(field.type))
      return (value) =>
        value === null
          ? null
          : `[${(value as readonly Value[]).map((item, i) => tagged(keys[i % keys.length]!(item))).join(',')}]`
    }
    case 'map': {
      const keys = hashKeyOf(type.key)
      const values = hashKeyOf(type.value)
      return (value) => {
        if (value === null) return null
        const map = value as MapValue
        const entries = map.keys.map(
          (key, i) => `${tagged(keys(key))}=${tagged(values(map.values[i]!))}`,
        )
        return `{${entries.sort().join(',')}}`
      }
    }
    default:
      return isBytes(type)
        ? (value) => (value === null ? null : Buffer.from(value as Uint8Array).toString('latin1'))
        : (value) => value as string | number | bigint | boolean | null
  }
}

const tagged = (key: string | number | bigint | boolean | null): string =>
  typeof key === 'string' ? JSON.stringify(key) : `${typeof key === 'bigint' ? 'n' : ''}${key}`
