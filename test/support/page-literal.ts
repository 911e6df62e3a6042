import { parseType } from '../../src/expressions/type-signature.js'
import type { SqlType, Value } from '../../src/spi/index.js'

export type Row = readonly Value[]

/** Rows with the types of their columns. */
export interface Table {
  readonly types: readonly SqlType[]
  readonly rows: readonly Row[]
}

/**
 * A table as text: types, then a row after each bar; `NULL` is null and `''` the empty string.
 * Decimals are written unscaled, dates as days.
 *
 * ```ts
 * page`bigint varchar | 1 a | NULL b`
 * ```
 */
export function page(parts: TemplateStringsArray, ...values: readonly unknown[]): Table {
  const [header, ...rows] = String.raw(parts, ...values)
    .split('|')
    .map(words)
  const types = header!.map(parseType)
  return {
    types,
    rows: rows.map((cells) => {
      if (cells.length !== types.length) throw new Error(`a row of ${cells.length}: ${cells}`)
      return cells.map((cell, i) => cellValue(types[i]!, cell))
    }),
  }
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')

function cellValue(type: SqlType, text: string): Value {
  if (text === 'NULL') return null
  switch (type.kind) {
    case 'boolean':
      return text === 'true'
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
    case 'date':
      return Number(text)
    case 'bigint':
    case 'decimal':
    case 'timestamp':
      return BigInt(text)
    case 'varchar':
    case 'char':
      return text === "''" ? '' : text
    default:
      throw new Error(`no literal of type ${type.kind}`)
  }
}
