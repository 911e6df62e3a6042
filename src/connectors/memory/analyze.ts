import {
  type ColumnStatisticMetadata,
  type ColumnStatisticType,
  isOrderable,
  MillraceError,
  PICOS_PER_MICRO,
  type SqlType,
  stringListProperty,
  type Value,
} from '../../spi/index.js'
import { type ColumnSummary, statisticsScale } from './column-summary.js'
import type { MemoryTable, TableColumn } from './table.js'
import type { Metadata, TableOf } from './table-metadata.js'

export const ANALYZE_PROPERTIES = [
  stringListProperty('columns', 'Columns to analyze; all by default'),
]

/**
 * ANALYZE computes again what is kept up to date as rows are added, but only as near as can be as rows are taken out: least and
 * greatest values, and numbers of distinct ones.
 */
export function analyzeMetadata(tableOf: TableOf) {
  return {
    getStatisticsCollectionMetadata(_session, handle, properties) {
      const { columns } = tableOf(handle)
      const named = properties['columns'] as readonly string[] | undefined
      const names = columns.map((column) => column.metadata.name)
      const missing = named?.find((name) => !names.includes(name))
      if (missing !== undefined) {
        throw new MillraceError(
          'INVALID_ANALYZE_PROPERTY',
          `Column to analyze does not exist: ${missing}`,
        )
      }
      const wanted = columns.filter(({ metadata }) => named?.includes(metadata.name) ?? true)
      return {
        table: handle,
        metadata: {
          tableStatistics: ['ROW_COUNT'],
          groupingColumns: [],
          columnStatistics: wanted.flatMap(({ metadata: { name, type } }) =>
            statisticTypes(type).map(
              (statistic): ColumnStatisticMetadata => ({ column: name, statistic }),
            ),
          ),
        },
      }
    },
    beginStatisticsCollection: (_session, handle) => ({
      ...handle,
      analyzedVersion: tableOf(handle).version,
    }),
    finishStatisticsCollection(_session, handle, computed) {
      const table = tableOf(handle)
      const [all] = computed
      if (all === undefined) return
      // What happened meanwhile is not in the answer, which would be narrower than the truth.
      if (handle.analyzedVersion !== table.version) return
      table.columns = table.columns.map((column) => analyzed(table, column, all.columnStatistics))
      table.version++
    },
  } satisfies Partial<Metadata>
}

function statisticTypes(type: SqlType): readonly ColumnStatisticType[] {
  const range = ['MIN_VALUE', 'MAX_VALUE'] as const
  const isNested = type.kind === 'array' || type.kind === 'row'
  return [
    ...(isOrderable(type) && !isNested ? (['NUMBER_OF_DISTINCT_VALUES'] as const) : []),
    ...(statisticsScale(type) === undefined ? [] : range),
  ]
}

function analyzed(
  table: MemoryTable,
  column: TableColumn,
  statistics: readonly (ColumnStatisticMetadata & { readonly value: Value })[],
): TableColumn {
  const { metadata, summary } = column
  const computed = (statistic: ColumnStatisticType): Value | undefined =>
    statistics.find((entry) => entry.column === metadata.name && entry.statistic === statistic)
      ?.value
  const distinct = computed('NUMBER_OF_DISTINCT_VALUES')
  const values = table.rowCount - summary.nullCount
  return {
    ...column,
    summary: {
      ...withRange(summary, metadata.type, computed('MIN_VALUE'), computed('MAX_VALUE')),
      ...(typeof distinct === 'bigint' && !summary.unique
        ? { distinctCount: Math.min(Number(distinct), values) }
        : {}),
    },
  }
}

/** Only a range that is known is made narrower: one that is not may have no bounds that are exact numbers. */
function withRange(
  summary: ColumnSummary,
  type: SqlType,
  min: Value | undefined,
  max: Value | undefined,
): ColumnSummary {
  if (summary.min === undefined || summary.max === undefined) return summary
  const [low, high] = [storedNumber(type, min), storedNumber(type, max)]
  return low === undefined || high === undefined ? summary : { ...summary, min: low, max: high }
}

/** A value in the units of summaries; undefined where it is none that a double holds exactly. */
function storedNumber(type: SqlType, value: Value | undefined): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'bigint') return undefined
  const stored = Number(type.kind === 'timestamp' ? value / PICOS_PER_MICRO : value)
  return Number.isSafeInteger(stored) ? stored : undefined
}
