import { MillraceError } from '../../spi/error.js'
import { type SqlType, typeName, type VarcharType } from '../../spi/type/type.js'
import type { Value, ZonedTime, ZonedTimestamp } from '../../spi/type/value.js'
import { ipAddressText, uuidText } from '../../values/bytes-text.js'
import { codePointCount, padChar, trimBlanks, truncate } from '../../values/code-points.js'
import { decimalText, doubleText, realText } from '../../values/number-text.js'
import {
  dateText,
  dayTimeIntervalText,
  timestampText,
  timestampWithZoneText,
  timeText,
  timeWithZoneText,
  yearMonthIntervalText,
} from '../../values/temporal-text.js'
import { invalidCast } from '../errors.js'
import { nodeOfJson } from '../json/json-node.js'
import type { Cast } from './to-number.js'

type Text = (value: Value) => string

/** The text of a type's values as a cast to VARCHAR gives it; undefined for types without such a cast. */
export function textOf(type: SqlType): Text | undefined {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return String
    case 'double':
      return (value) => doubleText(value as number)
    case 'real':
      return (value) => realText(value as number)
    case 'decimal':
      return (value) => decimalText(value as bigint, type.scale)
    case 'varchar':
      return (value) => value as string
    case 'char':
      return (value) => padChar(value as string, type.length)
    case 'date':
      // Unlike in results, a year past 9999 has no plus.
      return (value) => dateText(value as number).replace('+', '')
    case 'time':
      return (value) => timeText(value as bigint, type.precision)
    case 'time with time zone':
      return (value) => timeWithZoneText(value as ZonedTime, type.precision)
    case 'timestamp':
      return (value) => timestampText(value as bigint, type.precision)
    case 'timestamp with time zone':
      return (value) => timestampWithZoneText(value as ZonedTimestamp, type.precision)
    case 'interval year to month':
      return (value) => yearMonthIntervalText(value as number)
    case 'interval day to second':
      return (value) => dayTimeIntervalText(value as bigint)
    case 'uuid':
      return (value) => uuidText(value as Uint8Array)
    case 'ipaddress':
      return (value) => ipAddressText(value as Uint8Array)
    case 'objectid':
      return (value) => Buffer.from(value as Uint8Array).toString('hex')
    default:
      return undefined
  }
}

/** Types whose text must fit a bounded VARCHAR as a matter of the cast; of others it is a broken promise. */
const CHECKED = new Set<SqlType['kind']>([
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double',
  'decimal',
  'date',
])

export function castToVarchar(from: SqlType, to: VarcharType): Cast | undefined {
  const { length } = to
  if (from.kind === 'varchar') {
    if (length === undefined) return (value) => value
    return (value) => truncate(value as string, length)
  }
  if (from.kind === 'json') return jsonToVarchar(length)
  if ((from.kind === 'uuid' || from.kind === 'ipaddress') && length !== undefined) return undefined
  const text = textOf(from)
  if (text === undefined || length === undefined) return text
  if (from.kind === 'char') return (value) => truncate(text(value), length)
  const isChecked = CHECKED.has(from.kind)
  return (value) => {
    const result = text(value)
    if (result.length <= length) return result
    if (isChecked) invalidCast(`Value ${result} cannot be represented as ${typeName(to)}`)
    return tooLong(result, length)
  }
}

function tooLong(text: string, length: number): never {
  const base64 = Buffer.from(text).toString('base64')
  throw new MillraceError(
    'GENERIC_INTERNAL_ERROR',
    `Character count exceeds length limit ${length}: base64:${base64}`,
  )
}

/** Scalars only; JSON null is NULL. */
function jsonToVarchar(length: number | undefined): Cast {
  return (value) => {
    const node = nodeOfJson(value as string)
    if (node === null) return null
    if (typeof node === 'object') return invalidCast(`Cannot cast '${value}' to varchar`)
    const text = typeof node === 'number' ? doubleText(node) : String(node)
    if (length !== undefined && codePointCount(text) > length) return tooLong(text, length)
    return text
  }
}

/** Casts to CHAR(length), carried without trailing blanks. */
export function castToChar(from: SqlType, length: number): Cast | undefined {
  if (from.kind !== 'varchar' && from.kind !== 'char') return undefined
  return (value) => trimBlanks(truncate(value as string, length))
}
