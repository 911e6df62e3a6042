import type { ConnectorSplitManager } from '../../spi/index.js'
import { fixedSplitSource, intersectTuples } from '../../spi/index.js'
import type { TpchConfig } from './config.js'
import type { TpchTable } from './generator/generate.js'
import { baseRowCount, rowsPerBaseRow } from './generator/generate.js'
import type { TpchSplit, TpchTypes } from './handles.js'
import { type BaseRows, baseRowsOf } from './key-ranges.js'

/** Just under two pages of 65,536 rows, so that none of them is a small rest. */
const ROWS_PER_SPLIT = 125_000
/** Orders of a partition, of which each split of orders and of lineitem is a part. */
const ORDERS_PER_PARTITION = 62_500
/** Splits of huge tables are larger, so that there are no more than this. */
const SPLITS_MAX = 10_000

/** Bytes of a row in the blocks that the page source makes of all its columns, roughly. */
const BYTES_PER_ROW: Readonly<Record<TpchTable, number>> = {
  customer: 180,
  lineitem: 100,
  nation: 100,
  orders: 90,
  part: 80,
  partsupp: 145,
  region: 90,
  supplier: 160,
}

/** Cuts tables into ranges of base rows, leaving out what a predicate on the ordering key excludes. */
export function tpchSplitManager(config: TpchConfig): ConnectorSplitManager<TpchTypes> {
  return {
    getSplits(_transaction, _session, handle, dynamicFilter, constraint) {
      const { table, scaleFactor, wanted = { columnDomains: [] } } = handle
      const filters = intersectTuples(wanted, constraint.summary)
      const rowCount = baseRowCount(table, scaleFactor)
      const ranges = config.predicatePushdownEnabled
        ? baseRowsOf(table, rowCount, intersectTuples(filters, dynamicFilter.getCurrentPredicate()))
        : baseRowsOf(table, rowCount, { columnDomains: [] })
      const size =
        config.splitsPerNode === undefined
          ? Math.max(ROWS_PER_SPLIT / rowsPerBaseRow(table), rowCount / SPLITS_MAX)
          : rowCount / config.splitsPerNode
      const partitionRows =
        isPartitioned(table) && config.partitioningEnabled
          ? Math.ceil(
              config.splitsPerNode === undefined
                ? Math.max(ORDERS_PER_PARTITION, rowCount / SPLITS_MAX)
                : size,
            )
          : undefined
      return fixedSplitSource(
        ranges.flatMap((range) => cut(table, range, Math.ceil(size), partitionRows)),
      )
    },
  }
}

/** Orders and their lines: partitioned alike, by ranges of their keys. */
export const isPartitioned = (table: TpchTable): boolean =>
  table === 'orders' || table === 'lineitem'

function cut(
  table: TpchTable,
  { startRow, endRow }: BaseRows,
  size: number,
  partitionRows: number | undefined,
): TpchSplit[] {
  const splits: TpchSplit[] = []
  for (let start = startRow, end = startRow; start < endRow; start = end) {
    const partition = partitionRows === undefined ? undefined : Math.floor(start / partitionRows)
    end = Math.min(start + size, endRow)
    if (partition !== undefined) end = Math.min(end, (partition + 1) * partitionRows!)
    const estimatedRows = (end - start) * rowsPerBaseRow(table)
    splits.push({
      startRow: start,
      endRow: end,
      ...(partition === undefined ? {} : { partitionNumber: partition }),
      estimatedRows,
      estimatedBytes: estimatedRows * BYTES_PER_ROW[table],
    })
  }
  return splits
}
