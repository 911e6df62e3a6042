import { MillraceError } from '../../spi/error.js'
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  decimalType,
  INTEGER,
  isNumeric,
  MAX_DECIMAL_PRECISION,
  type SqlType,
  typeName,
  VARCHAR,
} from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { padChar } from '../../values/code-points.js'
import { decimalText, javaRealText } from '../../values/number-text.js'
import { type JsonNode, jsonDouble, jsonString, writeJson } from '../json/json-node.js'

/** An SQL value among what a path works on: one passed to it, written in it or computed by it. */
export interface SqlItem {
  readonly type: SqlType
  readonly value: Exclude<Value, null>
}

/** What a path finds. @source Trino io.trino.json: JsonNode or TypedValue */
export type PathItem = JsonNode | SqlItem

export const sqlItem = (type: SqlType, value: Exclude<Value, null>): SqlItem => ({ type, value })

const isSqlItem = (item: PathItem): item is SqlItem =>
  typeof item === 'object' && item !== null && !Array.isArray(item) && !(item instanceof Map)

const INT_MIN = -(2n ** 31n)
const INT_MAX = 2n ** 31n - 1n

/**
 * A scalar of a path as an SQL value: whole numbers of JSON as INTEGER or BIGINT, others as DOUBLE.
 * @returns undefined for null, arrays, objects and whole numbers that no BIGINT holds
 */
export function scalarOf(item: PathItem): SqlItem | undefined {
  if (isSqlItem(item)) return item
  switch (typeof item) {
    case 'string':
      return sqlItem(VARCHAR, item)
    case 'boolean':
      return sqlItem(BOOLEAN, item)
    case 'number':
      return sqlItem(DOUBLE, item)
    case 'bigint':
      if (item >= INT_MIN && item <= INT_MAX) return sqlItem(INTEGER, Number(item))
      return BigInt.asIntN(64, item) === item ? sqlItem(BIGINT, item) : undefined
    default:
      return undefined
  }
}

/**
 * A number as a path writes it.
 * @returns undefined where no type holds it
 */
export function numberLiteral(text: string): SqlItem | undefined {
  if (/e/i.test(text)) return sqlItem(DOUBLE, Number(text))
  const [whole = '', fraction] = text.split('.')
  if (fraction === undefined) return scalarOf(BigInt(whole)) as SqlItem | undefined
  const digits = whole.replace(/^0+/, '') + fraction
  const precision = Math.max(digits.length, 1)
  if (precision > MAX_DECIMAL_PRECISION) return undefined
  return sqlItem(decimalType(precision, fraction.length), BigInt(`0${digits}`))
}

/** What `type()` calls an item. */
export function typeText(item: PathItem): string {
  if (isSqlItem(item)) {
    const { kind } = item.type
    if (isNumeric(item.type)) return 'number'
    if (kind === 'varchar' || kind === 'char') return 'string'
    return kind === 'time' || kind === 'timestamp' ? `${kind} without time zone` : kind
  }
  if (item === null) return 'null'
  if (Array.isArray(item)) return 'array'
  if (item instanceof Map) return 'object'
  return typeof item === 'bigint' ? 'number' : typeof item
}

/** JSON text of an item. @throws MillraceError JSON_OUTPUT_CONVERSION_ERROR for what JSON has no form of */
export function itemText(item: PathItem): string {
  if (!isSqlItem(item)) return writeJson(item, false)
  const { type, value } = item
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return String(value)
    case 'decimal':
      return decimalText(value as bigint, type.scale)
    case 'real':
    case 'double': {
      const number = value as number
      if (!Number.isFinite(number)) return jsonString(String(number))
      return type.kind === 'real' ? javaRealText(number) : jsonDouble(number)
    }
    case 'boolean':
      return String(value)
    case 'varchar':
      return jsonString(value as string)
    case 'char':
      return jsonString(padChar(value as string, type.length))
    default:
      throw new MillraceError(
        'JSON_OUTPUT_CONVERSION_ERROR',
        `conversion from JSON failed: JSON path returned a scalar SQL value of type ${typeName(type)} that cannot be represented as JSON`,
      )
  }
}
