import type { DuckDBType } from '@duckdb/node-api'
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  INTEGER,
  REAL,
  SMALLINT,
  type SqlType,
  TINYINT,
  UUID,
  VARBINARY,
  VARCHAR,
} from '../../spi/index.js'
import type { Comparability } from '../sql-base/handles.js'

export interface ColumnMapping {
  readonly type: SqlType
  readonly comparability: Comparability
  readonly reason?: string
  /** What values are cast to before they are anything here. */
  readonly cast?: string
}

const ordered = (type: SqlType): ColumnMapping => ({ type, comparability: 'order' })
const nested = (type: SqlType): ColumnMapping => ({
  type,
  comparability: 'none',
  reason: 'nested values are compared by the engine',
})
const asText: ColumnMapping = { type: VARCHAR, comparability: 'order', cast: 'VARCHAR' }

const decimal = (precision: number, scale = 0): SqlType => ({ kind: 'decimal', precision, scale })
const temporal = (
  kind: 'time' | 'timestamp' | 'timestamp with time zone',
  precision: number,
): SqlType => ({ kind, precision })

/** Types by the names of DuckDB's type ids. */
const SIMPLE: Readonly<Record<string, ColumnMapping>> = {
  BOOLEAN: ordered(BOOLEAN),
  TINYINT: ordered(TINYINT),
  SMALLINT: ordered(SMALLINT),
  INTEGER: ordered(INTEGER),
  BIGINT: ordered(BIGINT),
  UTINYINT: { ...ordered(SMALLINT), cast: 'SMALLINT' },
  USMALLINT: { ...ordered(INTEGER), cast: 'INTEGER' },
  UINTEGER: { ...ordered(BIGINT), cast: 'BIGINT' },
  UBIGINT: { ...ordered(decimal(20)), cast: 'DECIMAL(20, 0)' },
  HUGEINT: { ...ordered(decimal(38)), cast: 'DECIMAL(38, 0)' },
  UHUGEINT: { ...ordered(decimal(38)), cast: 'DECIMAL(38, 0)' },
  FLOAT: ordered(REAL),
  DOUBLE: ordered(DOUBLE),
  VARCHAR: ordered(VARCHAR),
  BLOB: ordered(VARBINARY),
  DATE: ordered(DATE),
  TIME: ordered(temporal('time', 6)),
  TIMESTAMP: ordered(temporal('timestamp', 6)),
  TIMESTAMP_S: ordered(temporal('timestamp', 0)),
  TIMESTAMP_MS: ordered(temporal('timestamp', 3)),
  TIMESTAMP_NS: ordered(temporal('timestamp', 9)),
  TIMESTAMP_TZ: ordered(temporal('timestamp with time zone', 6)),
  UUID: { type: UUID, comparability: 'equality', reason: 'UUIDs have another order there' },
}

/**
 * The type of a column of DuckDB's. What has no equal comes as text, written by DuckDB.
 * @param nameOf the name of a type id
 */
export function mapColumn(type: DuckDBType, nameOf: (typeId: number) => string): ColumnMapping {
  const mapping = nestedType(type, nameOf)
  return mapping ?? SIMPLE[nameOf(type.typeId)] ?? asText
}

function nestedType(
  type: DuckDBType,
  nameOf: (typeId: number) => string,
): ColumnMapping | undefined {
  /** Members whose values are no values here without a cast make the whole a text. */
  const member = (of: DuckDBType): SqlType | undefined => {
    const mapping = mapColumn(of, nameOf)
    return mapping.cast === undefined ? mapping.type : undefined
  }
  const name = nameOf(type.typeId)
  if (name === 'DECIMAL') {
    const { width, scale } = type as Extract<DuckDBType, { width: number; scale: number }>
    return ordered(decimal(width, scale))
  }
  if (name === 'LIST' || name === 'ARRAY') {
    const element = member((type as Extract<DuckDBType, { valueType: DuckDBType }>).valueType)
    return element && nested({ kind: 'array', element })
  }
  if (name === 'MAP') {
    const map = type as Extract<DuckDBType, { keyType: DuckDBType }>
    const key = member(map.keyType)
    const value = member(map.valueType)
    return key && value && nested({ kind: 'map', key, value })
  }
  if (name === 'STRUCT') {
    const struct = type as Extract<DuckDBType, { entryNames: readonly string[] }>
    const fields = struct.entryTypes.map((entry, i) => ({
      name: struct.entryNames[i]!,
      type: member(entry),
    }))
    return fields.every(
      (field): field is { name: string; type: SqlType } => field.type !== undefined,
    )
      ? nested({ kind: 'row', fields })
      : undefined
  }
  return undefined
}

const TIMESTAMPS: Readonly<Record<number, string>> = {
  0: 'TIMESTAMP_S',
  3: 'TIMESTAMP_MS',
  6: 'TIMESTAMP',
  9: 'TIMESTAMP_NS',
}

/** DuckDB's name of a type of which it has the same values; undefined for others. */
export function duckdbType(type: SqlType): string | undefined {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'double':
    case 'date':
    case 'uuid':
      return type.kind.toUpperCase()
    case 'real':
      return 'FLOAT'
    case 'varbinary':
      return 'BLOB'
    case 'varchar':
      return 'VARCHAR'
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'time':
      return type.precision === 6 ? 'TIME' : undefined
    case 'timestamp':
      return TIMESTAMPS[type.precision]
    case 'timestamp with time zone':
      return type.precision === 6 ? 'TIMESTAMPTZ' : undefined
    default:
      return undefined
  }
}

/** The type of a new column for one that DuckDB has no equal of, without loss. */
export function nearestType(type: SqlType): SqlType | undefined {
  switch (type.kind) {
    case 'varchar':
      return type.length === undefined ? undefined : VARCHAR
    case 'char':
      return VARCHAR
    case 'time':
    case 'timestamp with time zone':
      return type.precision < 6 ? { ...type, precision: 6 } : undefined
    case 'timestamp': {
      const { precision } = type
      return precision % 3 === 0 || precision > 9
        ? undefined
        : { ...type, precision: Math.ceil(precision / 3) * 3 }
    }
    default:
      return undefined
  }
}
