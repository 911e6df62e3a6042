import {
  type ConnectorTableMetadata,
  intersectTuples,
  MillraceError,
  storageClass,
  TUPLE_DOMAIN_ALL,
  type TupleDomain,
  tuplesEqual,
} from '../../spi/index.js'
import { analyzeMetadata } from './analyze.js'
import type { MemoryCatalog } from './catalog.js'
import { columnManagement } from './column-management.js'
import { columnStatistics } from './column-summary.js'
import type { MemoryConfig } from './config.js'
import type { MemoryColumnHandle, MemoryTableHandle } from './handles.js'
import { type CatalogFacts, materializedViewManagement } from './materialized-views.js'
import { roleManagement } from './roles.js'
import { ROW_ID_COLUMN } from './row-id.js'
import { conflict } from './row-removal.js'
import { rowsToRead } from './scan.js'
import { columnHandle, isRemote, type MemoryTable, nodesOfPages } from './table.js'
import {
  checkReplaces,
  creator,
  emptyTable,
  type Metadata,
  nameOf,
  type TableOf,
  type TakeTurn,
  tableManagement,
  withComment,
} from './table-metadata.js'
import { type MemoryTransaction, seeAgain, seenTable } from './transactions.js'
import {
  functionManagement,
  ownerManagement,
  schemaManagement,
  viewManagement,
} from './view-metadata.js'
import type { MemoryWrites } from './writes.js'

const tableMetadata = (table: MemoryTable): ConnectorTableMetadata => ({
  table: nameOf(table),
  columns: table.columns.map((column) => column.metadata),
  ...(table.comment === undefined ? {} : { comment: table.comment }),
})

/** What one transaction sees of a catalog and does to it. @source Trino MemoryMetadata */
export function memoryMetadata(
  transaction: MemoryTransaction,
  writes: MemoryWrites,
  { trinoLimits }: MemoryConfig,
  facts: CatalogFacts,
): Metadata {
  const { catalog, id } = transaction
  const tableOf = ({ id: tableId, schema, table }: MemoryTableHandle): MemoryTable =>
    catalog.tableById(tableId, { schema, table })
  const takeTurn: TakeTurn = (session, handle) =>
    writes.takeTurn({ transaction: id, catalog }, handle.id, session.signal)
  const parts = [
    readMetadata(transaction, tableOf, facts.nodeId),
    schemaManagement(catalog),
    tableManagement(catalog, tableOf, takeTurn, !trinoLimits),
    viewManagement(catalog),
    functionManagement(catalog),
    writeMetadata(catalog, writes, id, tableOf, takeTurn, !trinoLimits),
    ...(trinoLimits
      ? []
      : [
          ownerManagement(catalog),
          columnManagement(catalog, tableOf, writes.io(catalog), takeTurn),
          roleManagement(catalog.maps),
          rowChangeMetadata(transaction, writes, tableOf, takeTurn),
          analyzeMetadata(tableOf),
          materializedViewManagement(catalog, writes, id, tableOf, facts),
        ]),
  ]
  // Not spread into one literal: for a hundred methods that takes 0.2 ms, each time.
  return Object.assign({}, ...parts)
}

function readMetadata(transaction: MemoryTransaction, tableOf: TableOf, nodeId: string) {
  const { catalog } = transaction
  return {
    schemaExists: (_session, schema) => catalog.hasSchema(schema),
    listSchemaNames: () => catalog.schemas,
    listTables: (_session, schema) => [
      ...catalog.tables(schema).map(nameOf),
      ...catalog.views(schema).map((view) => view.name),
      ...catalog.materializedViews(schema).map((view) => view.name),
    ],
    *streamTableColumns(_session, { schema, table: wanted }) {
      for (const table of catalog.tables(schema)) {
        if (wanted !== undefined && wanted !== table.name) continue
        yield { table: nameOf(table), columns: table.columns.map((column) => column.metadata) }
      }
    },
    *streamRelationComments(_session, schema) {
      for (const table of catalog.tables(schema)) {
        yield { name: nameOf(table), ...withComment(table.comment) }
      }
      for (const { name, definition } of catalog.views(schema)) {
        yield { name, ...withComment(definition.comment) }
      }
      for (const { name, definition } of catalog.materializedViews(schema)) {
        yield { name, ...withComment(definition.comment) }
      }
    },
    getTableHandle(_session, name, startVersion, endVersion) {
      const table = catalog.table(name)
      if (table === undefined) return undefined
      if (startVersion !== undefined || endVersion !== undefined) {
        throw new MillraceError('NOT_SUPPORTED', 'This connector does not support versioned tables')
      }
      // Where its parts lie is planned by; a scan of this transaction finds them there.
      const nodes = nodesOfPages(seenTable(transaction, table).pages, nodeId)
      return {
        schema: table.schema,
        table: table.name,
        id: table.id,
        ...(nodes === undefined ? {} : { nodes }),
      }
    },
    getTableMetadata: (_session, handle) => tableMetadata(tableOf(handle)),
    getColumnHandles: (_session, handle) =>
      new Map(
        tableOf(handle).columns.map((column, channel) => [
          column.metadata.name,
          columnHandle(column, channel),
        ]),
      ),
    getColumnMetadata: (_session, handle, column) =>
      column.channel === ROW_ID_COLUMN.channel
        ? { name: column.name, type: column.type, hidden: true }
        : tableOf(handle).columns[column.channel]!.metadata,
    getTableStatistics(_session, handle) {
      const table = seenTable(transaction, tableOf(handle))
      return {
        rowCount: Math.min(table.rowCount, handle.limit ?? table.rowCount),
        ...(handle.wanted === undefined
          ? {}
          : { scannedRowCount: rowsToRead(table, handle.wanted) }),
        columns: table.columns.map((column, channel) => ({
          column: columnHandle(column, channel),
          statistics: columnStatistics(column.metadata.type, column.summary),
        })),
      }
    },
    getTableVersion(_session, handle) {
      // The versions of a fork are its own: plans made in it are not kept.
      if (catalog.base !== undefined) return undefined
      return `${handle.id}.${seenTable(transaction, tableOf(handle)).version}`
    },
    getInfo: (_session, { schema, table, id, limit }) =>
      `memory:${schema}.${table} id=${id}${limit === undefined ? '' : ` limit=${limit}`}`,
    /** Pages are left out by their bounds; the filter stays. */
    applyFilter(_session, handle, { summary }) {
      // Of a limited table, which rows there are must not depend on the filter.
      if (handle.limit !== undefined) return undefined
      const before = handle.wanted ?? TUPLE_DOMAIN_ALL
      const wanted = intersectTuples(before, boundedColumns(summary))
      if (tuplesEqual(wanted, before)) return undefined
      return { handle: { ...handle, wanted }, remainingFilter: summary }
    },
    applyLimit(_session, handle, limit) {
      if (handle.limit !== undefined && handle.limit <= limit) return undefined
      return { handle: { ...handle, limit }, limitGuaranteed: true }
    },
  } satisfies Metadata
}

function writeMetadata(
  catalog: MemoryCatalog,
  writes: MemoryWrites,
  transaction: number,
  tableOf: TableOf,
  takeTurn: TakeTurn,
  replaces: boolean,
) {
  return {
    beginCreateTable(session, { table: name, columns, comment }, _layout, replace) {
      if (replace) checkReplaces(replaces)
      const table = catalog.newTable(name, columns, comment, creator(session))
      const channels = columns.map((_, channel) => channel)
      return writes.begin({ transaction, catalog }, table, replace ? 'replace' : 'new', channels)
    },
    finishCreateTable(_session, handle, fragments) {
      writes.addParts(handle, fragments)
      writes.publish(handle)
    },
    beginInsert: (_session, handle, columns) =>
      writes.begin(
        { transaction, catalog },
        tableOf(handle),
        'no',
        columns.map((column) => column.channel),
      ),
    async finishInsert(session, handle, fragments) {
      writes.addParts(handle, fragments)
      // Who changes rows has had the table gathered: parts on other nodes are for after that.
      if (fragments.length > 0) await takeTurn(session, writes.tableOf(handle))
      writes.publish(handle)
    },
  } satisfies Partial<Metadata>
}

function rowChangeMetadata(
  transaction: MemoryTransaction,
  writes: MemoryWrites,
  tableOf: TableOf,
  takeTurn: TakeTurn,
) {
  const { catalog } = transaction
  const place = { transaction: transaction.id, catalog }
  return {
    async beginGathering(session, handle) {
      await takeTurn(session, handle)
      const write = writes.beginGathering(place, tableOf(handle))
      return { write, source: { ...handle, gatheredBy: write.writeId } }
    },
    finishGathering(_session, handle) {
      const table = writes.tableOf(handle)
      writes.publish(handle)
      seeAgain(transaction, table)
    },
    getRowChangeParadigm: () => 'UPDATED_COLUMNS_ONLY',
    getMergeRowIdColumnHandle: () => ROW_ID_COLUMN,
    async beginMerge(session, handle, updateCaseColumns) {
      await takeTurn(session, handle)
      // What others have changed meanwhile is changed further.
      seeAgain(transaction, tableOf(handle))
      if (tableOf(handle).pages.some(isRemote)) throw conflict(tableOf(handle))
      const updateChannels = [...updateCaseColumns].map(
        ([number, columns]) => [number, columns.map((column) => column.channel)] as const,
      )
      return writes.beginMerge(place, tableOf(handle), updateChannels)
    },
    finishMerge: (_session, handle) => writes.publish(handle),
    applyDelete: (_session, handle) =>
      handle.limit === undefined && handle.wanted === undefined ? handle : undefined,
    async executeDelete(session, handle) {
      await takeTurn(session, handle)
      const table = tableOf(handle)
      const { rowCount } = table
      emptyTable(catalog, table)
      return rowCount
    },
  } satisfies Partial<Metadata>
}

/** What is said of columns that stored pages have bounds of: see {@link integerBounds}. */
const boundedColumns = ({
  columnDomains,
}: TupleDomain<MemoryColumnHandle>): TupleDomain<MemoryColumnHandle> => ({
  columnDomains:
    columnDomains?.filter(
      ({ column, domain }) =>
        column.channel >= 0 &&
        storageClass(column.type) === 'integer' &&
        domain.values.kind === 'ranges',
    ) ?? null,
})
