import { mkdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ConnectorMetadata,
  type ConnectorSession,
  type ConnectorTableMetadata,
  MillraceError,
  type Properties,
} from '../../spi/index.js'
import type { FilesConfig } from './config.js'
import { fileError, systemReason } from './file-errors.js'
import { checkRelative, entriesOf, isHidden } from './file-tree.js'
import type { FileColumn, FileFormat, FileWriting, FormatName } from './format.js'
import { loadFormat } from './formats.js'
import { isGlob } from './glob.js'
import type { FilesTableHandle, FilesTypes, FilesWriteHandle, WrittenColumn } from './handles.js'
import { unsupportedPartition } from './page-sink.js'
import { PATH_SCHEMA } from './path-schema.js'
import { BLOOM_FILTER_COLUMNS, COMPRESSION_CODEC } from './properties.js'
import type { TableDescription } from './table-description.js'
import { DEFAULT_SCHEMA, schemaFolder } from './table-files.js'
import { textWriter } from './text/value-text.js'
import type { SeenTables } from './transactions.js'
import type { FilesWrites } from './writes.js'

type Metadata = ConnectorMetadata<FilesTypes>

/** What statements that write do to the folder. */
export function writeMetadata(
  config: FilesConfig,
  tables: SeenTables,
  writes: FilesWrites,
  transaction: number,
) {
  const changed = (): void => tables.forget(transaction)

  return {
    async createSchema(_session, schema) {
      checkWritable(config)
      checkName(schema)
      const folder = join(config.root, schema)
      await changing(folder, () => mkdir(folder))
    },
    async dropSchema(_session, schema, cascade) {
      await dropFolder(config, schema, cascade)
      changed()
    },
    async createTable(_session, metadata, saveMode) {
      const { target, description } = await newTable(config, metadata)
      const write = await writes.beginCreate(
        transaction,
        target,
        description,
        saveMode === 'REPLACE',
      )
      await writes.publish(write.id, [])
      changed()
    },
    async dropTable(session, handle) {
      checkWritable(config)
      const { folder, path, files } = await tables.get(transaction, handle, session.signal)
      const place = folder ?? path
      if (place === undefined) throw patternWrite(handle, files.length)
      await changing(place, () => rm(place, { recursive: true }))
      changed()
    },
    async truncateTable(session, handle) {
      checkWritable(config)
      const { folder, description, files } = await tables.get(transaction, handle, session.signal)
      if (folder === undefined || description === undefined) {
        throw new MillraceError(
          'NOT_SUPPORTED',
          `Only tables that were created by a statement can be truncated: ${handle.table}`,
        )
      }
      for (const { file } of files) await changing(file.path, () => rm(file.path))
      changed()
    },
    async beginCreateTable(session, metadata, _layout, replace) {
      const { target, description } = await newTable(config, metadata)
      const write = await writes.beginCreate(transaction, target, description, replace)
      return writeHandle(session, write, description.format, description.columns, description)
    },
    async finishCreateTable(_session, handle, fragments) {
      await writes.publish(handle.writeId, fragments)
      changed()
    },
    async beginInsert(session, handle, columns) {
      checkWritable(config)
      const definition = await tables.get(transaction, handle, session.signal)
      const { folder, description, files, partitionColumns } = definition
      if (folder === undefined) throw patternWrite(handle, files.length)
      const format = await loadFormat(definition.format)
      const writing = writingOf(format)
      // Pages have the columns in the order of the statement; files in that of the table.
      const order = columns.map((column) => column.name)
      const written = definition.columns.filter((column) => column.kind !== 'file')
      for (const [index, { name, type, kind }] of written.entries()) {
        if (kind === 'data') writing.checkColumn({ name, type, index })
      }
      const properties = description?.properties ?? format.propertiesOf?.(definition.summary) ?? {}
      const write = await writes.beginInsert(transaction, folder)
      return writeHandle(
        session,
        write,
        definition.format,
        order.map((name) => written.find((column) => column.name === name)!),
        { properties, partitionedBy: partitionColumns.map(({ name }) => name) },
        written.map(({ name }) => name),
      )
    },
    async finishInsert(_session, handle, fragments) {
      await writes.publish(handle.writeId, fragments)
      changed()
    },
  } satisfies Partial<Metadata>
}

async function dropFolder(config: FilesConfig, schema: string, cascade: boolean): Promise<void> {
  checkWritable(config)
  const folder = await schemaFolder(config, schema)
  if (folder === undefined || schema === DEFAULT_SCHEMA || schema === PATH_SCHEMA) {
    throw new MillraceError('NOT_SUPPORTED', `Schema cannot be dropped: ${schema}`)
  }
  const entries = await entriesOf(folder)
  if (!cascade && entries.some(({ name }) => !isHidden(name))) {
    throw new MillraceError('SCHEMA_NOT_EMPTY', `Cannot drop non-empty schema '${schema}'`)
  }
  await changing(folder, () =>
    cascade || entries.length > 0 ? rm(folder, { recursive: true }) : rmdir(folder),
  )
}

const patternWrite = ({ table }: FilesTableHandle, fileCount: number): MillraceError =>
  new MillraceError('NOT_SUPPORTED', `Table is no folder that can be written: ${table}`, {
    hint:
      fileCount === 1
        ? 'Rows are inserted into folders; CREATE TABLE … AS makes one'
        : 'Name the folder instead of a pattern',
  })

function checkWritable({ readOnly, root }: FilesConfig): void {
  if (readOnly) {
    throw new MillraceError('NOT_SUPPORTED', `Files are read only here: ${root}`, {
      hint: 'files.read-only is set',
    })
  }
}

/** Names of what is created become names of folders. */
function checkName(name: string): void {
  checkRelative(name)
  if (/[/\\]/.test(name) || isHidden(name) || isGlob(name) || name.includes('=')) {
    throw new MillraceError('NOT_SUPPORTED', `Name cannot be that of a folder: ${name}`)
  }
}

async function changing(path: string, change: () => Promise<unknown>): Promise<void> {
  try {
    await change()
  } catch (error) {
    throw fileError('HIVE_FILESYSTEM_ERROR', `Cannot be changed, ${systemReason(error)}: ${path}`, {
      cause: error,
    })
  }
}

function writingOf(format: FileFormat): FileWriting {
  if (format.writing !== undefined) return format.writing
  throw new MillraceError('NOT_SUPPORTED', `Files of this format are only read: ${format.name}`)
}

async function newTable(
  config: FilesConfig,
  { table, columns, properties = {}, comment }: ConnectorTableMetadata,
): Promise<{ readonly target: string; readonly description: TableDescription }> {
  checkWritable(config)
  checkName(table.table)
  const folder = await schemaFolder(config, table.schema)
  if (folder === undefined || table.schema === PATH_SCHEMA) {
    throw new MillraceError('SCHEMA_NOT_FOUND', `Schema '${table.schema}' does not exist`)
  }
  const { format: formatName, partitioned_by, ...rest } = properties
  const format = (formatName ?? 'PARQUET') as FormatName
  const partitionedBy = (partitioned_by ?? []) as readonly string[]
  if (rest[BLOOM_FILTER_COLUMNS] !== undefined && format !== 'PARQUET') {
    throw new MillraceError(
      'INVALID_TABLE_PROPERTY',
      `Cannot specify ${BLOOM_FILTER_COLUMNS} table property for storage format: ${format}`,
    )
  }
  const visible = columns.filter((column) => column.hidden !== true)
  checkPartitioning(
    visible.map(({ name }) => name),
    partitionedBy,
  )
  const writing = writingOf(await loadFormat(format))
  const written: FileColumn[] = []
  for (const [index, { name, type }] of visible.entries()) {
    if (!partitionedBy.includes(name)) {
      const column = { name, type, index }
      writing.checkColumn(column)
      written.push(column)
    } else if (textWriter(type) === undefined) throw unsupportedPartition(name)
  }
  writing.checkProperties?.(rest, written)
  const description: TableDescription = {
    format,
    columns: visible.map(({ name, type, comment: about, nullable }) => ({
      name,
      type,
      ...(about === undefined ? {} : { comment: about }),
      ...(nullable === false ? { nullable } : {}),
    })),
    partitionedBy,
    properties: givenOf(rest),
    ...(comment === undefined ? {} : { comment }),
  }
  return { target: join(folder, table.table), description }
}

/** Properties that are set. */
const givenOf = (properties: Properties): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined))

/** @source Trino HiveMetadata.checkPartitionColumns */
function checkPartitioning(names: readonly string[], partitionedBy: readonly string[]): void {
  const missing = partitionedBy.filter((name) => !names.includes(name))
  if (missing.length > 0) {
    throw new MillraceError(
      'INVALID_TABLE_PROPERTY',
      `Partition columns [${missing.join(', ')}] not present in schema`,
    )
  }
  if (partitionedBy.length === names.length) {
    throw new MillraceError('INVALID_TABLE_PROPERTY', 'Table contains only partition columns')
  }
  const last = names.slice(names.length - partitionedBy.length)
  if (last.some((name, i) => name !== partitionedBy[i])) {
    throw fileError(
      'HIVE_COLUMN_ORDER_MISMATCH',
      'Partition keys must be the last columns in the table and in the same order as the table properties: ' +
        `[${partitionedBy.join(', ')}]`,
    )
  }
}

/** @param fileOrder names in the order of the files' columns; that of the pages by default */
function writeHandle(
  session: ConnectorSession,
  write: { readonly id: string; readonly sinkDirectory: string },
  format: FormatName,
  columns: readonly { readonly name: string; readonly type: WrittenColumn['type'] }[],
  table: Pick<TableDescription, 'properties' | 'partitionedBy'>,
  fileOrder: readonly string[] = columns.map(({ name }) => name),
): FilesWriteHandle {
  const byName = new Map(
    columns.map(({ name, type }, channel): [string, WrittenColumn] => [
      name,
      { name, type, channel },
    ]),
  )
  const isPartition = (name: string): boolean => table.partitionedBy.includes(name)
  const compression = session.getProperty(COMPRESSION_CODEC)
  return {
    writeId: write.id,
    format,
    directory: write.sinkDirectory,
    columns: fileOrder.filter((name) => !isPartition(name)).map((name) => byName.get(name)!),
    partitionColumns: table.partitionedBy.map((name) => byName.get(name)!),
    ...(compression === 'DEFAULT' ? {} : { compression }),
    properties: table.properties,
  }
}
