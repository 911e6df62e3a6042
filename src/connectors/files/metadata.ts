import {
  type ConnectorMetadata,
  codedError,
  intersectTuples,
  MillraceError,
  type SchemaTableName,
  type SchemaTablePrefix,
  schemaTableName,
  type TableColumnsMetadata,
  type TupleDomain,
  tuplesContain,
} from '../../spi/index.js'
import type { FilesConfig } from './config.js'
import { entriesOf, isHidden } from './file-tree.js'
import { loadFormat } from './formats.js'
import type { FilesColumnHandle, FilesTableHandle, FilesTypes } from './handles.js'
import { PATH_SCHEMA } from './path-schema.js'
import { tableStatistics } from './statistics.js'
import type { SummaryCache } from './summary-cache.js'
import { columnMetadata, type TableDefinition } from './table-definition.js'
import { DEFAULT_SCHEMA, listTableNames, schemaFolder } from './table-files.js'
import type { SeenTables } from './transactions.js'

type Metadata = ConnectorMetadata<FilesTypes>

/** What one transaction sees of the folder: schemas, tables, columns, statistics. */
export function readMetadata(
  config: FilesConfig,
  tables: SeenTables,
  summaries: SummaryCache,
  transaction: number,
) {
  const definitionOf = (handle: FilesTableHandle, signal: AbortSignal): Promise<TableDefinition> =>
    tables.get(transaction, handle, signal)

  return {
    async schemaExists(_session, schema) {
      return (await schemaFolder(config, schema)) !== undefined
    },
    listSchemaNames: () => listSchemas(config),
    async listTables(_session, schema) {
      const schemas = schema === undefined ? await listSchemas(config) : [schema]
      return (await Promise.all(schemas.map((name) => tablesOf(config, name)))).flat()
    },
    async *streamTableColumns(session, prefix) {
      for (const name of await namesOf(config, prefix)) {
        const found = await columnsOf(name, session.signal)
        if (found !== undefined) yield found
      }
    },
    async getTableHandle(session, name, startVersion, endVersion) {
      const definition = await tables.find(transaction, name, session.signal)
      if (definition === undefined) return undefined
      if (startVersion !== undefined || endVersion !== undefined) {
        throw new MillraceError('NOT_SUPPORTED', 'This connector does not support versioned tables')
      }
      const { format, summary } = definition
      return {
        ...name,
        format,
        ...(summary === undefined ? {} : { summary }),
        predicate: { columnDomains: [] },
      }
    },
    async getTableMetadata(session, handle) {
      const { columns, description } = await definitionOf(handle, session.signal)
      return {
        table: schemaTableName(handle.schema, handle.table),
        columns: columns.map((column) => columnMetadata(column, description)),
        properties: await tableProperties(handle, session.signal),
        ...(description?.comment === undefined ? {} : { comment: description.comment }),
      }
    },
    async getColumnHandles(session, handle) {
      const { columns } = await definitionOf(handle, session.signal)
      return new Map(columns.map((column) => [column.name, column]))
    },
    async getColumnMetadata(session, handle, column) {
      const { description } = await definitionOf(handle, session.signal)
      return columnMetadata(column, description)
    },
    async getTableStatistics(session, handle) {
      const definition = await definitionOf(handle, session.signal)
      const format = await loadFormat(handle.format)
      return tableStatistics(definition, handle, format, summaries, config.text, session.signal)
    },
    async getTableVersion(session, handle) {
      return (await definitionOf(handle, session.signal)).version
    },
    async getInfo(session, handle) {
      const { files, folder, path } = await definitionOf(handle, session.signal)
      return `${handle.format.toLowerCase()}:${path ?? folder ?? handle.table} files=${files.length}`
    },
    applyFilter: (_session, handle, { summary }) => applyFilter(handle, summary),
  } satisfies Metadata

  /** Properties by which the table could be created again. */
  async function tableProperties(handle: FilesTableHandle, signal: AbortSignal) {
    const { description, partitionColumns } = await definitionOf(handle, signal)
    return {
      format: handle.format,
      ...(partitionColumns.length === 0
        ? {}
        : { partitioned_by: partitionColumns.map((column: FilesColumnHandle) => column.name) }),
      ...description?.properties,
    }
  }

  /** A table that can't be read is left out of listings: naming it says why. */
  async function columnsOf(
    name: SchemaTableName,
    signal: AbortSignal,
  ): Promise<TableColumnsMetadata | undefined> {
    try {
      const definition = await tables.find(transaction, name, signal)
      if (definition === undefined) return undefined
      const { columns, description } = definition
      return { table: name, columns: columns.map((column) => columnMetadata(column, description)) }
    } catch (error) {
      signal.throwIfAborted()
      if (codedError(error) === undefined) throw error
      return undefined
    }
  }
}

/** Only columns of the files' rows are left to check: other values are those of a whole file, which is read or left out. */
function applyFilter(handle: FilesTableHandle, summary: TupleDomain<FilesColumnHandle>) {
  if (tuplesContain(summary, handle.predicate)) return undefined
  const { columnDomains } = summary
  return {
    handle: { ...handle, predicate: intersectTuples(handle.predicate, summary) },
    remainingFilter: {
      columnDomains:
        columnDomains === null
          ? null
          : columnDomains.filter(({ column }) => column.kind === 'data'),
    },
  }
}

/** The folders in the root, by lower-case name, and the schema of the root's own files. */
async function listSchemas({ root }: FilesConfig): Promise<readonly string[]> {
  const names = (await entriesOf(root)).flatMap((entry) =>
    entry.isDirectory() && !isHidden(entry.name) && !entry.name.includes('=')
      ? [entry.name.toLowerCase()]
      : [],
  )
  return [...new Set([DEFAULT_SCHEMA, ...names])].sort()
}

async function tablesOf(config: FilesConfig, schema: string): Promise<readonly SchemaTableName[]> {
  if (schema === PATH_SCHEMA) return []
  const folder = await schemaFolder(config, schema)
  if (folder === undefined) return []
  const names = await listTableNames(folder, schema === DEFAULT_SCHEMA)
  return names.map((table) => schemaTableName(schema, table))
}

async function namesOf(
  config: FilesConfig,
  { schema, table }: SchemaTablePrefix,
): Promise<readonly SchemaTableName[]> {
  if (schema !== undefined && table !== undefined) return [schemaTableName(schema, table)]
  const schemas = schema === undefined ? await listSchemas(config) : [schema]
  return (await Promise.all(schemas.map((name) => tablesOf(config, name)))).flat()
}
