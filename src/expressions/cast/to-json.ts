import type { MapType, RowType, SqlType } from '../../spi/type/type.js'
import type { MapValue, Value } from '../../spi/type/value.js'
import { javaDoubleText, javaRealText } from '../../values/number-text.js'
import { jsonDouble, jsonString } from '../json/json-node.js'
import { compareStrings } from '../value/comparison.js'
import { bigDecimalText } from '../value/decimal.js'
import type { Cast } from './to-number.js'
import { textOf } from './to-text.js'

/** The JSON text of a type's values; NULL inside composites is `null`. */
type Writer = (value: Value) => string

/** Casts to JSON; undefined where a type, or one inside it, has no such cast. */
export function castToJson(from: SqlType): Cast | undefined {
  if (from.kind === 'json') return (value) => value
  return writerOf(from)
}

const nullable =
  (writer: Writer): Writer =>
  (value) =>
    value === null ? 'null' : writer(value)

function writerOf(type: SqlType): Writer | undefined {
  switch (type.kind) {
    case 'unknown':
      return () => 'null'
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return String
    case 'double':
      return (value) => jsonDouble(value as number)
    case 'real':
      return (value) =>
        Number.isFinite(value)
          ? javaRealText(value as number)
          : `"${javaRealText(value as number)}"`
    case 'decimal':
      return (value) => bigDecimalText(value as bigint, type.scale)
    case 'varchar':
      return (value) => jsonString(value as string)
    case 'json':
      return (value) => value as string
    case 'date':
    case 'timestamp': {
      const text = textOf(type)!
      return (value) => `"${text(value)}"`
    }
    case 'array': {
      const element = writerOf(type.element)
      if (element === undefined) return undefined
      const item = nullable(element)
      return (value) => `[${(value as readonly Value[]).map(item).join(',')}]`
    }
    case 'row':
      return rowWriter(type)
    case 'map':
      return mapWriter(type)
    default:
      return undefined
  }
}

function rowWriter(type: RowType): Writer | undefined {
  const fields: Writer[] = []
  for (const field of type.fields) {
    const writer = writerOf(field.type)
    if (writer === undefined) return undefined
    const name = jsonString(field.name ?? '')
    fields.push((value) => `${name}:${nullable(writer)(value)}`)
  }
  return (value) => `{${(value as readonly Value[]).map((item, i) => fields[i]!(item)).join(',')}}`
}

/** Keys become texts, and entries are ordered by them. */
function mapWriter(type: MapType): Writer | undefined {
  const key = keyText(type.key)
  const value = writerOf(type.value)
  if (key === undefined || value === undefined) return undefined
  const item = nullable(value)
  return (map) => {
    const { keys, values } = map as MapValue
    const entries = keys.map((k, i) => [key(k), item(values[i]!)] as const)
    entries.sort(([a], [b]) => compareStrings(a, b))
    return `{${entries.map(([k, v]) => `${jsonString(k)}:${v}`).join(',')}}`
  }
}

function keyText(type: SqlType): Writer | undefined {
  switch (type.kind) {
    case 'unknown':
      return () => ''
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'varchar':
      return textOf(type)
    case 'double':
      return (value) => javaDoubleText(value as number)
    case 'real':
      return (value) => javaRealText(value as number)
    default:
      return undefined
  }
}
