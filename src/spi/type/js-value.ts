import { MillraceError } from '../error.js'
import {
  parseDateText,
  parseDecimalText,
  parseIpAddressText,
  parseTimestampText,
  parseTimeText,
  parseUuidText,
  parseZonedTimestampText,
  parseZonedTimeText,
} from './js-text.js'
import { type DecimalType, type RowType, type SqlType, typeName } from './type.js'
import type { Value } from './value.js'

/** Turns a JavaScript value into a carrier. @throws TYPE_MISMATCH for a value that the type can't hold exactly */
export type ValueConverter = (value: unknown) => Value

const PICOS_PER_MILLI = 1_000_000_000n
const MILLIS_PER_DAY = 86_400_000

/**
 * Makes the converter of a type: lenient in what it takes, exact in what it gives. null and undefined are NULL.
 *
 * | type | takes |
 * |---|---|
 * | BOOLEAN | boolean |
 * | integers | number or bigint in range, text of digits |
 * | REAL, DOUBLE | number, bigint |
 * | DECIMAL | bigint, text; number, rounded to the scale |
 * | VARCHAR, CHAR | string; number, bigint and boolean as their text; Date in ISO form |
 * | VARBINARY | Uint8Array, ArrayBuffer |
 * | JSON | text of JSON, or any other value that JSON has |
 * | DATE | Date (its day in UTC), text, number of days |
 * | TIME | text |
 * | TIMESTAMP, with time zone too | Date, text, number of milliseconds since the epoch (UTC) |
 * | intervals | number or bigint of months, milliseconds |
 * | UUID, IPADDRESS | text, 16 bytes |
 * | ARRAY | any iterable but a string; MAP: Map, object; ROW: array, object by field name |
 */
export function valueConverter(type: SqlType): ValueConverter {
  const convert = presentConverter(type)
  return (value) => {
    if (value === null || value === undefined) return null
    const converted = convert(value)
    if (converted === undefined) throw mismatch(type, value)
    return converted
  }
}

function mismatch(type: SqlType, value: unknown): MillraceError {
  return new MillraceError('TYPE_MISMATCH', `Value is no ${typeName(type)}: ${printValue(value)}`)
}

/** A value in a message, cut where it is long. */
function printValue(value: unknown): string {
  const text =
    typeof value === 'string'
      ? `'${value}'`
      : typeof value === 'object'
        ? Object.prototype.toString.call(value)
        : String(value)
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

/** Converts what is neither null nor undefined; undefined where the type can't hold it. */
type PresentConverter = (value: unknown) => Value | undefined

const integer =
  (bits: number): PresentConverter =>
  (value) => {
    const exact = exactInteger(value)
    return exact !== undefined && BigInt.asIntN(bits, exact) === exact ? Number(exact) : undefined
  }
const bigint: PresentConverter = (value) => {
  const exact = exactInteger(value)
  return exact !== undefined && BigInt.asIntN(64, exact) === exact ? exact : undefined
}

function exactInteger(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && /^\s*[+-]?\d{1,40}\s*$/.test(value)
    ? BigInt(value.trim().replace(/^\+/, ''))
    : undefined
}

const double: PresentConverter = (value) => {
  if (typeof value === 'number') return value
  if (typeof value !== 'bigint') return undefined
  const rounded = Number(value)
  return Number.isFinite(rounded) && BigInt(rounded) === value ? rounded : undefined
}

function decimal({ precision, scale }: DecimalType): PresentConverter {
  const limit = 10n ** BigInt(precision)
  return (value) => {
    const unscaled = unscaledOf(value, scale)
    return unscaled === undefined || unscaled >= limit || unscaled <= -limit ? undefined : unscaled
  }
}

function unscaledOf(value: unknown, scale: number): bigint | undefined {
  if (typeof value === 'bigint') return value * 10n ** BigInt(scale)
  if (typeof value === 'string') return parseDecimalText(value, scale)
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  // toFixed rounds the number's exact binary value; its shortest text is what was meant, if that fits the scale.
  return (
    parseDecimalText(String(value), scale) ??
    (Math.abs(value) < 1e21 ? parseDecimalText(value.toFixed(scale), scale) : undefined)
  )
}

function text(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? value.toISOString()
        : undefined
  }
}

const limitedText =
  (length: number | undefined): ((value: unknown) => string | undefined) =>
  (value) => {
    const string = text(value)
    if (string === undefined || length === undefined || string.length <= length) return string
    return [...string].length <= length ? string : undefined
  }

function bytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : undefined
}

const sixteenBytes =
  (parse: (text: string) => Uint8Array | undefined): PresentConverter =>
  (value) => {
    const read = typeof value === 'string' ? parse(value) : bytes(value)
    return read?.length === 16 ? read : undefined
  }

/** JSON with the members of objects in the order of their names, as Trino keeps it. @source Trino json_parse */
function json(value: unknown): string | undefined {
  let parsed = value
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value)
    } catch {
      return undefined
    }
  }
  return JSON.stringify(parsed, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : typeof member === 'bigint'
        ? Number(member)
        : member,
  )
}

function epochMillis(value: unknown): number | undefined {
  const millis = value instanceof Date ? value.getTime() : value
  return typeof millis === 'number' && Number.isSafeInteger(millis) ? millis : undefined
}

/** Picoseconds of an instant in milliseconds, if the type's fraction digits hold it. */
function instantPicos(value: unknown, precision: number): bigint | undefined {
  const millis = epochMillis(value)
  if (millis === undefined) return undefined
  const picos = BigInt(millis) * PICOS_PER_MILLI
  return picos % 10n ** BigInt(12 - precision) === 0n ? picos : undefined
}

function presentConverter(type: SqlType): PresentConverter {
  switch (type.kind) {
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : undefined)
    case 'tinyint':
      return integer(8)
    case 'smallint':
      return integer(16)
    case 'integer':
    case 'interval year to month':
      return integer(32)
    case 'bigint':
    case 'interval day to second':
      return bigint
    case 'real':
      return (value) => {
        const number = double(value)
        return typeof number === 'number' ? Math.fround(number) : undefined
      }
    case 'double':
      return double
    case 'decimal':
      return decimal(type)
    case 'varchar':
      return limitedText(type.length)
    case 'char': {
      const limited = limitedText(type.length)
      return (value) => limited(typeof value === 'string' ? value.replace(/ +$/, '') : value)
    }
    case 'json':
      return json
    case 'date':
      return (value) => {
        if (typeof value === 'string') return parseDateText(value)
        if (!(value instanceof Date)) return integer(32)(value)
        const days = Math.floor(value.getTime() / MILLIS_PER_DAY)
        return Number.isNaN(days) ? undefined : days
      }
    case 'time':
      return (value) =>
        typeof value === 'string' ? parseTimeText(value, type.precision) : undefined
    case 'time with time zone':
      return (value) =>
        typeof value === 'string' ? parseZonedTimeText(value, type.precision) : undefined
    case 'timestamp':
      return (value) =>
        typeof value === 'string'
          ? parseTimestampText(value, type.precision)
          : instantPicos(value, type.precision)
    case 'timestamp with time zone':
      return (value) => {
        if (typeof value === 'string') return parseZonedTimestampText(value, type.precision)
        const picos = instantPicos(value, type.precision)
        return picos === undefined ? undefined : { picos, zone: 'UTC' }
      }
    case 'uuid':
      return sixteenBytes(parseUuidText)
    case 'ipaddress':
      return sixteenBytes(parseIpAddressText)
    case 'array':
      return arrayConverter(type.element)
    case 'map':
      return mapConverter(type.key, type.value)
    case 'row':
      return rowConverter(type)
    case 'unknown':
      return () => undefined
    default:
      return bytes
  }
}

function arrayConverter(element: SqlType): PresentConverter {
  const convert = valueConverter(element)
  return (value) =>
    typeof value === 'object' && value !== null && Symbol.iterator in value
      ? Array.from(value as Iterable<unknown>, convert)
      : undefined
}

function mapConverter(key: SqlType, value: SqlType): PresentConverter {
  const convertKey = valueConverter(key)
  const convertValue = valueConverter(value)
  return (map) => {
    if (typeof map !== 'object' || map === null) return undefined
    const entries = map instanceof Map ? [...map] : Object.entries(map)
    const keys = entries.map(([k]) => convertKey(k))
    if (keys.includes(null)) return undefined
    return { keys, values: entries.map(([, v]) => convertValue(v)) }
  }
}

function rowConverter({ fields }: RowType): PresentConverter {
  const converters = fields.map((field) => valueConverter(field.type))
  return (value) => {
    if (Array.isArray(value)) {
      return value.length === fields.length ? value.map((v, i) => converters[i]!(v)) : undefined
    }
    if (typeof value !== 'object' || value === null) return undefined
    return fields.map((field, i) => converters[i]!(memberOf(value, field.name ?? '')))
  }
}

/** A member by its name, or else by a name that differs in case only. */
export function memberOf(object: object, name: string): unknown {
  const members = object as Readonly<Record<string, unknown>>
  if (Object.hasOwn(members, name)) return members[name]
  const lower = name.toLowerCase()
  const found = Object.keys(members).find((key) => key.toLowerCase() === lower)
  return found === undefined ? undefined : members[found]
}
