import {
  type RowType,
  type SqlType,
  typeName,
  type Value,
  valueConverter,
} from '../../../spi/index.js'
import { ExactNumber, type JsonValue } from './parse.js'

/** A JSON value that its column's type doesn't hold. */
export class JsonValueError extends Error {}

/** Makes a function from JSON values to carriers of a type. */
export function jsonConverter(type: SqlType): (value: JsonValue | undefined) => Value {
  const convert = presentConverter(type)
  return (value) => {
    if (value === null || value === undefined) return null
    const converted = convert(value)
    if (converted === undefined) throw noValue(type, value)
    return converted
  }
}

const MESSAGE_TEXT_MAX = 100

function noValue(type: SqlType, value: JsonValue): JsonValueError {
  const text = printJson(value)
  const shown = text.length > MESSAGE_TEXT_MAX ? `${text.slice(0, MESSAGE_TEXT_MAX)}…` : text
  return new JsonValueError(`is no ${typeName(type)}: ${shown}`)
}

type Converter = (value: Exclude<JsonValue, null>) => Value | undefined

function presentConverter(type: SqlType): Converter {
  switch (type.kind) {
    case 'json':
      return (value) => canonicalJson(value)
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : undefined)
    case 'real':
    case 'double':
      return (value) => {
        const number = numberOf(value)
        return number === undefined || type.kind === 'double' ? number : Math.fround(number)
      }
    case 'varchar':
      if (type.length !== undefined) break
      return (value) => (typeof value === 'string' ? wellFormed(value) : printJson(value))
    case 'varbinary':
      return (value) => (typeof value === 'string' ? Buffer.from(value, 'base64') : undefined)
    case 'array': {
      const element = jsonConverter(type.element)
      return (value) => (Array.isArray(value) ? (value as JsonValue[]).map(element) : undefined)
    }
    case 'map': {
      const [key, item] = [jsonConverter(type.key), jsonConverter(type.value)]
      return (value) => {
        const object = objectOf(value)
        return object === undefined
          ? undefined
          : { keys: Object.keys(object).map(key), values: Object.values(object).map(item) }
      }
    }
    case 'row':
      return rowConverter(type)
  }
  const convert = valueConverter(type)
  return (value) => {
    try {
      return convert(value instanceof ExactNumber ? value.text : value)
    } catch {
      // What the converter says lacks the place, which is what counts.
      return undefined
    }
  }
}

function rowConverter(type: RowType): Converter {
  const fields = type.fields.map((field, i) => ({
    name: field.name ?? `_col${i}`,
    convert: jsonConverter(field.type),
  }))
  return (value) => {
    const object = objectOf(value)
    return object === undefined
      ? undefined
      : fields.map(({ name, convert }) =>
          convert(Object.hasOwn(object, name) ? object[name] : undefined),
        )
  }
}

function objectOf(value: JsonValue): { readonly [name: string]: JsonValue } | undefined {
  return typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ExactNumber)
    ? (value as { readonly [name: string]: JsonValue })
    : undefined
}

function numberOf(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof ExactNumber) return Number(value.text)
  // As JSON has no such numbers, writers put them in quotes.
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity'
    ? Number(value)
    : undefined
}

/** JSON text of a value; object keys in their order. */
function printJson(value: JsonValue): string {
  if (value instanceof ExactNumber) return value.text
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${(value as JsonValue[]).map(printJson).join(',')}]`
  const object = objectOf(value)
  if (object === undefined) return JSON.stringify(value)
  return `{${Object.entries(object)
    .map(([name, item]) => `${JSON.stringify(name)}:${printJson(item)}`)
    .join(',')}}`
}

/** As the JSON type keeps it: keys sorted. @source Trino JsonUtil, JsonFunctions.jsonParse */
function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${(value as JsonValue[]).map(canonicalJson).join(',')}]`
  const object = objectOf(value)
  if (object === undefined) return printJson(value)
  return `{${Object.keys(object)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(object[name]!)}`)
    .join(',')}}`
}

/** A text whose escapes named half of a pair has U+FFFD there, as UTF-8 has no such character. */
const wellFormed = (text: string): string =>
  /[\ud800-\udfff]/.test(text) ? Buffer.from(text, 'utf8').toString('utf8') : text
