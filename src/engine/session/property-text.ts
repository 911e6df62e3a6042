import { MillraceError, type SqlType, typeName, type Value } from '../../spi/index.js'

const invalid = (type: SqlType, text: string): MillraceError =>
  new MillraceError('INVALID_SESSION_PROPERTY', `Not a value of type ${typeName(type)}: ${text}`)

/** The value of a session property from the text it travels as: scalars as they are, arrays and maps as JSON. */
export function parsePropertyText(type: SqlType, text: string): Value {
  switch (type.kind) {
    case 'varchar':
      return text
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw invalid(type, text)
      return text === 'true'
    case 'integer':
    case 'smallint':
    case 'tinyint': {
      const number = Number(text)
      if (!Number.isSafeInteger(number)) throw invalid(type, text)
      return number
    }
    case 'bigint':
      if (!/^[+-]?\d+$/.test(text)) throw invalid(type, text)
      return BigInt(text)
    case 'double': {
      const number = Number(text)
      if (text.trim() === '' || Number.isNaN(number)) throw invalid(type, text)
      return number
    }
    case 'array': {
      const items = parseJson(type, text)
      if (!Array.isArray(items)) throw invalid(type, text)
      return items.map((item) => parsePropertyText(type.element, String(item)))
    }
    case 'map': {
      const entries = parseJson(type, text)
      if (typeof entries !== 'object' || entries === null) throw invalid(type, text)
      return {
        keys: Object.keys(entries).map((key) => parsePropertyText(type.key, key)),
        values: Object.values(entries).map((v) => parsePropertyText(type.value, String(v))),
      }
    }
    default:
      throw invalid(type, text)
  }
}

function parseJson(type: SqlType, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new MillraceError('INVALID_SESSION_PROPERTY', invalid(type, text).message, {
      cause: error,
    })
  }
}

/** The text that a property's value travels as. */
export function propertyValueText(type: SqlType, value: Value): string {
  if (type.kind === 'array') {
    const items = value as readonly Value[]
    return JSON.stringify(items.map((item) => propertyValueText(type.element, item)))
  }
  if (type.kind === 'map') {
    const { keys, values } = value as { keys: readonly Value[]; values: readonly Value[] }
    return JSON.stringify(
      Object.fromEntries(
        keys.map((key, i) => [
          propertyValueText(type.key, key),
          propertyValueText(type.value, values[i]!),
        ]),
      ),
    )
  }
  return String(value)
}
