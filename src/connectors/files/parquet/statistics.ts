import type { DoubleRange, SqlType } from '../../../spi/index.js'
import type { FileColumn, FileColumnStatistics, FileStatistics } from '../format.js'
import type { ParquetFile } from './footer.js'
import { leafOf } from './pruning.js'
import type { Leaf } from './schema.js'
import { doubleRange, valueBounds } from './statistic-values.js'

/** What the footer says of the columns, over all row groups. */
export function fileStatistics(file: ParquetFile, columns: readonly FileColumn[]): FileStatistics {
  return {
    rowCount: file.metadata.rowGroups.reduce((sum, { rowCount }) => sum + rowCount, 0),
    columns: columns.map((column) => {
      const kept = keptFigures(file)
      const figures = kept.get(column.index) ?? columnStatistics(file, column)
      kept.set(column.index, figures)
      return { ...figures, column }
    }),
  }
}

/** By footer, of which the cache keeps the last ones used, and column. */
const figuresOfFiles = new WeakMap<ParquetFile, Map<number, FileColumnStatistics>>()

function keptFigures(file: ParquetFile): Map<number, FileColumnStatistics> {
  const kept = figuresOfFiles.get(file) ?? new Map<number, FileColumnStatistics>()
  figuresOfFiles.set(file, kept)
  return kept
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
  const range = isBounded && min <= max ? { min, max } : undefined
  const distinct = distinctValues(file, leaf, range, nullCount ?? 0)
  return {
    column,
    ...(nullCount === undefined ? {} : { nullCount }),
    dataSize,
    ...(range === undefined ? {} : { range }),
    ...(distinct === undefined ? {} : { distinctValuesCount: distinct }),
  }
}

const WHOLE_NUMBERS: readonly SqlType['kind'][] = [
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'date',
]

/**
 * About how many distinct values a column has: as many as its bounds have room for, as its chunks' dictionaries can hold, and
 * as it has rows. Footers say it themselves only of some writers.
 */
function distinctValues(
  file: ParquetFile,
  leaf: Leaf,
  range: DoubleRange | undefined,
  nullCount: number,
): number | undefined {
  const { rowGroups } = file.metadata
  const rowCount = rowGroups.reduce((sum, group) => sum + group.rowCount, 0)
  const bounds = [rowCount - nullCount]
  if (range !== undefined && WHOLE_NUMBERS.includes(leaf.type.kind)) {
    bounds.push(range.max - range.min + 1)
  }
  let held = 0
  for (const { chunks } of rowGroups) {
    const { statistics } = chunks[leaf.index]!
    if (statistics?.distinctCount !== undefined) held = Math.max(held, statistics.distinctCount)
  }
  if (held > 0) bounds.push(rowGroups.length === 1 ? held : held * DICTIONARY_GROWTH)
  // A single bound by the number of rows says something of keys only.
  return bounds.length === 1 && leaf.type.kind !== 'varchar' ? undefined : Math.min(...bounds)
}

/** What several row groups have of values that one has not. */
const DICTIONARY_GROWTH = 1.2
