import type { SqlType } from '../../spi/index.js'

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
    case 'objectid':
      return 'bytes'
    default:
      return 'generic'
  }
}
