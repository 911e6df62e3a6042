import type { DuckDBValue } from '@duckdb/node-api'
import { MillraceError, type SqlType, typeName, type Value } from '../../spi/index.js'
import type { DuckdbApi } from './instances.js'

/** Makes a value of the engine of one of DuckDB's. */
export type Decoder = (value: DuckDBValue) => Value

/** What DuckDB has for infinity among dates and timestamps. */
const INFINITE_DAYS = 2_147_483_647
const INFINITE_TICKS = 2n ** 63n - 1n

type Member<K extends string, T> = Readonly<Record<K, T>>

function finite(ticks: bigint, name: string): bigint {
  if (ticks !== INFINITE_TICKS && ticks !== -INFINITE_TICKS) return ticks
  throw new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', `Column '${name}' holds an infinite time`)
}

/** @param name of the column, for messages */
export function decoder(type: SqlType, name: string): Decoder {
  const decode = presentDecoder(type, name)
  return (value) => (value === null ? null : decode(value))
}

function presentDecoder(type: SqlType, name: string): Decoder {
  switch (type.kind) {
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision)
      return (value) => {
        const unscaled = (value as Member<'value', bigint>).value
        if (unscaled < limit && unscaled > -limit) return unscaled
        throw new MillraceError(
          'NUMERIC_VALUE_OUT_OF_RANGE',
          `Column '${name}' holds a value with more digits than ${typeName(type)}`,
        )
      }
    }
    case 'varbinary':
      return (value) => (value as Member<'bytes', Uint8Array>).bytes
    case 'date':
      return (value) => {
        const { days } = value as Member<'days', number>
        if (Math.abs(days) < INFINITE_DAYS) return days
        throw new MillraceError(
          'NUMERIC_VALUE_OUT_OF_RANGE',
          `Column '${name}' holds an infinite date`,
        )
      }
    case 'time':
      return (value) => (value as Member<'micros', bigint>).micros * 1_000_000n
    case 'timestamp':
      return timestampDecoder(type.precision, name)
    case 'timestamp with time zone':
      return (value) => {
        const { micros } = value as Member<'micros', bigint>
        return { picos: finite(micros, name) * 1_000_000n, zone: 'UTC' }
      }
    case 'uuid':
      return (value) => uuidBytes(value as { readonly toUint128?: () => bigint })
    case 'array': {
      const element = decoder(type.element, name)
      return (value) => (value as Member<'items', DuckDBValue[]>).items.map(element)
    }
    case 'map': {
      const key = decoder(type.key, name)
      const item = decoder(type.value, name)
      return (value) => {
        const { entries } = value as Member<'entries', { key: DuckDBValue; value: DuckDBValue }[]>
        return {
          keys: entries.map((entry) => key(entry.key)),
          values: entries.map((entry) => item(entry.value)),
        }
      }
    }
    case 'row': {
      const fields = type.fields.map((field) => decoder(field.type, name))
      return (value) => {
        const { entries } = value as Member<'entries', Readonly<Record<string, DuckDBValue>>>
        return type.fields.map((field, i) => fields[i]!(entries[field.name!]!))
      }
    }
    default:
      // Booleans, numbers and texts are what they are here.
      return (value) => value as Value
  }
}

function timestampDecoder(precision: number, name: string): Decoder {
  switch (precision) {
    case 0:
      return (value) =>
        finite((value as Member<'seconds', bigint>).seconds, name) * 1_000_000_000_000n
    case 3:
      return (value) => finite((value as Member<'millis', bigint>).millis, name) * 1_000_000_000n
    case 9:
      return (value) => finite((value as Member<'nanos', bigint>).nanos, name) * 1_000n
    default:
      return (value) => finite((value as Member<'micros', bigint>).micros, name) * 1_000_000n
  }
}

function uuidBytes(value: object): Uint8Array {
  return Uint8Array.from(Buffer.from(String(value).replaceAll('-', ''), 'hex'))
}

/** Makes a value of DuckDB's of one of the engine. */
export function encoder(api: DuckdbApi, type: SqlType): (value: Value) => DuckDBValue {
  const present = presentEncoder(api, type)
  return (value) => (value === null ? null : present(value))
}

function presentEncoder(api: DuckdbApi, type: SqlType): (value: Value) => DuckDBValue {
  switch (type.kind) {
    case 'decimal':
      return (value) => new api.DuckDBDecimalValue(value as bigint, type.precision, type.scale)
    case 'varbinary':
      return (value) => new api.DuckDBBlobValue(value as Uint8Array)
    case 'date':
      return (value) => new api.DuckDBDateValue(value as number)
    case 'time':
      return (value) => new api.DuckDBTimeValue((value as bigint) / 1_000_000n)
    case 'timestamp':
      return timestampEncoder(api, type.precision)
    case 'timestamp with time zone':
      return (value) =>
        new api.DuckDBTimestampTZValue((value as Member<'picos', bigint>).picos / 1_000_000n)
    case 'uuid':
      return (value) =>
        api.DuckDBUUIDValue.fromUint128(
          BigInt(`0x${Buffer.from(value as Uint8Array).toString('hex')}`),
        )
    default:
      return (value) => value as DuckDBValue
  }
}

function timestampEncoder(api: DuckdbApi, precision: number): (value: Value) => DuckDBValue {
  const picos = (value: Value): bigint => value as bigint
  switch (precision) {
    case 0:
      return (value) => new api.DuckDBTimestampSecondsValue(picos(value) / 1_000_000_000_000n)
    case 3:
      return (value) => new api.DuckDBTimestampMillisecondsValue(picos(value) / 1_000_000_000n)
    case 9:
      return (value) => new api.DuckDBTimestampNanosecondsValue(picos(value) / 1_000n)
    default:
      return (value) => new api.DuckDBTimestampValue(picos(value) / 1_000_000n)
  }
}
