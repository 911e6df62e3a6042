import { realpath } from 'node:fs/promises'
import {
  fixedSplitSource,
  MillraceError,
  type SchemaTableName,
  type TableStatistics,
  UNKNOWN_TABLE_STATISTICS,
} from '../../spi/index.js'
import { TABLE_ALIAS, USER_ALIAS } from '../sql-base/connector.js'
import { quoted, type SqlDatabase } from '../sql-base/database.js'
import { fileIdentity, goneError } from '../sql-base/database-file.js'
import type { SqlColumn, SqlSplit, SqlTable } from '../sql-base/handles.js'
import { rowNumberSplits } from '../sql-base/row-number-splits.js'
import type { SqlExpression } from '../sql-base/sql-tree.js'
import { columnDefinition, declaredType, nearestType } from './columns.js'
import type { SqliteConfig } from './config.js'
import { SqliteConnection } from './connection.js'
import { sqlitePageSource } from './page-source.js'
import { beginSqliteWrite } from './writer.js'

const SCHEMA = 'main'
/** Connections that are kept while nobody reads. */
const IDLE_MAX = 4
/** Share of rows that a condition is taken to leave. */
const CONDITION_SELECTIVITY = 0.25
const SPLIT_ROWS = { rowsPerSplit: 100_000n, bytesPerRow: 64 }

/** Connections of one thread to a file. */
export class SqliteDatabase implements SqlDatabase {
  readonly #config: SqliteConfig
  readonly #idle: SqliteConnection[] = []
  /** The file that the connections are to, which need not be the one that has its name now. */
  #file: string | undefined
  #isClosed = false

  constructor(config: SqliteConfig) {
    this.#config = config
  }

  async listSchemas(): Promise<readonly string[]> {
    return [SCHEMA]
  }

  async listTables(schema: string | undefined): Promise<readonly SchemaTableName[]> {
    if (schema !== undefined && schema !== SCHEMA) return []
    const rows = await this.#all(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view', 'virtual')
       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    return rows.map(([name]) => ({ schema: SCHEMA, table: String(name).toLowerCase() }))
  }

  async describeTable({ schema, table }: SchemaTableName): Promise<SqlTable | undefined> {
    if (schema !== SCHEMA) return undefined
    const [found] = await this.#all(
      `SELECT l.name, l.type, l.wr, l.strict, (SELECT sql FROM sqlite_schema m WHERE m.name = l.name)
       FROM pragma_table_list l WHERE l.schema = 'main' AND lower(l.name) = ?`,
      table,
    )
    if (found === undefined) return undefined
    const [name, type, withoutRowid, strict, sql] = found
    const remote = String(name)
    const columns = await this.#columns(remote, {
      isStrict: strict === 1,
      // A view's columns have the collations of those that it reads.
      hasCollations: type !== 'table' || /\bcollate\s+(?!["'[`]?binary\b)/i.test(String(sql)),
    })
    const rowNumber = type === 'table' && withoutRowid === 0 ? rowNumberOf(columns) : undefined
    return {
      schema,
      table,
      relation: { kind: 'table', schema: SCHEMA, table: remote, alias: TABLE_ALIAS },
      where: [],
      orderBy: [],
      columns,
      ...(rowNumber === undefined ? {} : { rowNumber }),
    }
  }

  async #columns(
    table: string,
    { isStrict, hasCollations }: { readonly isStrict: boolean; readonly hasCollations: boolean },
  ): Promise<readonly SqlColumn[]> {
    const rows = await this.#all(
      'SELECT name, type, "notnull" FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid',
      table,
    )
    return rows.map(([name, declaration, notNull]): SqlColumn => {
      const declared = declaredType(String(declaration))
      const expression: SqlExpression = {
        kind: 'column',
        relation: TABLE_ALIAS,
        name: String(name),
      }
      return {
        name: String(name).toLowerCase(),
        nullable: notNull !== 1,
        expression,
        ...declared,
        ...(declared.storage === 'text' && hasCollations
          ? { comparability: 'none', reason: 'the table has collations of its own' }
          : {}),
        ...(isStrict ? {} : { unchecked: true }),
      }
    })
  }

  async describeQuery(query: string, signal: AbortSignal): Promise<readonly SqlColumn[]> {
    const connection = await this.#take()
    const describing = this.#describe(connection, query)
    const interrupt = (): void => void connection.interruptUntilEnd(describing)
    signal.addEventListener('abort', interrupt, { once: true })
    if (signal.aborted) interrupt()
    try {
      const columns = await describing
      this.#putBack(connection)
      return columns
    } catch (error) {
      connection.close()
      if (!signal.aborted) throw error
      throw new MillraceError('USER_CANCELED', 'Query was canceled', { cause: error })
    } finally {
      signal.removeEventListener('abort', interrupt)
    }
  }

  async #describe(connection: SqliteConnection, query: string): Promise<readonly SqlColumn[]> {
    const columns = await connection.columns(`SELECT * FROM (${query}\n) AS ${USER_ALIAS}`)
    const classes = columns.map(({ name }) => `typeof(${USER_ALIAS}.${quoted(name)})`)
    const [first] = columns.some(({ type }) => type === null)
      ? await connection.all(
          `SELECT ${classes.join(', ')} FROM (${query}\n) AS ${USER_ALIAS} LIMIT 1`,
        )
      : []
    return columns.map(
      ({ name, type }, i): SqlColumn => ({
        name: name.toLowerCase(),
        nullable: true,
        expression: { kind: 'column', relation: USER_ALIAS, name },
        ...declaredType(type ?? DECLARATIONS[String(first?.[i])] ?? 'TEXT'),
        // Expressions keep collations of columns, and values of any class.
        comparability: 'none',
        reason: 'it is a column of a query in other words',
        unchecked: true,
      }),
    )
  }

  async statistics({
    relation,
    where,
    limit,
    rowNumber,
  }: SqlTable): Promise<TableStatistics<SqlColumn>> {
    if (relation.kind !== 'table') return UNKNOWN_TABLE_STATISTICS
    const total = await this.#rowCount(relation.table, rowNumber)
    if (total === undefined) return UNKNOWN_TABLE_STATISTICS
    const left = total * CONDITION_SELECTIVITY ** Math.min(where.length, 3)
    return { rowCount: Math.min(Math.ceil(left), limit ?? Number.POSITIVE_INFINITY), columns: [] }
  }

  /** By ANALYZE where it was run, else by the row numbers. */
  async #rowCount(
    table: string,
    rowNumber: SqlExpression | undefined,
  ): Promise<number | undefined> {
    const [hasAnalysis] = await this.#all(
      "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1' LIMIT 1",
    )
    if (hasAnalysis !== undefined) {
      const [row] = await this.#all(
        'SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = ?',
        table,
      )
      if (typeof row?.[0] === 'number') return row[0]
    }
    const range = await this.#rowNumbers(table, rowNumber)
    return range === undefined ? undefined : Number(range.last - range.first) + 1
  }

  async #rowNumbers(
    table: string,
    rowNumber: SqlExpression | undefined,
  ): Promise<{ readonly first: bigint; readonly last: bigint } | undefined> {
    if (rowNumber?.kind !== 'column') return undefined
    const column = `${TABLE_ALIAS}.${rowNumber.name}`
    const from = `FROM ${quoted(SCHEMA)}.${quoted(table)} AS ${TABLE_ALIAS}`
    // Two queries, each a look at one end of the table. As text, which holds every integer.
    const [row] = await this.#all(
      `SELECT CAST((SELECT min(${column}) ${from}) AS TEXT), CAST((SELECT max(${column}) ${from}) AS TEXT)`,
    )
    const [first, last] = row ?? []
    if (typeof first !== 'string' || typeof last !== 'string') return { first: 0n, last: -1n }
    return { first: BigInt(first), last: BigInt(last) }
  }

  async splits({ relation, rowNumber }: SqlTable) {
    const range =
      relation.kind === 'table' ? await this.#rowNumbers(relation.table, rowNumber) : undefined
    if (rowNumber === undefined || range === undefined) return fixedSplitSource<SqlSplit>([{}])
    return fixedSplitSource(rowNumberSplits(rowNumber, range, SPLIT_ROWS))
  }

  async read(sql: string, columns: readonly SqlColumn[], split: SqlSplit, signal: AbortSignal) {
    const connection = await this.#take()
    const text = split.isShort === true ? sql : whollyBeforeFirstRow(sql)
    return sqlitePageSource(connection, this.#config.path, text, columns, signal, (isIdle) => {
      if (isIdle) this.#putBack(connection)
      else connection.close()
    })
  }

  columnDefinition = columnDefinition
  nearestType = nearestType

  async beginWrite() {
    if (this.#file !== undefined && (await fileIdentity(this.#config.path)) === undefined) {
      throw goneError(this.#config.path)
    }
    return beginSqliteWrite(this.#config)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#closeIdle()
  }

  #closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.close()
  }

  async #all(sql: string, ...parameters: readonly string[]): Promise<readonly unknown[][]> {
    const connection = await this.#take()
    try {
      const rows = await connection.all(sql, ...parameters)
      this.#putBack(connection)
      return rows
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** @throws JDBC_ERROR where the file is gone: connections to it would go on reading what nobody else sees */
  async #take(): Promise<SqliteConnection> {
    const { path } = this.#config
    const file = await fileIdentity(path)
    if (file === undefined && this.#file !== undefined) {
      this.#closeIdle()
      throw goneError(path)
    }
    if (file !== this.#file) this.#closeIdle()
    const connection = this.#idle.pop()
    if (connection !== undefined) return connection
    const opened = await SqliteConnection.open(this.#config, false)
    this.#file = await fileIdentity(path)
    const [encoding] = await opened.all('PRAGMA encoding')
    if (encoding?.[0] === 'UTF-8') return opened
    opened.close()
    throw new MillraceError(
      'NOT_SUPPORTED',
      `Only databases in UTF-8 are read, not in ${encoding?.[0]}: ${await realpath(this.#config.path)}`,
    )
  }

  #putBack(connection: SqliteConnection): void {
    const isKept = !this.#isClosed && this.#idle.length < IDLE_MAX && connection.isReusable
    if (!isKept) connection.close()
    else this.#idle.push(connection)
  }
}

/**
 * SQLite goes from row to row in the thread that asks, deaf to aborts meanwhile, and only to the first row beside it. What may
 * look for a row for long is done before the first one, into a temporary table of SQLite's that is on disk where it is large.
 * @source sqlite.org/lang_with.html, section 4
 */
const whollyBeforeFirstRow = (sql: string): string =>
  `WITH millrace_rows AS MATERIALIZED (${sql}) SELECT * FROM millrace_rows`

/** What stands for the declaration of an expression, by the class of its first value. */
const DECLARATIONS: Readonly<Record<string, string>> = {
  integer: 'INTEGER',
  real: 'REAL',
  text: 'TEXT',
  blob: 'BLOB',
}

/** The first of SQLite's names for the row number that no column has taken. */
function rowNumberOf(columns: readonly SqlColumn[]): SqlExpression | undefined {
  const free = ['rowid', '_rowid_', 'oid'].find(
    (name) => !columns.some((column) => column.name === name),
  )
  return free === undefined ? undefined : { kind: 'column', relation: TABLE_ALIAS, name: free }
}
