import type { ColumnStatistics, TableStatistics } from '../../spi/index.js'
import type { TpchColumnHandle } from './columns.js'
import { baseRowCount, rowsPerBaseRow, type TpchTable } from './generator/generate.js'
import { orderingKey } from './key-ranges.js'
import type { AtScales, FieldFigures } from './statistics-figures.js'
import { FIGURES } from './statistics-figures.js'

const SCALES = [0.01, 1, 3000] as const

/**
 * The statistics of a table. At scale factors 0.01 and 1 they are those of Trino's connector; at others, where Trino
 * has none (but at 3000), they lie on the line between the known ones, both axes logarithmic.
 */
export function tableStatistics(
  table: TpchTable,
  scaleFactor: number,
  columns: readonly TpchColumnHandle[],
): TableStatistics<TpchColumnHandle> {
  const { fields } = FIGURES[table]
  const rowCount = tableRowCount(table, scaleFactor)
  return {
    rowCount,
    columns: columns.flatMap((column) => {
      const figures = fields[column.field]
      return figures === undefined
        ? []
        : [{ column, statistics: fieldStatistics(table, column, figures, scaleFactor, rowCount) }]
    }),
  }
}

/** Exact but for lineitem, whose rows are only known by generating all orders. */
function tableRowCount(table: TpchTable, scaleFactor: number): number {
  return table === 'lineitem'
    ? Math.round(growing(FIGURES[table].rowCount, scaleFactor))
    : baseRowCount(table, scaleFactor) * rowsPerBaseRow(table)
}

function fieldStatistics(
  table: TpchTable,
  column: TpchColumnHandle,
  figures: FieldFigures,
  scaleFactor: number,
  rowCount: number,
): ColumnStatistics {
  const { distinctValuesCount, dataSize, min, max } = figures
  const distinct = Math.round(growing(distinctValuesCount, scaleFactor))
  const isOrderingKey = column.field === orderingKey(table)
  const ragged = table === 'lineitem' || table === 'partsupp'
  const isInteger = column.type.kind === 'bigint' || column.type.kind === 'integer'
  return {
    nullsFraction: 0,
    distinctValuesCount: Math.min(distinct, rowCount),
    ...(dataSize === undefined ? {} : { dataSize: Math.round(growing(dataSize, scaleFactor)) }),
    ...(min === undefined || max === undefined
      ? {}
      : {
          range: {
            min: atLargerScale(min, scaleFactor),
            max: isInteger
              ? Math.round(growing(max, scaleFactor))
              : atLargerScale(max, scaleFactor),
          },
        }),
    ...(isOrderingKey ? { ascending: true, unique: !ragged } : {}),
  }
}

/** A figure of known scales at another one; beyond them, growing (or shrinking) as between the nearest two. */
function growing(figure: AtScales, scaleFactor: number): number {
  if (typeof figure === 'number') {
    return figure
  }
  const known = SCALES.indexOf(scaleFactor as (typeof SCALES)[number])
  if (known >= 0) {
    return figure[known]!
  }
  const from = scaleFactor < SCALES[1] ? 0 : 1
  const growth = Math.log(figure[from + 1]! / figure[from]!)
  const place = Math.log(scaleFactor / SCALES[from]!) / Math.log(SCALES[from + 1]! / SCALES[from]!)
  return figure[from]! * Math.exp(growth * place)
}

/** The figure of the next larger known scale: bounds get wider as tables grow. */
function atLargerScale(figure: AtScales, scaleFactor: number): number {
  if (typeof figure === 'number') {
    return figure
  }
  const known = SCALES.findIndex((scale) => scale >= scaleFactor)
  return figure[known < 0 ? SCALES.length - 1 : known]!
}
