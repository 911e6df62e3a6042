import {
  type ColumnStatisticMetadata,
  isComparable,
  isOrderable,
  MillraceError,
  type Principal,
  type TableStatisticsMetadata,
  type Value,
} from '../../spi/index.js'
import type { ReferenceColumn, ReferenceTableHandle } from './handles.js'
import { type Metadata, partitionColumns } from './read-metadata.js'
import { baseTable, rowsOf } from './relation-rows.js'
import {
  type CatalogState,
  changeTable,
  paradigmOf,
  ROW_ID,
  type StoredTable,
  storedTable,
} from './state.js'
import { nameOf, putTable } from './table-management.js'
import { type ReferenceWrites, statisticsOf } from './writes.js'

/** What is collected of every column that has an order. */
const wantedStatistics = (columns: readonly ReferenceColumn[]): TableStatisticsMetadata => ({
  tableStatistics: ['ROW_COUNT'],
  groupingColumns: [],
  columnStatistics: columns.flatMap(({ name: column, type }): ColumnStatisticMetadata[] => [
    { column, statistic: 'NUMBER_OF_NON_NULL_VALUES' },
    ...(isComparable(type) ? [{ column, statistic: 'NUMBER_OF_DISTINCT_VALUES' } as const] : []),
    ...(isOrderable(type) && ['bigint', 'integer', 'double', 'date'].includes(type.kind)
      ? ([
          { column, statistic: 'MIN_VALUE' },
          { column, statistic: 'MAX_VALUE' },
        ] as const)
      : []),
  ]),
})

export function writeMetadata(state: CatalogState, writes: ReferenceWrites, transaction: number) {
  return {
    getNewTableLayout: (_session, { properties = {}, columns }) =>
      layoutOf((properties['partitioned_by'] as readonly string[] | undefined) ?? [], columns),
    getInsertLayout: (_session, handle) => {
      const table = storedTable(state, nameOf(handle))
      const names = partitionColumns(table).map((column) => column.name)
      return layoutOf(names, table.columns)
    },
    beginCreateTable(
      { user },
      { table: name, columns, properties = {}, comment },
      _layout,
      replace,
    ) {
      const owner: Principal = { type: 'USER', name: user }
      const rest = comment === undefined ? { owner } : { owner, comment }
      putTable(state, { name, columns, properties, ...rest }, replace)
      return writes.begin(transaction, { name }, columns)
    },
    finishCreateTable(_session, handle, fragments, statistics) {
      writes.publish(state, handle, fragments, statistics)
    },
    beginInsert: (_session, handle, columns) =>
      writes.begin(transaction, storedTable(state, nameOf(handle)), columns),
    finishInsert(_session, handle, fragments, statistics) {
      writes.publish(state, handle, fragments, statistics)
    },
    supportsMissingColumnsOnInsert: () => true,
    getStatisticsCollectionMetadataForWrite: (_session, { columns }) => wantedStatistics(columns),
    getStatisticsCollectionMetadata: (_session, handle, properties) => {
      const { columns } = storedTable(state, nameOf(handle))
      const names = properties['columns'] as readonly string[] | undefined
      const wanted = columns.filter(({ name }) => names === undefined || names.includes(name))
      return { table: handle, metadata: wantedStatistics(wanted) }
    },
    beginStatisticsCollection: (_session, handle) => handle,
    finishStatisticsCollection(_session, handle, computed) {
      changeTable(state, nameOf(handle), (table) => ({ statistics: statisticsOf(table, computed) }))
    },
    ...rowChangeMetadata(state, writes, transaction),
    ...procedureMetadata(state),
  } satisfies Partial<Metadata>
}

const layoutOf = (partitionedBy: readonly string[], _columns: readonly ReferenceColumn[]) =>
  partitionedBy.length === 0
    ? undefined
    : { partitionColumns: partitionedBy, multipleWritersPerPartitionSupported: true }

function rowChangeMetadata(state: CatalogState, writes: ReferenceWrites, transaction: number) {
  /** Rows of the handle, by the ids that they have in their table. */
  const idsOf = (handle: ReferenceTableHandle): ReadonlySet<Value> => {
    const { columns, rows } = rowsOf(handle.relation, state)
    const at = columns.findIndex((column) => column.name === ROW_ID.name)
    return new Set(rows.map((row) => row[at]!))
  }
  /** A table, or some of its rows: what keeps their ids. */
  const isChangeable = ({ relation }: ReferenceTableHandle): boolean =>
    relation.kind === 'table' || (relation.kind === 'filter' && relation.source.kind === 'table')
  const tableOf = ({ relation }: ReferenceTableHandle): StoredTable =>
    storedTable(state, baseTable(relation)!)
  return {
    getRowChangeParadigm: (_session, handle) => paradigmOf(tableOf(handle)),
    getMergeRowIdColumnHandle: () => ROW_ID,
    beginMerge: (_session, handle) => {
      const table = tableOf(handle)
      return writes.begin(transaction, table, table.columns)
    },
    finishMerge(_session, handle, fragments, statistics) {
      writes.publish(state, handle, fragments, statistics)
    },
    applyDelete: (_session, handle) => (isChangeable(handle) ? handle : undefined),
    executeDelete(_session, handle) {
      const ids = idsOf(handle)
      changeTable(state, tableOf(handle).name, ({ rows }) => ({
        rows: rows.filter((row) => !ids.has(row.id)),
      }))
      return ids.size
    },
    applyUpdate(_session, handle, assignments) {
      if (!isChangeable(handle)) return undefined
      const constants = assignments.flatMap(({ column, value }) =>
        value.kind === 'constant' ? [{ column, value: value.value }] : [],
      )
      if (constants.length < assignments.length) return undefined
      return { ...handle, assignments: constants }
    },
    executeUpdate(_session, handle) {
      const ids = idsOf(handle)
      changeTable(state, tableOf(handle).name, ({ columns, rows }) => {
        const places = (handle.assignments ?? []).map(({ column, value }) => ({
          at: columns.findIndex(({ name }) => name === column.name),
          value,
        }))
        return {
          rows: rows.map((row) => {
            if (!ids.has(row.id)) return row
            const values = [...row.values]
            for (const { at, value } of places) values[at] = value
            return { id: row.id, values }
          }),
        }
      })
      return ids.size
    },
  } satisfies Partial<Metadata>
}

/** ALTER TABLE … EXECUTE keep(rows => n): only the first n rows stay. */
function procedureMetadata(state: CatalogState) {
  return {
    getTableHandleForExecute(_session, handle, procedure, properties) {
      if (procedure !== 'keep') return undefined
      const keep = Number(properties['rows'])
      if (!(keep >= 0)) {
        throw new MillraceError('INVALID_PROCEDURE_ARGUMENT', `rows must not be negative: ${keep}`)
      }
      return { procedure, ...nameOf(handle), keep }
    },
    beginTableExecute: (_session, execute, sourceTable) => ({ execute, sourceTable }),
    finishTableExecute() {
      // The one procedure has no rows to write.
    },
    executeTableExecute: (_session, { keep = 0, ...name }) =>
      changeTable(state, name, ({ rows }) => ({ rows: rows.slice(0, keep) })),
  } satisfies Partial<Metadata>
}
