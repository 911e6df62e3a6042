import { MillraceError } from '../../spi/error.js'
import {
  DOUBLE,
  type MapType,
  type RowType,
  type SqlType,
  typeName,
  VARCHAR,
} from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { doubleText, javaDoubleText } from '../../values/number-text.js'
import { invalidCast } from '../errors.js'
import { type JsonNode, nodeOfJson, writeJson } from '../json/json-node.js'
import { hashKeyOf } from '../value/comparison.js'
import { fitsPrecision, parseDecimal, rescale } from '../value/decimal.js'
import {
  type Cast,
  castToBoolean,
  castToDecimal,
  castToFloat,
  castToInteger,
  fitsInteger,
} from './to-number.js'

/** Makes a value of a JSON node, null of JSON null. */
type Reader = (node: JsonNode) => Value

/** Casts from JSON to numbers, booleans and composites of them; VARCHAR has its own. */
export function castFromJson(to: SqlType): Cast | undefined {
  const reader = readerOf(to)
  if (reader === undefined) {
    return hasUnknown(to) ? () => invalidCast(`Cannot cast JSON to ${typeName(to)}`) : undefined
  }
  if (to.kind === 'array' || to.kind === 'map' || to.kind === 'row') {
    const name = typeTextOf(to)
    return (value) => {
      const node = nodeOfJson(value as string)
      if (node === null) return null
      try {
        return reader(node)
      } catch (error) {
        if (!(error instanceof MillraceError) || error.code !== 'INVALID_CAST_ARGUMENT') throw error
        return invalidCast(`Cannot cast to ${name}. ${error.message}\n${value}`, error)
      }
    }
  }
  return (value) => reader(nodeOfJson(value as string))
}

/** Whether a composite has parts of type UNKNOWN only because of which it can't be read. */
const hasUnknown = (to: SqlType): boolean => {
  const isUnread = (part: SqlType): boolean => part.kind === 'unknown' || hasUnknown(part)
  switch (to.kind) {
    case 'array':
      return isUnread(to.element)
    case 'map':
      return to.key.kind === 'varchar' && isUnread(to.value)
    case 'row':
      return to.fields.every(({ type }) => isUnread(type) || readerOf(type) !== undefined)
    default:
      return false
  }
}

/** Types as these messages write them: field names without quotes. */
const typeTextOf = (type: SqlType): string => typeName(type).replaceAll('"', '')

function readerOf(to: SqlType): Reader | undefined {
  switch (to.kind) {
    case 'boolean':
      return scalar(to, castToBoolean(VARCHAR)!, castToBoolean(DOUBLE)!, {
        bigint: (value) => value !== 0n,
        boolean: (value) => value,
      })
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint': {
      const { kind } = to
      const make = (value: bigint) => (kind === 'bigint' ? value : Number(value))
      return scalar(to, castToInteger(VARCHAR, kind)!, castToInteger(DOUBLE, kind)!, {
        bigint: (value) =>
          fitsInteger(value, kind) ? make(value) : invalidCast(`Cannot cast '${value}' to ${kind}`),
        boolean: (value) => make(value ? 1n : 0n),
      })
    }
    case 'double':
    case 'real': {
      const fromDouble = castToFloat(DOUBLE, to.kind)!
      return scalar(to, castToFloat(VARCHAR, to.kind)!, fromDouble, {
        bigint: (value) => fromDouble(Number(value)),
        boolean: (value) => (value ? 1 : 0),
      })
    }
    case 'decimal': {
      const name = `DECIMAL(${to.precision},${to.scale})`
      const make = (text: string): Value => {
        const parsed = parseDecimal(text)
        const unscaled = parsed && rescale(parsed.unscaled, parsed.scale, to.scale)
        if (unscaled === undefined || !fitsPrecision(unscaled, to.precision)) {
          return invalidCast(`Cannot cast input json to ${name}`)
        }
        return unscaled
      }
      return scalar(
        to,
        (value) => make(value as string),
        (value) => make(javaDoubleText(value as number)),
        {
          bigint: (value) => make(String(value)),
          boolean: (value) => make(value ? '1' : '0'),
        },
      )
    }
    case 'varchar':
      return scalar(
        to,
        (value) => value,
        (value) => doubleText(value as number),
        {
          bigint: String,
          boolean: String,
        },
      )
    case 'json':
      return (node) => writeJson(node)
    case 'array': {
      const element = readerOf(to.element)
      if (element === undefined) return undefined
      return (node) => {
        if (node === null) return null
        if (!Array.isArray(node)) return expected('a json array', node)
        return node.map(element)
      }
    }
    case 'map':
      return mapReader(to)
    case 'row':
      return rowReader(to)
    default:
      return undefined
  }
}

interface ScalarReaders {
  readonly bigint: (value: bigint) => Value
  readonly boolean: (value: boolean) => Value
}

function scalar(to: SqlType, text: Cast, double: Cast, readers: ScalarReaders): Reader {
  return (node) => {
    if (node === null) return null
    switch (typeof node) {
      case 'string':
        return text(node)
      case 'number':
        return double(node)
      case 'bigint':
        return readers.bigint(node)
      case 'boolean':
        return readers.boolean(node)
    }
    if (to.kind === 'decimal') {
      return invalidCast(`Cannot cast input json to DECIMAL(${to.precision},${to.scale})`)
    }
    return invalidCast(`Cannot cast '${writeJson(node)}' to ${to.kind}`)
  }
}

const firstToken = (node: JsonNode): string =>
  Array.isArray(node) ? '[' : node instanceof Map ? '{' : writeJson(node)

const expected = (what: string, node: JsonNode): never =>
  invalidCast(`Expected ${what}, but got ${firstToken(node)}`)

function mapReader(to: MapType): Reader | undefined {
  const key = keyReader(to.key)
  const value = readerOf(to.value)
  if (key === undefined || value === undefined) return undefined
  const keyOf = hashKeyOf(to.key)
  return (node) => {
    if (node === null) return null
    if (!(node instanceof Map)) return expected('a json object', node)
    // Different texts may be one key: 1 and 01.
    const known = new Set<unknown>()
    const keys: Value[] = []
    const values: Value[] = []
    for (const [name, item] of node) {
      const made = key(name)
      const id = keyOf(made)
      keys.push(made)
      values.push(value(item))
      // As in Trino, NaN is no key's equal.
      if (known.has(id) && !Number.isNaN(made)) {
        return invalidCast('Duplicate map keys are not allowed')
      }
      known.add(id)
    }
    return { keys, values }
  }
}

function keyReader(type: SqlType): Cast | undefined {
  switch (type.kind) {
    case 'varchar':
      return (value) => value
    case 'boolean':
      return castToBoolean(VARCHAR)
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return castToInteger(VARCHAR, type.kind)
    case 'double':
    case 'real':
      return castToFloat(VARCHAR, type.kind)
    case 'decimal':
      return castToDecimal(VARCHAR, type)
    default:
      return undefined
  }
}

/** Of an array by position, of an object by name, whatever its case; fields an object lacks are NULL. */
function rowReader(to: RowType): Reader | undefined {
  const readers: Reader[] = []
  for (const field of to.fields) {
    const reader = readerOf(field.type)
    if (reader === undefined) return undefined
    readers.push(reader)
  }
  const isNamed = to.fields.every((field) => field.name !== undefined)
  const indexOf = new Map(to.fields.map((field, i) => [field.name?.toLowerCase() ?? '', i]))
  return (node) => {
    if (node === null) return null
    if (Array.isArray(node)) {
      if (node.length > readers.length) {
        return invalidCast(
          `Expected json array ending, but got ${firstToken(node[readers.length]!)}`,
        )
      }
      return readers.map((reader, i) =>
        i < node.length
          ? reader(node[i]!)
          : invalidCast(`Unexpected token when cast to ${typeName(to.fields[i]!.type)}: ]`),
      )
    }
    if (!(node instanceof Map)) return expected('a json array or object', node)
    if (!isNamed) return expected('a json array', node)
    const values: Value[] = readers.map(() => null)
    const found = new Set<number>()
    for (const [key, item] of node) {
      const index = indexOf.get(key.toLowerCase())
      if (index === undefined) continue
      if (found.has(index)) return invalidCast(`Duplicate field: ${key.toLowerCase()}`)
      found.add(index)
      values[index] = readers[index]!(item)
    }
    return values
  }
}
