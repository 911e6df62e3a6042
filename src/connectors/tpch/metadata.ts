import type {
  ColumnMetadata,
  ConnectorMetadata,
  ConnectorTableProperties,
  Domain,
  LocalProperty,
  TupleDomain,
} from '../../spi/index.js'
import { intersectTuples, MillraceError, schemaTableName, tuplesEqual } from '../../spi/index.js'
import type { TpchColumnHandle } from './columns.js'
import { columnHandles, isTpchTable, ROW_NUMBER, TABLE_NAMES } from './columns.js'
import type { TpchConfig } from './config.js'
import { ORDER_STATUSES, PART_CONTAINERS, PART_TYPES } from './generator/distributions.js'
import type { TpchTable } from './generator/generate.js'
import type { TpchTableHandle, TpchTypes } from './handles.js'
import { SCHEMA_NAMES, schemaScaleFactor } from './handles.js'
import { orderingKey } from './key-ranges.js'
import { isPartitioned } from './split-manager.js'
import { tableStatistics } from './statistics.js'

/** Schemas, tables and columns, which follow from the configuration alone. @source Trino TpchMetadata */
export function tpchMetadata(config: TpchConfig): ConnectorMetadata<TpchTypes> {
  const columnsOf = (table: TpchTable) => columnHandles(table, config)
  return {
    schemaExists: (_session, schema) => schemaScaleFactor(schema) !== undefined,
    listSchemaNames: () => SCHEMA_NAMES,
    listTables: (_session, schema) =>
      schemasOf(schema).flatMap((name) => TABLE_NAMES.map((table) => schemaTableName(name, table))),
    *streamTableColumns(_session, prefix) {
      for (const schema of schemasOf(prefix.schema)) {
        for (const table of TABLE_NAMES) {
          if (prefix.table === undefined || prefix.table === table) {
            yield {
              table: schemaTableName(schema, table),
              columns: columnsOf(table).map(columnMetadata),
            }
          }
        }
      }
    },
    getTableHandle(_session, { schema, table }, startVersion, endVersion) {
      if (startVersion !== undefined || endVersion !== undefined) {
        throw new MillraceError('NOT_SUPPORTED', 'This connector does not support versioned tables')
      }
      const scaleFactor = schemaScaleFactor(schema)
      return scaleFactor === undefined || !isTpchTable(table)
        ? undefined
        : { schema, table, scaleFactor }
    },
    getTableMetadata: (_session, { schema, table }) => ({
      table: schemaTableName(schema, table),
      columns: columnsOf(table).map(columnMetadata),
    }),
    getColumnHandles: (_session, { table }) =>
      new Map(columnsOf(table).map((column) => [column.name, column])),
    getColumnMetadata: (_session, _table, column) => columnMetadata(column),
    getTableStatistics: (_session, { table, scaleFactor }) =>
      tableStatistics(table, scaleFactor, columnsOf(table)),
    // ANALYZE counts the rows; there is nothing to keep, since the figures of generated tables are known.
    getStatisticsCollectionMetadata: (_session, handle) => ({
      table: handle,
      metadata: { tableStatistics: ['ROW_COUNT'], groupingColumns: [], columnStatistics: [] },
    }),
    beginStatisticsCollection: (_session, handle) => handle,
    finishStatisticsCollection() {},
    getTableVersion: () => 'generated',
    getTableProperties: (_session, { table, scaleFactor }) =>
      tableProperties(table, scaleFactor, columnsOf(table), config),
    /** Leaves out rows by the key of their order; the filter stays. */
    applyFilter(_session, handle, { summary }) {
      const offered = onOrderingKey(handle.table, summary)
      if (!config.predicatePushdownEnabled || offered.columnDomains?.length === 0) return undefined
      const before = handle.wanted ?? { columnDomains: [] }
      const wanted = intersectTuples(before, offered)
      if (tuplesEqual(wanted, before)) return undefined
      return { handle: { ...handle, wanted }, remainingFilter: summary }
    },
    getInfo: (_session, { schema, table }) => `${schema}:${table}`,
    applyTableScanRedirect: (_session, table) => redirect(table, columnsOf(table.table), config),
  }
}

function onOrderingKey(
  table: TpchTable,
  { columnDomains }: TupleDomain<TpchColumnHandle>,
): TupleDomain<TpchColumnHandle> {
  const key = orderingKey(table)
  return { columnDomains: columnDomains?.filter(({ column }) => column.field === key) ?? null }
}

function schemasOf(schema: string | undefined): readonly string[] {
  if (schema === undefined) {
    return SCHEMA_NAMES
  }
  return schemaScaleFactor(schema) === undefined ? [] : [schema]
}

const columnMetadata = ({ name, type, field }: TpchColumnHandle): ColumnMetadata => ({
  name,
  type,
  ...(field === ROW_NUMBER ? { hidden: true } : { nullable: false }),
})

const sortedBy = (column: TpchColumnHandle): LocalProperty<TpchColumnHandle> => ({
  kind: 'sorting',
  column,
  ascending: true,
  nullsFirst: true,
})

function tableProperties(
  table: TpchTable,
  scaleFactor: number,
  columns: readonly TpchColumnHandle[],
  config: TpchConfig,
): ConnectorTableProperties<TpchColumnHandle> {
  const column = (field: string) => columns.find((candidate) => candidate.field === field)!
  const sorted = [column(orderingKey(table))]
  if (table === 'lineitem') {
    sorted.push(column('linenumber'))
  }
  return {
    predicate: config.predicatePushdownEnabled
      ? tablePredicate(table, column)
      : { columnDomains: [] },
    ...(config.partitioningEnabled && isPartitioned(table)
      ? {
          tablePartitioning: {
            partitioningHandle: { scaleFactor, splitsPerNode: config.splitsPerNode ?? null },
            partitioningColumns: [column(orderingKey(table))],
          },
        }
      : {}),
    localProperties: config.partitioningEnabled ? sorted.map(sortedBy) : [],
  }
}

/** What all rows satisfy, where columns have few values. */
function tablePredicate(
  table: TpchTable,
  column: (field: string) => TpchColumnHandle,
): TupleDomain<TpchColumnHandle> {
  const oneOf = (field: string, values: readonly string[]) => ({
    column: column(field),
    domain: domainOf(column(field), values),
  })
  switch (table) {
    case 'orders':
      return { columnDomains: [oneOf('orderstatus', ORDER_STATUSES)] }
    case 'part':
      return {
        columnDomains: [oneOf('container', PART_CONTAINERS), oneOf('type', PART_TYPES)],
      }
    default:
      return { columnDomains: [] }
  }
}

const domainOf = ({ type }: TpchColumnHandle, values: readonly string[]): Domain => ({
  nullAllowed: false,
  values: {
    kind: 'ranges',
    type,
    // Values are ASCII, whose order is that of code units.
    ranges: [...values]
      .sort()
      .map((value) => ({ low: value, lowInclusive: true, high: value, highInclusive: true })),
  },
})

function redirect(
  table: TpchTableHandle,
  columns: readonly TpchColumnHandle[],
  config: TpchConfig,
) {
  if (config.redirectionCatalog === undefined) {
    return undefined
  }
  return {
    table: {
      catalog: config.redirectionCatalog,
      schema: config.redirectionSchema ?? table.schema,
      table: table.table,
    },
    columns: columns.map((column) => ({ column, name: column.name })),
    filter: { columnDomains: [] },
  }
}
