import type { FileColumn, FileColumnStatistics, FileStatistics } from '../format.js'
import type { ParquetFile } from './footer.js'
import { leafOf } from './pruning.js'
import { doubleRange, valueBounds } from './statistic-values.js'

/** What the footer says of the columns, over all row groups. */
export function fileStatistics(file: ParquetFile, columns: readonly FileColumn[]): FileStatistics {
  return {
    rowCount: file.metadata.rowGroups.reduce((sum, { rowCount }) => sum + rowCount, 0),
    columns: columns.map((column) => columnStatistics(file, column)),
  }
}

function columnStatistics(file: ParquetFile, column: FileColumn): FileColumnStatistics {
  const leaf = leafOf(file, column)
  if (leaf === undefined) return { column }
  let nullCount: number | undefined = 0
  let dataSize = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let isBounded = true
  for (const { chunks } of file.metadata.rowGroups) {
    const { statistics, valueCount, uncompressedBytes } = chunks[leaf.index]!
    dataSize += uncompressedBytes
    const nulls = leaf.maxDefinition === 0 ? 0 : statistics?.nullCount
    nullCount = nulls === undefined || nullCount === undefined ? undefined : nullCount + nulls
    if (nulls === valueCount) continue
    const bounds = statistics === undefined ? undefined : valueBounds(leaf, statistics)
    const range = bounds === undefined ? undefined : doubleRange(leaf.type, bounds)
    if (range === undefined) isBounded = false
    else {
      min = Math.min(min, range.min)
      max = Math.max(max, range.max)
    }
  }
  return {
    column,
    ...(nullCount === undefined ? {} : { nullCount }),
    dataSize,
    ...(isBounded && min <= max ? { range: { min, max } } : {}),
  }
}
