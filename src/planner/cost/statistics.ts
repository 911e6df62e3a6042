import type { SqlType, Value } from '../../spi/index.js'

/** What is believed of a symbol's values. Unknown numbers are NaN. */
export interface SymbolStatistics {
  /** Bounds of the values as doubles; infinite where a type has none. */
  readonly low: number
  readonly high: number
  /** 0 to 1. */
  readonly nullsFraction: number
  /** Number of distinct values that are not null. */
  readonly distinct: number
  /** As many distinct values as there were before rows were dropped for what other columns say; absent where none were. */
  readonly unfiltered?: number
  /** Bytes of a value. */
  readonly averageSize: number
  /** The relation that the values are read of: its columns have no more combinations of values than it has rows. */
  readonly relation?: Relation
}

/** A scan, and how many of its rows are believed to be left. */
export interface Relation {
  readonly id: object
  readonly rowCount: number
}

/** What is believed of a node's rows. */
export interface PlanStatistics {
  readonly rowCount: number
  /** False where rowCount rests on a guess about a table that gave no statistics. */
  readonly known: boolean
  readonly symbols: ReadonlyMap<string, SymbolStatistics>
}

export const UNKNOWN_SYMBOL: SymbolStatistics = Object.freeze({
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  nullsFraction: Number.NaN,
  distinct: Number.NaN,
  averageSize: Number.NaN,
})

/** Rows assumed of a table whose connector gives no row count. */
export const UNKNOWN_ROW_COUNT = 100_000

export const symbolStatistics = (stats: PlanStatistics, name: string): SymbolStatistics =>
  stats.symbols.get(name) ?? UNKNOWN_SYMBOL

/** The number if it is known, else the other. */
export const orElse = (value: number, other: number): number =>
  Number.isNaN(value) ? other : value

/**
 * A value as statistics carry it: numbers as themselves, DECIMAL as its value, DATE in days, TIMESTAMP in microseconds.
 * NaN for types without such a form. @source Trino StatsUtil.toStatsRepresentation
 */
export function statsValue(type: SqlType, value: Value): number {
  if (value === null) return Number.NaN
  switch (type.kind) {
    case 'boolean':
      return value === true ? 1 : 0
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'real':
    case 'double':
    case 'date':
      return Number(value)
    case 'decimal':
      return Number(value) / 10 ** type.scale
    case 'timestamp':
      return Number(value as bigint) / 1e6
    default:
      return Number.NaN
  }
}

/** Bytes of a value of a type, where no statistics tell. @source Trino PlanNodeStatsEstimate.getOutputSizeForSymbol */
export function defaultSize(type: SqlType): number {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
      return 1
    case 'smallint':
      return 2
    case 'integer':
    case 'real':
    case 'date':
      return 4
    case 'decimal':
      return type.precision <= 18 ? 8 : 16
    case 'varchar':
      return Math.min(type.length ?? 50, 50)
    case 'char':
      return Math.min(type.length, 50)
    case 'uuid':
    case 'ipaddress':
      return 16
    default:
      return 8
  }
}

/** Distinct values before rows were dropped for what other columns say; NaN where unknown. */
export const unfilteredOf = (symbol: SymbolStatistics): number =>
  symbol.unfiltered ?? symbol.distinct

/**
 * Expected number of the `distinct` values that are left when `fraction` of the rows is kept at random.
 * @source Cardenas, Analysis and performance of inverted data base structures (CACM 1975); Yao (1977)
 */
export function distinctAfter(distinct: number, rowCount: number, fraction: number): number {
  if (Number.isNaN(distinct) || distinct <= 0) return distinct
  if (fraction >= 1) return distinct
  const rowsPerValue = Math.max(1, rowCount / distinct)
  return Math.max(fraction > 0 ? 1 : 0, distinct * (1 - (1 - fraction) ** rowsPerValue))
}

/** The same rows thinned (or multiplied) to `rowCount`, each symbol's distinct values following. */
export function scaleRows(stats: PlanStatistics, rowCount: number): PlanStatistics {
  if (rowCount === stats.rowCount) return stats
  const fraction = stats.rowCount > 0 ? rowCount / stats.rowCount : 0
  const symbols = new Map<string, SymbolStatistics>()
  for (const [name, s] of stats.symbols) {
    const distinct = Math.min(distinctAfter(s.distinct, stats.rowCount, fraction), rowCount)
    const { relation } = s
    symbols.set(name, {
      ...s,
      distinct,
      unfiltered: unfilteredOf(s),
      ...(relation === undefined || relation.rowCount <= rowCount
        ? {}
        : { relation: { ...relation, rowCount } }),
    })
  }
  return { rowCount, known: stats.known, symbols }
}

/** The same rows with one symbol's statistics replaced. */
export function withSymbol(
  stats: PlanStatistics,
  name: string,
  symbol: SymbolStatistics,
): PlanStatistics {
  return { ...stats, symbols: new Map(stats.symbols).set(name, symbol) }
}
