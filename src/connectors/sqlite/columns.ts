import { BIGINT, BOOLEAN, DATE, DOUBLE, type SqlType, VARBINARY, VARCHAR } from '../../spi/index.js'
import type { Comparability } from '../sql-base/handles.js'

/**
 * How a value lies in SQLite, which has five classes of its own and no more: what a declared type says of them.
 * `decimalText` and `numeric` are decimals, as text and as SQLite's numbers.
 */
export type Storage =
  | 'integer'
  | 'real'
  | 'text'
  | 'blob'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'decimalText'
  | 'numeric'

export interface DeclaredType {
  readonly type: SqlType
  readonly storage: Storage
  readonly comparability: Comparability
  readonly reason?: string
}

/** Digits that SQLite's numbers keep of a decimal. */
const NUMERIC_DIGITS_MAX = 15

const ordered = (type: SqlType, storage: Storage): DeclaredType => ({
  type,
  storage,
  comparability: 'order',
})

/**
 * The type of a column by its declaration, in the spirit of SQLite's own rules of affinity.
 * @source sqlite.org/datatype3.html, section 3.1
 */
export function declaredType(declaration: string): DeclaredType {
  const [, word = '', first, second] =
    /^\s*([^(]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*$/.exec(declaration.toUpperCase()) ?? []
  if (word === 'BOOLEAN' || word === 'BOOL') return ordered(BOOLEAN, 'boolean')
  if (word === 'DATE') return ordered(DATE, 'date')
  if (word === 'TIMESTAMP' || word === 'DATETIME') {
    return {
      type: { kind: 'timestamp', precision: Math.min(Number(first ?? 6), 12) },
      storage: 'timestamp',
      comparability: 'none',
      reason: 'timestamps are text of several forms there',
    }
  }
  if (word === 'DECIMAL' || word === 'NUMERIC' || word === 'DECIMAL_TEXT') {
    const isText = word === 'DECIMAL_TEXT'
    const precision = Number(first ?? 0)
    const scale = Number(second ?? 0)
    const max = isText ? 38 : NUMERIC_DIGITS_MAX
    if (precision >= 1 && precision <= max && scale <= precision) {
      return {
        type: { kind: 'decimal', precision, scale },
        storage: isText ? 'decimalText' : 'numeric',
        comparability: 'none',
        reason: isText ? 'decimals are text there' : 'decimals are binary fractions there',
      }
    }
    return ordered(isText ? VARCHAR : DOUBLE, isText ? 'text' : 'real')
  }
  if (word.includes('INT')) return ordered(BIGINT, 'integer')
  if (/CHAR|CLOB|TEXT|JSON|UUID|TIME/.test(word)) return ordered(VARCHAR, 'text')
  if (word === '' || word.includes('BLOB')) return ordered(VARBINARY, 'blob')
  return ordered(DOUBLE, 'real')
}

/** How a column of a type is declared; undefined where SQLite can't hold its values. */
export function columnDefinition(
  type: SqlType,
): { readonly sql: string; readonly storage: Storage } | undefined {
  switch (type.kind) {
    case 'boolean':
      return { sql: 'BOOLEAN', storage: 'boolean' }
    case 'bigint':
      return { sql: 'BIGINT', storage: 'integer' }
    case 'double':
      return { sql: 'DOUBLE', storage: 'real' }
    case 'varchar':
      return { sql: 'TEXT', storage: 'text' }
    case 'varbinary':
      return { sql: 'BLOB', storage: 'blob' }
    case 'date':
      return { sql: 'DATE', storage: 'date' }
    case 'timestamp':
      return { sql: `TIMESTAMP(${type.precision})`, storage: 'timestamp' }
    case 'decimal':
      return {
        sql: `DECIMAL_TEXT(${type.precision}, ${type.scale})`,
        storage: 'decimalText',
      }
    default:
      return undefined
  }
}

/** The type of a new column for one that SQLite has no room for, without loss. */
export function nearestType(type: SqlType): SqlType | undefined {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
      return BIGINT
    case 'real':
      return DOUBLE
    case 'varchar':
      return type.length === undefined ? undefined : VARCHAR
    case 'char':
      return VARCHAR
    default:
      return undefined
  }
}
