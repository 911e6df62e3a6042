import type { Value } from '../type/value.js'

/** Numbers are estimates; an absent one is unknown. @source Trino TableStatistics */
export interface TableStatistics<Column = unknown> {
  readonly rowCount?: number
  /** How many of these rows a scan reads at most, where the handle tells it to leave out others; absent: all. */
  readonly scannedRowCount?: number
  readonly columns: readonly ColumnStatisticsEntry<Column>[]
}
export interface ColumnStatisticsEntry<Column = unknown> {
  readonly column: Column
  readonly statistics: ColumnStatistics
}

/** @source Trino ColumnStatistics; `unique` and `ascending` are ours */
export interface ColumnStatistics {
  /** 0 to 1. */
  readonly nullsFraction?: number
  readonly distinctValuesCount?: number
  /** Bytes of all values that are not null. */
  readonly dataSize?: number
  /** Bounds of the values as doubles, in the type's stats representation (DATE: days, TIMESTAMP: microseconds, DECIMAL: the value). */
  readonly range?: DoubleRange
  /** True: proven that no two rows have the same value that is not null. */
  readonly unique?: boolean
  /** True: proven that rows are stored in ascending order of this column, without nulls. */
  readonly ascending?: boolean
}
export interface DoubleRange {
  readonly min: number
  readonly max: number
}

export const UNKNOWN_TABLE_STATISTICS: TableStatistics<never> = Object.freeze({
  columns: Object.freeze([]),
})

/** What a connector wants collected while it is written to, or by ANALYZE. @source Trino TableStatisticsMetadata */
export interface TableStatisticsMetadata {
  readonly columnStatistics: readonly ColumnStatisticMetadata[]
  readonly tableStatistics: readonly 'ROW_COUNT'[]
  readonly groupingColumns: readonly string[]
}
export type ColumnStatisticType =
  | 'MIN_VALUE'
  | 'MAX_VALUE'
  | 'NUMBER_OF_DISTINCT_VALUES'
  | 'NUMBER_OF_NON_NULL_VALUES'
  | 'NUMBER_OF_TRUE_VALUES'
  | 'MAX_VALUE_SIZE_IN_BYTES'
  | 'TOTAL_SIZE_IN_BYTES'
export interface ColumnStatisticMetadata {
  readonly column: string
  readonly statistic: ColumnStatisticType
}
/** The answers to {@link TableStatisticsMetadata}, one a group of the grouping columns' values. */
export interface ComputedStatistics {
  readonly groupingValues: readonly Value[]
  readonly rowCount?: number
  readonly columnStatistics: readonly (ColumnStatisticMetadata & {
    readonly value: Value
  })[]
}
