import { type Block, type SqlType, typeName, type Value } from '../../spi/index.js'

/**
 * How a key column becomes integers. `range`: its integers less the smallest; `int64`: 64 bits (doubles too) numbered
 * by a hash table; `bytes`: byte strings numbered by a hash table; `generic`: values numbered by a Map, for types whose
 * equality is not that of their bytes.
 */
export type KeyKind = 'range' | 'int64' | 'bytes' | 'generic'

export function keyKind(type: SqlType): KeyKind {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'date':
    case 'time':
    case 'interval year to month':
    case 'interval day to second':
    case 'unknown':
      return 'range'
    case 'decimal':
      return type.precision <= 18 ? 'range' : 'bytes'
    case 'timestamp':
      return type.precision <= 6 ? 'range' : 'bytes'
    case 'real':
    case 'double':
      return 'int64'
    case 'varchar':
    case 'char':
    case 'varbinary':
    case 'uuid':
    case 'ipaddress':
      return 'bytes'
    default:
      return 'generic'
  }
}

/** A text that equal values of a type share and no others have. Equality is that of IS NOT DISTINCT FROM. */
export function valueKey(type: SqlType, value: Value): string {
  if (value === null) return '~'
  switch (type.kind) {
    case 'real':
    case 'double':
      return Number.isNaN(value) ? 'NaN' : String((value as number) + 0)
    case 'timestamp with time zone':
      return String((value as { picos: bigint }).picos)
    case 'time with time zone': {
      const { picos, offsetMinutes } = value as { picos: bigint; offsetMinutes: number }
      const day = 86_400_000_000_000_000n
      const utc = picos - BigInt(offsetMinutes) * 60_000_000_000_000n
      return String(((utc % day) + day) % day)
    }
    case 'array':
      return `[${(value as readonly Value[]).map((v) => part(valueKey(type.element, v))).join('')}]`
    case 'row':
      return `(${(value as readonly Value[]).map((v, i) => part(valueKey(type.fields[i]!.type, v))).join('')})`
    case 'map': {
      const map = value as { keys: readonly Value[]; values: readonly Value[] }
      const entries = map.keys.map(
        (key, i) =>
          part(valueKey(type.key, key)) + part(valueKey(type.value, map.values[i] ?? null)),
      )
      return `{${entries.sort().join('')}}`
    }
    default:
      if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
      if (typeof value === 'object') throw new Error(`no key for ${typeName(type)}`)
      return String(value)
  }
}

/** Length first, so that no text can run into the next. */
const part = (text: string): string => `${text.length}:${text}`

export const isBytesDictionary = (block: Block): boolean =>
  block.encoding === 'dictionary' && block.dictionary.storage === 'bytes'
