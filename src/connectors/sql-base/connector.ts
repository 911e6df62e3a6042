import {
  type Connector,
  type ConnectorMetadata,
  fixedSplitSource,
  isNoTuples,
  MillraceError,
  VARCHAR,
} from '../../spi/index.js'
import type { SqlDatabase } from './database.js'
import type { SqlDialect } from './dialect.js'
import type { SqlColumn, SqlSplit, SqlTable, SqlTypes } from './handles.js'
import { sqlPushdown } from './pushdown.js'
import { type SqlPrinter, sqlPrinter } from './sql-printer.js'
import type { SqlExpression } from './sql-tree.js'
import { tableQuery } from './table-query.js'
import { SqlWrites, writeMetadata } from './writes.js'

export interface SqlConnectorParts {
  readonly dialect: SqlDialect
  readonly database: SqlDatabase
  readonly isReadOnly: boolean
  readonly isJoinPushed: boolean
  /** Whether only the thread that made the connector can read. */
  readonly isThreadBound: boolean
  /** How many splits are opened ahead of the one that is read. */
  readonly splitsAhead?: number
}

/**
 * A catalog over a SQL database: tables with filters, projections, limits, TopN, aggregations and joins done there where the
 * dialect vouches for the answer, `system.query` for what users write in its own SQL, and writes in its transactions.
 */
export async function createSqlConnector(parts: SqlConnectorParts): Promise<Connector<SqlTypes>> {
  const { dialect, database } = parts
  const printer = await sqlPrinter(dialect.grammar)
  const writes = new SqlWrites(database)
  const pushdown = sqlPushdown(dialect, parts.isJoinPushed)
  return {
    ...(parts.isThreadBound ? { threadBound: true } : { nodeBound: true }),
    threadBoundWrites: true,
    splitsAhead: parts.splitsAhead ?? 0,
    isSingleStatementWritesOnly: () => true,
    beginTransaction: () => writes.begin(),
    commit: (transaction) => writes.end(transaction, 'commit'),
    rollback: (transaction) => writes.end(transaction, 'rollback'),
    getMetadata: (_session, transaction) => ({
      ...readMetadata(database),
      ...pushdown,
      ...writeMetadata(dialect, database, writes, printer, transaction, parts.isReadOnly),
    }),
    getSplitManager: () => ({
      async getSplits(_transaction, _session, table, _dynamicFilter, constraint, signal) {
        if (isNoTuples(constraint.summary)) return fixedSplitSource<SqlSplit>([])
        const isWhole = table.rowNumber === undefined || table.limit !== undefined
        return isWhole ? fixedSplitSource<SqlSplit>([{}]) : database.splits(table, signal)
      },
    }),
    getPageSourceProvider: () => ({
      createPageSource(_transaction, _session, split, table, columns, _dynamicFilter, signal) {
        const sql = readText(printer, dialect, table, columns, split.condition)
        return database.read(sql, columns, split, signal)
      },
    }),
    getPageSinkProvider: () => ({
      createPageSink: (_transaction, _session, handle) => writes.sink(handle),
      createInsertPageSink: (_transaction, _session, handle) => writes.sink(handle),
    }),
    getTableFunctions: () => [
      {
        schema: 'system',
        name: 'query',
        args: [{ kind: 'scalar', name: 'QUERY', type: VARCHAR, required: true }],
        returnType: { kind: 'generic' },
        async analyze(_session, _transaction, args, signal) {
          const argument = args['QUERY']
          const query = argument?.kind === 'scalar' ? argument.value : null
          if (typeof query !== 'string') {
            throw new MillraceError('INVALID_FUNCTION_ARGUMENT', 'query must not be NULL')
          }
          const columns = await database.describeQuery(query, signal)
          const handle: SqlTable = {
            schema: 'system',
            table: 'query',
            relation: { kind: 'userQuery', text: query, alias: USER_ALIAS },
            where: [],
            orderBy: [],
            columns,
          }
          return { handle, returnedType: columns.map(({ name, type }) => ({ name, type })) }
        },
      },
    ],
    getCapabilities: () => ['NOT_NULL_COLUMN_CONSTRAINT'],
    shutdown: () => database.close(),
  }
}

/** What columns of a user's query are qualified with. */
export const USER_ALIAS = 'u'
/** What columns of a stored table are qualified with. */
export const TABLE_ALIAS = 't'

/** The query of a scan; columns are given out as the dialect reads them. */
function readText(
  printer: SqlPrinter,
  dialect: SqlDialect,
  table: SqlTable,
  columns: readonly SqlColumn[],
  condition: SqlExpression | undefined,
): string {
  const selected = columns.map((column) => ({ expression: dialect.selected(column) }))
  return printer.query(tableQuery(table, selected, condition))
}

function readMetadata(database: SqlDatabase): ConnectorMetadata<SqlTypes> {
  const listed = async (schema: string | undefined, signal: AbortSignal) =>
    database.listTables(schema, signal)
  return {
    listSchemaNames: (session) => database.listSchemas(session.signal),
    listTables: (session, schema) => listed(schema, session.signal),
    async *streamTableColumns(session, { schema, table }) {
      const names =
        schema !== undefined && table !== undefined
          ? [{ schema, table }]
          : await listed(schema, session.signal)
      for (const name of names) {
        const described = await database.describeTable(name, session.signal)
        if (described !== undefined) {
          yield { table: name, columns: described.columns.map(columnMetadata) }
        }
      }
    },
    getTableHandle(session, name, startVersion, endVersion) {
      if (startVersion !== undefined || endVersion !== undefined) {
        throw new MillraceError('NOT_SUPPORTED', 'This connector does not support versioned tables')
      }
      return database.describeTable(name, session.signal)
    },
    getTableMetadata: (_session, { schema, table, columns }) => ({
      table: { schema, table },
      columns: columns.map(columnMetadata),
    }),
    getColumnHandles: (_session, { columns }) =>
      new Map(columns.map((column) => [column.name, column])),
    getColumnMetadata: (_session, _table, column) => columnMetadata(column),
    getTableStatistics: (session, table) => database.statistics(table, session.signal),
    applyTableFunction: (_session, handle) => ({ handle, columns: handle.columns }),
  }
}

const columnMetadata = ({ name, type, nullable, comment }: SqlColumn) => ({
  name,
  type,
  nullable,
  ...(comment === undefined ? {} : { comment }),
})
