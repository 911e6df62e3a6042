import { type SqlType, typesEqual } from '../../spi/type/type.js'
import type { MapValue, Value } from '../../spi/type/value.js'
import { invalidCast } from '../errors.js'
import { readKdbTree, writeKdbTree } from '../geometry/kdb-tree.js'
import { DEFAULT_SESSION, type SessionContext } from '../session-context.js'
import { hashKeyOf } from '../value/comparison.js'
import { deserializeHyperLogLog, serializeHyperLogLog, toDense } from '../value/hyperloglog.js'
import { parseIpAddress, parseUuid } from '../value/network.js'
import { deserializeSetDigest } from '../value/set-digest.js'
import { castFromJson } from './from-json.js'
import { castToJson } from './to-json.js'
import { type Cast, castToBoolean, castToDecimal, castToFloat, castToInteger } from './to-number.js'
import {
  castToDate,
  castToTime,
  castToTimestamp,
  castToTimestampWithZone,
  castToTimeWithZone,
} from './to-temporal.js'
import { castToChar, castToVarchar } from './to-text.js'

export type { Cast } from './to-number.js'

/** Tells whether CAST between two types exists: what the analyzer asks before it says `Cannot cast … to …`. */
export const canCast = (from: SqlType, to: SqlType): boolean =>
  castFunction(from, to, DEFAULT_SESSION) !== undefined

/**
 * The cast between two types, for values that are not NULL; undefined where there is none. The result may be NULL where
 * JSON null is cast.
 * @throws (the cast) INVALID_CAST_ARGUMENT, NUMERIC_VALUE_OUT_OF_RANGE
 */
export function castFunction(
  from: SqlType,
  to: SqlType,
  session: SessionContext,
): Cast | undefined {
  if (from.kind === 'unknown') return () => null
  if (typesEqual(from, to)) return (value) => value
  if (from.kind === 'json' && to.kind !== 'varchar') {
    return to.kind === 'json' ? (value) => value : castFromJson(to)
  }
  switch (to.kind) {
    case 'boolean':
      return castToBoolean(from)
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return castToInteger(from, to.kind)
    case 'double':
    case 'real':
      return castToFloat(from, to.kind)
    case 'decimal':
      return castToDecimal(from, to)
    case 'varchar':
      return castToVarchar(from, to)
    case 'char':
      return castToChar(from, to.length)
    case 'date':
      return castToDate(from)
    case 'time':
      return castToTime(from, to.precision)
    case 'time with time zone':
      return castToTimeWithZone(from, to.precision, session)
    case 'timestamp':
      return castToTimestamp(from, to.precision, session)
    case 'timestamp with time zone':
      return castToTimestampWithZone(from, to.precision, session)
    case 'json':
      return castToJson(from)
    case 'array':
    case 'map':
    case 'row':
      return castComposite(from, to, session)
    default:
      return castToBytes(from, to)
  }
}

/** Those whose bytes a cast gives. */
const SKETCHES = new Set<SqlType['kind']>(['hyperloglog', 'setdigest', 'tdigest', 'qdigest'])

function castToBytes(from: SqlType, to: SqlType): Cast | undefined {
  switch (to.kind) {
    case 'uuid':
      if (from.kind === 'varchar') {
        return (value) =>
          parseUuid(value as string) ?? invalidCast(`Cannot cast value to UUID: ${value}`)
      }
      return from.kind === 'varbinary' ? (value) => checkLength(value, 'UUID') : undefined
    case 'ipaddress':
      if (from.kind === 'varchar') {
        return (value) =>
          parseIpAddress(value as string) ?? invalidCast(`Cannot cast value to IPADDRESS: ${value}`)
      }
      return from.kind === 'varbinary' ? bytesToIpAddress : undefined
    case 'varbinary':
      if (from.kind === 'varchar') return (value) => new Uint8Array(Buffer.from(value as string))
      if (from.kind === 'ipaddress' || from.kind === 'uuid' || SKETCHES.has(from.kind)) {
        return (value) => value
      }
      return undefined
    case 'hyperloglog':
      if (from.kind === 'setdigest') return sizeSketch
      return from.kind === 'varbinary' || from.kind === 'p4hyperloglog'
        ? (value) => value
        : undefined
    case 'p4hyperloglog':
      return from.kind === 'hyperloglog' ? toDenseSketch : undefined
    case 'setdigest':
    case 'tdigest':
    case 'qdigest':
      return from.kind === 'varbinary' ? (value) => value : undefined
    case 'joniregexp':
    case 'jsonpath':
    case 'likepattern':
      return from.kind === 'varchar' || from.kind === 'char' ? (value) => value : undefined
    case 'kdbtree':
      return from.kind === 'varchar'
        ? (value) => writeKdbTree(readKdbTree(value as string))
        : undefined
    case 'codepoints':
      return from.kind === 'varchar' || from.kind === 'char'
        ? (value) => [...(value as string)].map((c) => c.codePointAt(0)!)
        : undefined
    default:
      return undefined
  }
}

/** P4HyperLogLog is the dense form. */
function toDenseSketch(value: Value): Value {
  const sketch =
    deserializeHyperLogLog(value as Uint8Array) ?? invalidCast('Not a HyperLogLog sketch')
  return serializeHyperLogLog(toDense(sketch))
}

function sizeSketch(value: Value): Value {
  const digest = deserializeSetDigest(value as Uint8Array) ?? invalidCast('Not a SetDigest')
  return serializeHyperLogLog(digest.hll)
}

function checkLength(value: Value, name: string): Value {
  const { length } = value as Uint8Array
  if (length !== 16) invalidCast(`Invalid ${name} binary length: ${length}`)
  return value
}

function bytesToIpAddress(value: Value): Value {
  const bytes = value as Uint8Array
  if (bytes.length === 4) return parseIpAddress([...bytes].join('.'))!
  if (bytes.length !== 16) invalidCast(`Invalid IP address binary length: ${bytes.length}`)
  return bytes
}

const nullable =
  (cast: Cast): Cast =>
  (value) =>
    value === null ? null : cast(value)

function castComposite(from: SqlType, to: SqlType, session: SessionContext): Cast | undefined {
  if (from.kind === 'array' && to.kind === 'array') {
    const element = castFunction(from.element, to.element, session)
    if (element === undefined) return undefined
    const each = nullable(element)
    return (value) => (value as readonly Value[]).map(each)
  }
  if (from.kind === 'row' && to.kind === 'row') {
    if (from.fields.length !== to.fields.length) return undefined
    const fields: Cast[] = []
    for (let i = 0; i < from.fields.length; i++) {
      const field = castFunction(from.fields[i]!.type, to.fields[i]!.type, session)
      if (field === undefined) return undefined
      fields.push(nullable(field))
    }
    return (value) => (value as readonly Value[]).map((item, i) => fields[i]!(item))
  }
  if (from.kind === 'map' && to.kind === 'map') {
    const key = castFunction(from.key, to.key, session)
    const value = castFunction(from.value, to.value, session)
    return key && value && castMap(to.key, key, nullable(value))
  }
  return undefined
}

function castMap(keyType: SqlType, key: Cast, value: Cast): Cast {
  const keyOf = hashKeyOf(keyType)
  return (map) => {
    const { keys, values } = map as MapValue
    const newKeys = keys.map(key)
    if (newKeys.includes(null)) return invalidCast('map key is null')
    if (new Set(newKeys.map(keyOf)).size < newKeys.length) {
      return invalidCast('duplicate keys')
    }
    return { keys: newKeys, values: values.map(value) }
  }
}
