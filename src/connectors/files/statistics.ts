import {
  BIGINT,
  type ColumnStatistics,
  type ColumnStatisticsEntry,
  type DoubleRange,
  type TableStatistics,
  type Value,
} from '../../spi/index.js'
import { columnsByName } from './common-columns.js'
import type { TextOptions } from './config.js'
import { fileValue, mayPass } from './file-values.js'
import type { FileColumn, FileColumnStatistics, FileFormat, FileStatistics } from './format.js'
import type { FilesColumnHandle, FilesTableHandle } from './handles.js'
import type { PartitionedFile } from './partitions.js'
import type { SummaryCache } from './summary-cache.js'
import type { TableDefinition } from './table-definition.js'

/** Footers read for the statistics of a table, at most; the other files are taken to be like these. */
const SAMPLED_FILES_MAX = 100
const PARALLEL_READS = 8

interface FileFigures {
  readonly file: PartitionedFile
  readonly byName: ReadonlyMap<string, FileColumn>
  readonly statistics: FileStatistics
}

/** Statistics of the files that a handle's predicate leaves, from the figures that files have of themselves. */
export async function tableStatistics(
  definition: TableDefinition,
  handle: FilesTableHandle,
  format: FileFormat,
  summaries: SummaryCache,
  options: TextOptions,
  signal: AbortSignal,
): Promise<TableStatistics<FilesColumnHandle>> {
  const files = definition.files.filter((file) =>
    mayPass(handle.predicate, file, definition.partitionColumns),
  )
  const data = definition.columns.filter((column) => column.kind === 'data')
  if (files.length === 0) return { rowCount: 0, columns: [] }
  if (format.statistics === undefined) return estimateBySize(definition, files)
  const sampled = files.slice(0, SAMPLED_FILES_MAX)
  const read: FileFigures[] = []
  for (let start = 0; start < sampled.length; start += PARALLEL_READS) {
    const batch = sampled.slice(start, start + PARALLEL_READS)
    const found = await Promise.all(
      batch.map(async (file) => {
        const summary = await summaries.inspect(format, file.file, options, signal)
        const byName = columnsByName(summary.columns)
        const wanted = data.flatMap((column) => byName.get(column.name) ?? [])
        const statistics = await format.statistics!(file.file, summary, wanted, signal)
        return statistics === undefined ? undefined : { file, byName, statistics }
      }),
    )
    for (const figures of found) if (figures !== undefined) read.push(figures)
  }
  if (read.length === 0) return estimateBySize(definition, files)
  const sampledBytes = read.reduce((sum, { file }) => sum + file.file.size, 0)
  const allBytes = files.reduce((sum, { file }) => sum + file.size, 0)
  const scale = read.length === files.length ? 1 : allBytes / Math.max(1, sampledBytes)
  const sampledRows = read.reduce((sum, { statistics }) => sum + statistics.rowCount, 0)
  return {
    rowCount: Math.round(sampledRows * scale),
    columns: [
      ...data.map((column) => ({
        column,
        statistics: mergeColumn(
          read.map(({ byName, statistics }) => {
            const { rowCount } = statistics
            const own = byName.get(column.name)
            return {
              rowCount,
              column:
                own === undefined
                  ? { nullCount: rowCount, dataSize: 0, distinctValuesCount: 0 }
                  : statistics.columns.find((figures) => figures.column.index === own.index),
            }
          }),
          sampledRows,
          scale,
        ),
      })),
      ...definition.partitionColumns.map((column) =>
        partitionStatistics(
          column,
          definition,
          read.map(({ file, statistics }) => ({ file, rowCount: statistics.rowCount })),
        ),
      ),
    ],
  }
}

/** Text files tell nothing, but rows of a size may be expected. */
function estimateBySize(
  { summary }: TableDefinition,
  files: readonly PartitionedFile[],
): TableStatistics<FilesColumnHandle> {
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0)
  const { bytesPerRow } = (summary?.layout ?? {}) as { readonly bytesPerRow?: number }
  return bytesPerRow === undefined
    ? { columns: [] }
    : { rowCount: Math.round(bytes / bytesPerRow), columns: [] }
}

interface FileColumnFigures {
  readonly rowCount: number
  readonly column: Omit<FileColumnStatistics, 'column'> | undefined
}

function mergeColumn(
  figures: readonly FileColumnFigures[],
  rowCount: number,
  scale: number,
): ColumnStatistics {
  const nulls = sumOf(figures, (column) => column.nullCount)
  const dataSize = sumOf(figures, (column) => column.dataSize)
  const distinct = greatestOf(figures)
  const range = unionOf(figures, rowCount === nulls)
  return {
    ...(nulls === undefined || rowCount === 0 ? {} : { nullsFraction: nulls / rowCount }),
    ...(dataSize === undefined ? {} : { dataSize: dataSize * scale }),
    ...(distinct === undefined ? {} : { distinctValuesCount: distinct }),
    ...(range === undefined || scale !== 1 ? {} : { range }),
  }
}

function sumOf(
  figures: readonly FileColumnFigures[],
  figure: (column: Omit<FileColumnStatistics, 'column'>) => number | undefined,
): number | undefined {
  let sum = 0
  for (const { rowCount, column } of figures) {
    const value = column === undefined ? undefined : figure(column)
    if (value === undefined && rowCount > 0) return undefined
    sum += value ?? 0
  }
  return sum
}

/** Files share values, so that the most distinct of them tells more than the sum. */
function greatestOf(figures: readonly FileColumnFigures[]): number | undefined {
  const counts = figures.flatMap(({ column }) => column?.distinctValuesCount ?? [])
  return counts.length < figures.length || counts.length === 0 ? undefined : Math.max(...counts)
}

function unionOf(figures: readonly FileColumnFigures[], allNull: boolean): DoubleRange | undefined {
  if (allNull) return undefined
  let range: DoubleRange | undefined
  for (const { rowCount, column } of figures) {
    if (rowCount === 0 || column?.nullCount === rowCount) continue
    if (column?.range === undefined) return undefined
    const { min, max } = column.range
    range =
      range === undefined
        ? column.range
        : { min: Math.min(range.min, min), max: Math.max(range.max, max) }
  }
  return range
}

function partitionStatistics(
  column: FilesColumnHandle,
  { partitionColumns }: TableDefinition,
  files: readonly { readonly file: PartitionedFile; readonly rowCount: number }[],
): ColumnStatisticsEntry<FilesColumnHandle> {
  const values = new Set<Value>()
  let nullRows = 0
  let allRows = 0
  for (const { file, rowCount } of files) {
    const value = fileValue(column, file, partitionColumns)
    allRows += rowCount
    if (value === null) nullRows += rowCount
    else values.add(value)
  }
  const range =
    column.type.kind === BIGINT.kind || column.type.kind === 'date'
      ? rangeOf([...values].map(Number))
      : undefined
  return {
    column,
    statistics: {
      ...(allRows === 0 ? {} : { nullsFraction: nullRows / allRows }),
      distinctValuesCount: values.size,
      ...(range === undefined ? {} : { range }),
    },
  }
}

function rangeOf(values: readonly number[]): DoubleRange | undefined {
  if (values.length === 0) return undefined
  let [min, max] = [values[0]!, values[0]!]
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
  }
  return { min, max }
}
