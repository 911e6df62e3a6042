import type { SqlType } from '../../spi/type/type.js'
import type { MapValue, Value, ZonedTime, ZonedTimestamp } from '../../spi/type/value.js'
import {
  floorModulo,
  PICOS_PER_DAY,
  PICOS_PER_MICRO,
  PICOS_PER_MILLI,
  PICOS_PER_MINUTE,
} from '../../values/civil.js'
import {
  hashBigint,
  hashBytes,
  hashDouble,
  hashInteger64,
  hashNumber,
  hashReal,
  hashText,
} from '../../values/xxhash64.js'

/** The XxHash64 of a value that is not NULL: left in xxhash64's word for simple types, and given as an unsigned integer. */
export type TypeHash = (value: Value) => bigint

/** Hashes a value of a simple type into xxhash64's word, without a BigInt; undefined for other types. */
export function wordHash(type: SqlType): ((value: Value) => void) | undefined {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'date':
    case 'interval year to month':
      return (value) => hashNumber(value as number)
    case 'bigint':
    case 'time':
    case 'interval day to second':
      return (value) => hashInteger64(value as bigint)
    case 'decimal':
      return type.precision <= 18 ? (value) => hashInteger64(value as bigint) : undefined
    case 'real':
      return (value) => hashReal(value as number)
    case 'double':
      return (value) => hashDouble(value as number)
    case 'boolean':
      return (value) => hashNumber(value === true ? 1 : 0)
    case 'varchar':
    case 'char':
    case 'json':
      return (value) => hashText(value as string)
    case 'varbinary':
      return (value) => hashBytes(value as Uint8Array)
    default:
      return undefined
  }
}

const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value)

const ofInteger = (value: bigint): bigint => {
  hashInteger64(value)
  return hashBigint()
}

const floorQuotient = (value: bigint, unit: bigint): bigint =>
  (value - floorModulo(value, unit)) / unit

/**
 * The hash of a type's values that checksum() adds up.
 * @source Trino's XX_HASH_64 operators
 */
export function typeHash(type: SqlType): TypeHash {
  switch (type.kind) {
    case 'boolean':
      return (value) => ofInteger(value === true ? 1n : 0n)
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'date':
    case 'interval year to month':
      return (value) => {
        hashNumber(value as number)
        return hashBigint()
      }
    case 'bigint':
    case 'time':
    case 'interval day to second':
      return (value) => ofInteger(value as bigint)
    case 'real':
      return (value) => {
        hashReal(value as number)
        return hashBigint()
      }
    case 'double':
      return (value) => {
        hashDouble(value as number)
        return hashBigint()
      }
    case 'decimal':
      if (type.precision <= 18) return (value) => ofInteger(value as bigint)
      return (value) => ofInteger((value as bigint) >> 64n) ^ ofInteger(unsigned(value as bigint))
    case 'timestamp':
      return (value) => {
        const micros = ofInteger(floorQuotient(value as bigint, PICOS_PER_MICRO))
        if (type.precision <= 6) return micros
        return micros ^ ofInteger(floorModulo(value as bigint, PICOS_PER_MICRO))
      }
    case 'timestamp with time zone':
      return (value) => {
        const { picos } = value as ZonedTimestamp
        const millis = ofInteger(floorQuotient(picos, PICOS_PER_MILLI))
        return type.precision <= 3
          ? millis
          : millis ^ ofInteger(floorModulo(picos, PICOS_PER_MILLI))
      }
    case 'time with time zone':
      return (value) => {
        const { picos, offsetMinutes } = value as ZonedTime
        const utc = floorModulo(picos - BigInt(offsetMinutes) * PICOS_PER_MINUTE, PICOS_PER_DAY)
        return ofInteger(type.precision <= 9 ? utc / 1000n : utc)
      }
    case 'varchar':
    case 'char':
    case 'json':
      return (value) => {
        hashText(value as string)
        return hashBigint()
      }
    case 'uuid':
      return (value) => {
        const view = Buffer.from(value as Uint8Array)
        return ofInteger(view.readBigInt64LE(0)) ^ ofInteger(view.readBigInt64LE(8))
      }
    case 'array':
      return ofElements(0n, [typeHash(type.element)])
    case 'row':
      return ofElements(
        1n,
        type.fields.map((field) => hashCodeOf(field.type)),
      )
    case 'map': {
      const key = typeHash(type.key)
      const value = orZero(typeHash(type.value))
      return (map) => {
        const { keys, values } = map as MapValue
        return unsigned(keys.reduce<bigint>((sum, k, i) => sum + (key(k) ^ value(values[i]!)), 0n))
      }
    }
    default:
      return (value) => {
        hashBytes(value as Uint8Array)
        return hashBigint()
      }
  }
}

const scrambled = (value: bigint): bigint => {
  const product = unsigned(value * 0xc2b2ae3d27d4eb4fn)
  const rotated = unsigned((product << 31n) | (product >> 33n))
  return unsigned(rotated * 0x9e3779b185ebca87n)
}

const bits = new DataView(new ArrayBuffer(8))

/** What Trino's HASH_CODE operators give, which hash the fields of rows even for checksums. */
function hashCodeOf(type: SqlType): TypeHash {
  switch (type.kind) {
    case 'boolean':
      return (value) => (value === true ? 1231n : 1237n)
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'date':
    case 'time':
    case 'interval year to month':
    case 'interval day to second':
      return (value) => scrambled(BigInt(value as number | bigint))
    case 'decimal':
      return type.precision <= 18 ? (value) => scrambled(value as bigint) : typeHash(type)
    case 'double':
      return (value) => {
        bits.setFloat64(0, value === 0 ? 0 : (value as number))
        return scrambled(bits.getBigInt64(0))
      }
    case 'real':
      return (value) => {
        bits.setFloat32(0, value === 0 ? 0 : (value as number))
        return scrambled(BigInt(bits.getInt32(0)))
      }
    case 'timestamp':
      return type.precision <= 6
        ? (value) => scrambled(floorQuotient(value as bigint, PICOS_PER_MICRO))
        : typeHash(type)
    case 'timestamp with time zone':
      return type.precision <= 3
        ? (value) => scrambled(floorQuotient((value as ZonedTimestamp).picos, PICOS_PER_MILLI))
        : typeHash(type)
    case 'array':
      return ofElements(0n, [hashCodeOf(type.element)])
    default:
      return typeHash(type)
  }
}

const orZero =
  (hash: TypeHash): TypeHash =>
  (value) =>
    value === null ? 0n : hash(value)

function ofElements(start: bigint, hashes: readonly TypeHash[]): TypeHash {
  const each = hashes.map(orZero)
  return (value) =>
    (value as readonly Value[]).reduce<bigint>(
      (hash, item, i) => unsigned(31n * hash + each[i % each.length]!(item)),
      start,
    )
}
