import { createHash } from 'node:crypto'
import { BIGINT, type ColumnMetadata, timestampWithTimeZoneType, VARCHAR } from '../../spi/index.js'
import { type CommonColumn, columnsByName, commonColumns } from './common-columns.js'
import type { FilesConfig } from './config.js'
import { fileError } from './file-errors.js'
import type { FileColumn, FileFormat, FileSummary, FormatName, InspectedFile } from './format.js'
import { loadFormat } from './formats.js'
import type { FilesColumnHandle } from './handles.js'
import { type PartitionedFile, partitionFiles, partitionType } from './partitions.js'
import type { SummaryCache } from './summary-cache.js'
import type { TableDescription } from './table-description.js'
import type { TableFiles } from './table-files.js'

/** All that is known of a table in one transaction. */
export interface TableDefinition {
  readonly schema: string
  readonly table: string
  readonly format: FormatName
  readonly files: readonly PartitionedFile[]
  /** Those of the files, those of the folders' names, then the hidden ones. */
  readonly columns: readonly FilesColumnHandle[]
  readonly partitionColumns: readonly FilesColumnHandle[]
  /** Of text formats. */
  readonly summary?: FileSummary
  readonly folder?: string
  readonly path?: string
  readonly description?: TableDescription
  /** Changes with the files and their times. */
  readonly version: string
}

/** Columns of every table that tell of the file a row is in. @source Trino HiveColumnHandle */
const FILE_COLUMNS: readonly FilesColumnHandle[] = [
  { name: '$path', type: VARCHAR, kind: 'file' },
  { name: '$file_size', type: BIGINT, kind: 'file' },
  { name: '$file_modified_time', type: timestampWithTimeZoneType(3), kind: 'file' },
]
const PARTITION_NAME: FilesColumnHandle = { name: '$partition', type: VARCHAR, kind: 'file' }

/** @throws what reading the files' own columns throws; HIVE_PARTITION_SCHEMA_MISMATCH */
export async function defineTable(
  name: { readonly schema: string; readonly table: string },
  found: TableFiles,
  config: FilesConfig,
  summaries: SummaryCache,
  signal: AbortSignal,
): Promise<TableDefinition> {
  const { description } = found
  const format = await loadFormat(found.format)
  const partitions = partitionFiles(found.files)
  const partitionNames = description?.partitionedBy ?? partitions.names
  checkPartitionNames(partitionNames, partitions, found)
  const partitionColumns = partitionNames.map(
    (partition, i): FilesColumnHandle => ({
      name: partition,
      type:
        description?.columns.find((column) => column.name === partition)?.type ??
        partitionType(partitions.files.map((file) => file.partition[i]!)),
      kind: 'partition',
    }),
  )
  // A file without a byte holds no rows in any format that has no footer.
  const files = partitions.files.filter(({ file }) => file.size > 0 || format.isSelfDescribing)
  const data =
    description === undefined
      ? await inferColumns(format, files, found, config, summaries, signal)
      : describedColumns(format, description)
  const isPartition = (column: CommonColumn): boolean => partitionNames.includes(column.name)
  return {
    ...name,
    format: found.format,
    files,
    columns: [
      ...data.columns
        .filter((column) => !isPartition(column))
        .map((column): FilesColumnHandle => ({ ...column, kind: 'data' })),
      ...partitionColumns,
      ...FILE_COLUMNS,
      ...(partitionColumns.length === 0 ? [] : [PARTITION_NAME]),
    ],
    partitionColumns,
    ...(data.summary === undefined ? {} : { summary: data.summary }),
    ...(found.folder === undefined ? {} : { folder: found.folder }),
    ...(found.path === undefined ? {} : { path: found.path }),
    ...(description === undefined ? {} : { description }),
    version: versionOf(found),
  }
}

function checkPartitionNames(
  names: readonly string[],
  partitions: ReturnType<typeof partitionFiles>,
  { folder }: TableFiles,
): void {
  const [first] = partitions.files
  if (first === undefined) return
  if (
    names.length === partitions.names.length &&
    names.every((n, i) => n === partitions.names[i])
  ) {
    return
  }
  throw fileError(
    'HIVE_INVALID_METADATA',
    `Table is partitioned by [${names.join(', ')}], its files by [${partitions.names.join(', ')}]: ${folder ?? first.file.path}`,
  )
}

interface DataColumns {
  readonly columns: readonly CommonColumn[]
  readonly summary?: FileSummary
}

async function inferColumns(
  format: FileFormat,
  files: readonly PartitionedFile[],
  found: TableFiles,
  config: FilesConfig,
  summaries: SummaryCache,
  signal: AbortSignal,
): Promise<DataColumns> {
  const chosen = spread(files, config.inspectedFilesMax)
  if (chosen.length === 0) {
    const place = found.path ?? found.folder ?? found.files[0]?.file.path ?? ''
    throw fileError('HIVE_BAD_DATA', `File is empty, so that it has no columns: ${place}`)
  }
  const inspected = await inspectAll(format, chosen, config, summaries, signal)
  if (format.isSelfDescribing) return { columns: commonColumns(inspected) }
  const summary = format.merge?.(inspected) ?? inspected[0]!.summary
  const columns = Array.from(columnsByName(summary.columns), ([name, { type }]) => ({ name, type }))
  return { columns, summary }
}

/** Files looked into side by side. */
const PARALLEL_INSPECTIONS = 8

async function inspectAll(
  format: FileFormat,
  files: readonly PartitionedFile[],
  config: FilesConfig,
  summaries: SummaryCache,
  signal: AbortSignal,
): Promise<readonly InspectedFile[]> {
  const inspected: InspectedFile[] = []
  for (let start = 0; start < files.length; start += PARALLEL_INSPECTIONS) {
    const batch = files.slice(start, start + PARALLEL_INSPECTIONS)
    inspected.push(
      ...(await Promise.all(
        batch.map(async ({ file }) => ({
          file,
          summary: await summaries.inspect(format, file, config.text, signal),
        })),
      )),
    )
  }
  return inspected
}

/** At most `count` of the items, evenly spread, the first and the last among them. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items
  if (count === 1) return items.slice(0, 1)
  const step = (items.length - 1) / (count - 1)
  return Array.from({ length: count }, (_, i) => items[Math.round(i * step)]!)
}

function describedColumns(format: FileFormat, description: TableDescription): DataColumns {
  const columns = description.columns
    .filter((column) => !description.partitionedBy.includes(column.name))
    .map(({ name, type }, index): FileColumn => ({ name, type, index }))
  if (format.isSelfDescribing) return { columns }
  const summary = format.summaryOf?.(columns, description.properties) ?? { columns }
  return { columns, summary }
}

function versionOf({ files, description }: TableFiles): string {
  const hash = createHash('sha1')
  for (const { file } of files) hash.update(`${file.path}\0${file.size}\0${file.modifiedMillis}\0`)
  if (description !== undefined) {
    hash.update(JSON.stringify([description.columns, description.partitionedBy]))
  }
  return hash.digest('base64')
}

const isHiddenColumn = (column: FilesColumnHandle): boolean => column.kind === 'file'

/** The columns as users see them. */
export function columnMetadata(
  column: FilesColumnHandle,
  description: TableDescription | undefined,
): ColumnMetadata {
  const described = description?.columns.find(({ name }) => name === column.name)
  return {
    name: column.name,
    type: column.type,
    ...(described?.comment === undefined ? {} : { comment: described.comment }),
    ...(described?.nullable === false ? { nullable: false } : {}),
    ...(column.kind === 'partition' ? { extraInfo: 'partition key' } : {}),
    ...(isHiddenColumn(column) ? { hidden: true } : {}),
  }
}
