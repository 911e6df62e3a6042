import {
  type ConnectorSplitSource,
  fixedSplitSource,
  type SchemaTableName,
  type TableStatistics,
  UNKNOWN_TABLE_STATISTICS,
} from '../../spi/index.js'
import { TABLE_ALIAS, USER_ALIAS } from '../sql-base/connector.js'
import { quoted, type SqlDatabase } from '../sql-base/database.js'
import type { SqlColumn, SqlSplit, SqlTable } from '../sql-base/handles.js'
import { rowNumberSplits } from '../sql-base/row-number-splits.js'
import { type SqlExpression, sqlCast } from '../sql-base/sql-tree.js'
import { duckdbType, mapColumn, nearestType } from './columns.js'
import { type DuckdbConfig, isThreadBound } from './config.js'
import { duckdbError } from './errors.js'
import type { DuckdbInstance } from './instances.js'
import { DuckdbPageSource } from './page-source.js'
import { DuckdbSnapshot } from './snapshot.js'
import { beginDuckdbWrite } from './writer.js'

/** Share of rows that a condition is taken to leave. */
const CONDITION_SELECTIVITY = 0.25
const BYTES_PER_ROW = 64
/** Rows of a row group, which DuckDB leaves out by the row numbers it has. */
const ROWS_PER_GROUP = 122_880n
/** While one split is read, DuckDB works on the next; more only take processors from each other. */
export const SPLITS_AT_ONCE = 2
/** Row groups of a split for each of DuckDB's threads, so that all of them work on it. */
const GROUPS_PER_THREAD = 2n

type StoredTable = Extract<SqlTable['relation'], { kind: 'table' }>

/** A database that this process has open. */
export class DuckdbDatabase implements SqlDatabase {
  readonly #config: DuckdbConfig
  readonly #instance: DuckdbInstance
  readonly #snapshots = new Map<number, DuckdbSnapshot>()
  #lastSnapshot = 0

  constructor(config: DuckdbConfig, instance: DuckdbInstance) {
    this.#config = config
    this.#instance = instance
  }

  async listSchemas(): Promise<readonly string[]> {
    const rows = await this.#rows(
      `SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()
       AND NOT internal ORDER BY 1`,
    )
    const names = rows.map(([name]) => String(name).toLowerCase())
    return names.includes('main') ? names : ['main', ...names]
  }

  async listTables(schema: string | undefined): Promise<readonly SchemaTableName[]> {
    const rows = await this.#rows(
      `SELECT lower(schema_name), lower(name) FROM (
         SELECT database_name, schema_name, table_name AS name FROM duckdb_tables() WHERE NOT internal
         UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal)
       WHERE database_name = current_database() AND ($1 IS NULL OR lower(schema_name) = $1) ORDER BY 1, 2`,
      schema ?? null,
    )
    return rows.map(([schemaName, table]) => ({ schema: String(schemaName), table: String(table) }))
  }

  async describeTable({ schema, table }: SchemaTableName): Promise<SqlTable | undefined> {
    const [found] = await this.#rows(
      `SELECT database_name, schema_name, name, stored, collated FROM (
         SELECT database_name, schema_name, table_name AS name, TRUE AS stored, sql ILIKE '%collate%' AS collated
         FROM duckdb_tables()
         UNION ALL SELECT database_name, schema_name, view_name, FALSE, TRUE FROM duckdb_views())
       WHERE database_name = current_database() AND lower(schema_name) = $1 AND lower(name) = $2`,
      schema,
      table,
    )
    if (found === undefined) return undefined
    const [catalog, schemaName, name, isStored, isCollated] = found
    const details = await this.#rows(
      `SELECT lower(column_name), is_nullable, comment FROM duckdb_columns()
       WHERE database_name = $1 AND schema_name = $2 AND table_name = $3`,
      String(catalog),
      String(schemaName),
      String(name),
    )
    const byName = new Map(details.map(([column, ...rest]) => [String(column), rest]))
    const remote = [catalog, schemaName, name].map((part) => quoted(String(part))).join('.')
    const columns = (await this.#columns(`SELECT * FROM ${remote}`, TABLE_ALIAS)).map((column) => {
      const [isNullable, comment] = byName.get(column.name) ?? []
      return {
        ...column,
        nullable: isNullable !== false,
        ...(typeof comment === 'string' ? { comment } : {}),
        ...(isCollated === true ? collated(column) : {}),
      }
    })
    return {
      schema,
      table,
      relation: {
        kind: 'table',
        catalog: String(catalog),
        schema: String(schemaName),
        table: String(name),
        alias: TABLE_ALIAS,
      },
      where: [],
      orderBy: [],
      columns,
      ...(isStored === true && !byName.has('rowid')
        ? { rowNumber: { kind: 'column', relation: TABLE_ALIAS, name: 'rowid' } }
        : {}),
    }
  }

  async #columns(query: string, alias: string): Promise<readonly SqlColumn[]> {
    const { api } = this.#instance
    const nameOf = (typeId: number): string => api.DuckDBTypeId[typeId] ?? ''
    return this.#connected(async (connection) => {
      const statement = await connection.prepare(query)
      return Array.from({ length: statement.columnCount }, (_, i): SqlColumn => {
        const name = statement.columnName(i)
        const { cast, ...mapping } = mapColumn(statement.columnType(i), nameOf)
        const column: SqlExpression = { kind: 'column', relation: alias, name }
        return {
          name: name.toLowerCase(),
          nullable: true,
          expression: cast === undefined ? column : sqlCast(column, cast),
          storage: 'duckdb',
          ...mapping,
        }
      })
    })
  }

  async describeQuery(query: string): Promise<readonly SqlColumn[]> {
    const columns = await this.#columns(`SELECT * FROM (${query}\n) AS ${USER_ALIAS}`, USER_ALIAS)
    // Texts keep collations of what they come from.
    return columns.map((column) => ({ ...column, ...collated(column) }))
  }

  async statistics({ relation, where, limit }: SqlTable): Promise<TableStatistics<SqlColumn>> {
    const total = relation.kind === 'table' ? await this.#rowCount(relation) : undefined
    if (total === undefined) return UNKNOWN_TABLE_STATISTICS
    const left = afterConditions(total, where)
    return { rowCount: Math.min(left, limit ?? Number.POSITIVE_INFINITY), columns: [] }
  }

  /** Those that are deleted but still have their numbers among them; undefined for a view. */
  async #rowCount({ catalog, schema, table }: StoredTable): Promise<number | undefined> {
    const [row] = await this.#rows(
      `SELECT estimated_size FROM duckdb_tables()
       WHERE database_name = $1 AND schema_name = $2 AND table_name = $3`,
      catalog ?? '',
      schema,
      table,
    )
    return row === undefined ? undefined : Number(row[0])
  }

  /**
   * Ranges of rows. Where one thread has the file open, it reads several at a time, over connections that all see the same
   * state; else each thread has its own.
   */
  async splits({ relation, rowNumber }: SqlTable): Promise<ConnectorSplitSource<SqlSplit>> {
    const total = relation.kind === 'table' ? await this.#rowCount(relation) : undefined
    if (total === undefined || rowNumber === undefined) return fixedSplitSource<SqlSplit>([{}])
    const range = { first: 0n, last: BigInt(total) - 1n }
    const isShared = isThreadBound(this.#config)
    const groupsPerSplit = isShared ? GROUPS_PER_THREAD * BigInt(this.#config.threads) : 1n
    const splits = rowNumberSplits(rowNumber, range, {
      rowsPerSplit: ROWS_PER_GROUP * groupsPerSplit,
      bytesPerRow: BYTES_PER_ROW,
    })
    return isShared && splits.length > 1 ? this.#inSnapshot(splits) : fixedSplitSource(splits)
  }

  async #inSnapshot(splits: readonly SqlSplit[]): Promise<ConnectorSplitSource<SqlSplit>> {
    const snapshot = await DuckdbSnapshot.begin(
      this.#instance,
      this.#config.path,
      Math.min(splits.length, SPLITS_AT_ONCE),
    )
    const { commitCount } = snapshot
    const id = ++this.#lastSnapshot
    this.#snapshots.set(id, snapshot)
    return {
      ...fixedSplitSource(splits.map((split) => ({ ...split, snapshot: { id, commitCount } }))),
      close: () => {
        this.#snapshots.delete(id)
        snapshot.close()
      },
    }
  }

  async read(
    sql: string,
    columns: readonly SqlColumn[],
    { snapshot }: SqlSplit,
    signal: AbortSignal,
  ): Promise<DuckdbPageSource> {
    const { path } = this.#config
    const query = { instance: this.#instance, sql, path, columns, signal }
    if (snapshot === undefined) {
      const connection = await this.#instance.connect()
      const release = () => connection.closeSync()
      return new DuckdbPageSource({ ...query, connection, release, isInTransaction: false })
    }
    const shared =
      this.#snapshots.get(snapshot.id) ??
      new DuckdbSnapshot(this.#instance, path, 1, snapshot.commitCount)
    const connection = await shared.take(signal)
    const release = (isReusable: boolean) => shared.giveBack(connection, isReusable)
    return new DuckdbPageSource({ ...query, connection, release, isInTransaction: true })
  }

  columnDefinition(type: Parameters<typeof duckdbType>[0]) {
    const sql = duckdbType(type)
    return sql === undefined ? undefined : { sql, storage: 'duckdb' }
  }
  nearestType = nearestType

  beginWrite() {
    return beginDuckdbWrite(this.#instance, this.#config.path)
  }

  async close(): Promise<void> {
    this.#instance.close()
  }

  #rows(sql: string, ...values: readonly (string | null)[]): Promise<readonly unknown[][]> {
    return this.#connected(async (connection) => {
      const reader = await connection.runAndReadAll(sql, [...values])
      return reader.getRows()
    })
  }

  async #connected<T>(
    use: (connection: Awaited<ReturnType<DuckdbInstance['connect']>>) => Promise<T>,
  ): Promise<T> {
    const connection = await this.#instance.connect()
    try {
      return await use(connection)
    } catch (error) {
      throw duckdbError(error, this.#config.path)
    } finally {
      connection.closeSync()
    }
  }
}

const afterConditions = (rowCount: number, { length }: SqlTable['where']): number =>
  Math.ceil(rowCount * CONDITION_SELECTIVITY ** Math.min(length, 3))

const collated = ({ type }: SqlColumn) =>
  type.kind === 'varchar'
    ? ({ comparability: 'none', reason: 'its texts may have a collation of their own' } as const)
    : {}
