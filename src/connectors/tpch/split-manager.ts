import type { ConnectorSplitManager } from '../../spi/index.js'
import { fixedSplitSource, intersectTuples } from '../../spi/index.js'
import type { TpchConfig } from './config.js'
import type { TpchTable } from './generator/generate.js'
import { baseRowCount, rowsPerBaseRow } from './generator/generate.js'
import type { TpchSplit, TpchTypes } from './handles.js'
import { baseRowsOf } from './key-ranges.js'

/** Just under two pages of 65,536 rows, so that none of them is a small rest. */
const ROWS_PER_SPLIT = 125_000
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
    getSplits(_transaction, _session, handle, _dynamicFilter, constraint) {
      const { table, scaleFactor, wanted = { columnDomains: [] } } = handle
      const rowCount = baseRowCount(table, scaleFactor)
      const ranges = config.predicatePushdownEnabled
        ? baseRowsOf(table, rowCount, intersectTuples(wanted, constraint.summary))
        : baseRowsOf(table, rowCount, { columnDomains: [] })
      const size =
        config.splitsPerNode === undefined
          ? Math.max(ROWS_PER_SPLIT / rowsPerBaseRow(table), rowCount / SPLITS_MAX)
          : rowCount / config.splitsPerNode
      return fixedSplitSource(
        ranges.flatMap(({ startRow, endRow }) => cut(table, startRow, endRow, Math.ceil(size))),
      )
    },
  }
}

function cut(table: TpchTable, startRow: number, endRow: number, size: number): TpchSplit[] {
  const splits: TpchSplit[] = []
  for (let start = startRow; start < endRow; start += size) {
    const end = Math.min(start + size, endRow)
    const estimatedRows = (end - start) * rowsPerBaseRow(table)
    splits.push({
      startRow: start,
      endRow: end,
      estimatedRows,
      estimatedBytes: estimatedRows * BYTES_PER_ROW[table],
    })
  }
  return splits
}
