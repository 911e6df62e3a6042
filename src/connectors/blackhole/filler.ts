import { MillraceError, type SqlType, storageClass, typeName, type Value } from '../../spi/index.js'

/** The one value that rows of a black hole have: zero, or a text of asterisks. @source Trino BlackHolePageSourceProvider */
export function fillerOf(type: SqlType, fieldLength: number): Value {
  switch (type.kind) {
    case 'boolean':
      return false
    case 'varchar':
    case 'char':
      return '*'.repeat(Math.min(fieldLength, type.length ?? fieldLength))
    case 'varbinary':
      return new Uint8Array(fieldLength).fill(42)
    case 'bigint':
    case 'decimal':
    case 'time':
    case 'timestamp':
    case 'interval day to second':
      return 0n
    case 'time with time zone':
      return { picos: 0n, offsetMinutes: 0 }
    case 'timestamp with time zone':
      return { picos: 0n, zone: 'UTC' }
    case 'array':
    case 'map':
    case 'row':
      return null
    default:
      if (storageClass(type) === 'fixed16') return new Uint8Array(16)
      if (storageClass(type) === 'bytes') {
        throw new MillraceError(
          'NOT_SUPPORTED',
          `Type is not supported by blackhole: ${typeName(type)}`,
        )
      }
      return 0
  }
}
