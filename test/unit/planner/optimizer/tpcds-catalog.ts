import { readFileSync } from 'node:fs'
import { parseType } from '../../../../src/expressions/type-signature.js'
import type { ConnectorMetadata, ConnectorTypes } from '../../../../src/spi/index.js'

interface TpcdsConnector extends ConnectorTypes {
  readonly table: string
  readonly column: string
}

/** What `bytes`, `range` and so on say is what SHOW STATS says of the generated tables. */
interface ColumnFacts {
  readonly type: string
  readonly distinct?: number
  readonly nulls?: number
  readonly bytes?: number
  readonly range?: readonly [number, number]
  readonly unique?: boolean
}
interface TableFacts {
  readonly rowCount: number
  readonly columns: Readonly<Record<string, ColumnFacts>>
}

const TABLES: Readonly<Record<string, TableFacts>> = JSON.parse(
  readFileSync(new URL('tpcds-sf1.json', import.meta.url), 'utf8'),
)

/** The tables of TPC-DS at scale factor 1 without their rows: columns and statistics, for plans. */
export function tpcdsMetadata(): ConnectorMetadata<TpcdsConnector> {
  const columnsOf = (table: string) => Object.entries(TABLES[table]!.columns)
  const metadataOf = (table: string) =>
    columnsOf(table).map(([name, { type }]) => ({ name, type: parseType(type) }))
  const names = Object.keys(TABLES).map((table) => ({ schema: 'sf1', table }))
  return {
    listSchemaNames: () => ['sf1'],
    listTables: () => names,
    streamTableColumns: () => names.map((name) => ({ name, columns: metadataOf(name.table) })),
    getTableHandle: (_session, { table }) => (Object.hasOwn(TABLES, table) ? table : undefined),
    getTableMetadata: (_session, table) => ({
      name: { schema: 'sf1', table },
      columns: metadataOf(table),
    }),
    getColumnHandles: (_session, table) =>
      new Map(columnsOf(table).map(([name]) => [name, name] as const)),
    getColumnMetadata: (_session, table, column) =>
      metadataOf(table).find(({ name }) => name === column)!,
    getTableStatistics: (_session, table) => ({
      rowCount: TABLES[table]!.rowCount,
      columns: columnsOf(table).map(([column, { distinct, nulls, bytes, range, unique }]) => ({
        column,
        statistics: {
          nullsFraction: nulls ?? 0,
          ...(distinct === undefined ? {} : { distinctValuesCount: distinct }),
          ...(bytes === undefined ? {} : { dataSize: bytes }),
          ...(range === undefined ? {} : { range: { min: range[0], max: range[1] } }),
          ...(unique === undefined ? {} : { unique }),
        },
      })),
    }),
  }
}
