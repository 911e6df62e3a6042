import type { Connector } from '../connector/connector.js'
import type { ConnectorTypes } from '../connector/connector-types.js'
import type { Procedure } from '../connector/procedure.js'
import { fixedSplitSource } from '../connector/split.js'
import { CarrierPageSource } from '../define-connector/carrier-page-source.js'
import { rowReader } from '../define-connector/row-reader.js'
import { MillraceError } from '../error.js'
import {
  type ColumnMetadata,
  printSchemaTableName,
  type SchemaTableName,
} from '../metadata/schema.js'
import {
  intersectTuples,
  TUPLE_DOMAIN_ALL,
  type TupleDomain,
  transformColumns,
  tuplesContain,
} from '../predicate/tuple-domain.js'
import type { SystemTable } from './system-table.js'

export interface SystemTableHandle {
  readonly schema: string
  readonly table: string
  /** What rows may be left out by. */
  readonly constraint: TupleDomain<number>
}
export interface SystemColumnHandle {
  readonly name: string
  readonly index: number
}
interface SystemTypes extends ConnectorTypes {
  table: SystemTableHandle
  column: SystemColumnHandle
}

/**
 * A connector over system tables, which are read in the calling thread and never cached. What a filter says of their columns
 * is handed to them, so that listings of everything are only made where everything is asked for.
 * @source Trino SystemConnector
 */
export function systemTableConnector(
  tables: readonly SystemTable[],
  procedures: readonly Procedure[] = [],
): Connector<SystemTypes> {
  const byName = new Map(tables.map((table) => [printSchemaTableName(table.metadata.table), table]))
  const get = ({ schema, table }: SystemTableHandle): SystemTable => {
    const found = byName.get(printSchemaTableName({ schema, table }))
    if (found === undefined) {
      throw new MillraceError('TABLE_NOT_FOUND', `Table does not exist: ${schema}.${table}`)
    }
    return found
  }
  const names = (schema?: string): SchemaTableName[] =>
    tables
      .map((table) => table.metadata.table)
      .filter((name) => schema === undefined || name.schema === schema)
  const columnAt = (handle: SystemTableHandle, { index }: SystemColumnHandle): ColumnMetadata =>
    get(handle).metadata.columns[index]!
  return {
    threadBound: true,
    getMetadata: () => ({
      listSchemaNames: () => [...new Set(names().map((name) => name.schema))],
      listTables: (_session, schema) => names(schema),
      *streamTableColumns(_session, { schema, table }) {
        for (const name of names(schema)) {
          if (table !== undefined && table !== name.table) continue
          yield { table: name, columns: byName.get(printSchemaTableName(name))!.metadata.columns }
        }
      },
      getTableHandle: (_session, name) =>
        byName.has(printSchemaTableName(name))
          ? { schema: name.schema, table: name.table, constraint: TUPLE_DOMAIN_ALL }
          : undefined,
      getTableMetadata: (_session, handle) => get(handle).metadata,
      getColumnHandles: (_session, handle) =>
        new Map(
          get(handle).metadata.columns.map((column, index) => [
            column.name,
            { name: column.name, index },
          ]),
        ),
      getColumnMetadata: (_session, handle, column) => columnAt(handle, column),
      applyFilter(_session, handle, { summary }) {
        const offered = transformColumns(summary, (column) => column.index)
        if (tuplesContain(offered, handle.constraint)) return undefined
        const constraint = intersectTuples(handle.constraint, offered)
        return { handle: { ...handle, constraint }, remainingFilter: summary }
      },
    }),
    getSplitManager: () => ({ getSplits: () => fixedSplitSource([{}]) }),
    getPageSourceProvider: () => ({
      createPageSource: (_transaction, session, _split, handle, columns, _filter, signal) =>
        new CarrierPageSource(
          rowReader(get(handle).rows(session, handle.constraint, signal)),
          columns.map((column) => ({
            index: column.index,
            type: get(handle).metadata.columns[column.index]!.type,
          })),
        ),
    }),
    getProcedures: () => procedures,
  }
}
