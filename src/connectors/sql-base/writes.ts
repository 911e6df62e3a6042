import {
  assert,
  BIGINT,
  type ConnectorMetadata,
  type ConnectorPageSink,
  type ConnectorTableMetadata,
  MillraceError,
  type SchemaTableName,
  typeName,
} from '../../spi/index.js'
import { quoted, type SqlDatabase, type SqlWriteConnection } from './database.js'
import type { SqlDialect, Written } from './dialect.js'
import { isRefusal } from './expression-writer.js'
import type { SqlColumn, SqlTable, SqlTypes, SqlWrite } from './handles.js'
import type { SqlPrinter } from './sql-printer.js'
import type { SqlExpression } from './sql-tree.js'

interface Write {
  readonly connection: SqlWriteConnection
  readonly stage: string
  /** Runs once the stage has all rows. */
  readonly publish: () => Promise<void>
}

/**
 * The writes of a catalog, each in the database's transaction of the engine's transaction. Rows go to a table that only the
 * connection sees and from there to their own when all have come; what fails, or dies, leaves nothing.
 */
export class SqlWrites {
  readonly #database: SqlDatabase
  readonly #connections = new Map<number, Promise<SqlWriteConnection>>()
  readonly #writes = new Map<number, Write>()
  #lastWrite = 0
  #lastTransaction = 0

  constructor(database: SqlDatabase) {
    this.#database = database
  }

  begin(): number {
    return ++this.#lastTransaction
  }

  connection(transaction: number): Promise<SqlWriteConnection> {
    let connection = this.#connections.get(transaction)
    if (connection === undefined) {
      connection = this.#database.beginWrite()
      this.#connections.set(transaction, connection)
      connection.catch(() => this.#connections.delete(transaction))
    }
    return connection
  }

  async end(transaction: number, how: 'commit' | 'rollback'): Promise<void> {
    const connection = await this.#connections.get(transaction)
    this.#connections.delete(transaction)
    await connection?.[how]()
  }

  async begun(
    transaction: number,
    columns: SqlWrite['columns'],
    publish: (connection: SqlWriteConnection, stage: string) => Promise<void>,
  ): Promise<SqlWrite> {
    const connection = await this.connection(transaction)
    const writeId = ++this.#lastWrite
    const stage = `millrace_stage_${writeId}`
    await connection.createStage(stage, columns)
    this.#writes.set(writeId, {
      connection,
      stage,
      publish: () => publish(connection, connection.stageName(stage)),
    })
    return { writeId, columns }
  }

  async finish({ writeId }: SqlWrite): Promise<void> {
    const write = this.#take(writeId)
    await write.publish()
  }

  sink(handle: SqlWrite): ConnectorPageSink {
    const write = this.#writes.get(handle.writeId)
    assert(write !== undefined, 'a write that has begun')
    let completedBytes = 0
    return {
      async appendPage(page) {
        await write.connection.append(write.stage, handle.columns, page)
        completedBytes += page.rowCount
      },
      finish: () => [],
      abort: () => {
        this.#writes.delete(handle.writeId)
      },
      get completedBytes() {
        return completedBytes
      },
      memoryUsage: 0,
    }
  }

  #take(writeId: number): Write {
    const write = this.#writes.get(writeId)
    assert(write !== undefined, 'a write that has begun')
    this.#writes.delete(writeId)
    return write
  }
}

/** Names as the database has them: tables that exist keep the case that they were made with. */
const remoteName = ({ relation }: SqlTable): string => {
  assert(relation.kind === 'table', 'a stored table')
  return `${quoted(relation.schema)}.${quoted(relation.table)}`
}

const remoteColumn = ({ expression, name }: SqlColumn): string =>
  expression.kind === 'column' ? expression.name : name

/** What statements that write do to the database. */
export function writeMetadata(
  dialect: SqlDialect,
  database: SqlDatabase,
  writes: SqlWrites,
  printer: SqlPrinter,
  transaction: number,
  isReadOnly: boolean,
) {
  const check = (): void => {
    if (!isReadOnly) return
    throw new MillraceError('NOT_SUPPORTED', 'The catalog is read only', {
      hint: 'read-only is set in its properties',
    })
  }
  const statements: Statements = {
    check,
    async execute(sql) {
      check()
      return (await writes.connection(transaction)).execute(sql)
    },
  }
  return {
    ...definitions(database, statements),
    ...rowWrites(database, writes, transaction, statements),
    ...rowChanges(dialect, printer, statements),
  }
}

/** Statements of one transaction, in the database's SQL. */
interface Statements {
  /** @throws NOT_SUPPORTED where the catalog is read only */
  check(): void
  /** @returns how many rows changed */
  execute(sql: string): Promise<number>
}

type Metadata = Partial<ConnectorMetadata<SqlTypes>>

/** The columns of a table as the database can hold them. */
const columnsOf = (database: SqlDatabase, { columns }: Pick<ConnectorTableMetadata, 'columns'>) =>
  columns
    .filter((column) => column.hidden !== true)
    .map(({ name, type, nullable }) => {
      const held = database.nearestType(type) ?? type
      const definition = database.columnDefinition(held)
      if (definition === undefined) {
        throw new MillraceError('NOT_SUPPORTED', `Unsupported column type: ${typeName(type)}`)
      }
      const notNull = nullable === false ? ' NOT NULL' : ''
      return {
        name,
        type,
        held,
        storage: definition.storage,
        sql: `${quoted(name)} ${definition.sql}${notNull}`,
      }
    })

const createSql = ({ schema, table }: SchemaTableName, columns: readonly { sql: string }[]) =>
  `CREATE TABLE ${quoted(schema)}.${quoted(table)} (${columns.map(({ sql }) => sql).join(', ')})`

/** Tables and columns that are made, renamed and dropped. */
function definitions(database: SqlDatabase, statements: Statements) {
  return {
    getSupportedType: (_session, _properties, type) => database.nearestType(type),
    async createTable(_session, metadata, saveMode) {
      if (saveMode === 'REPLACE') throw replaces()
      await statements.execute(createSql(metadata.table, columnsOf(database, metadata)))
    },
    async dropTable(_session, table) {
      await statements.execute(`DROP TABLE ${remoteName(table)}`)
    },
    async truncateTable(_session, table) {
      await statements.execute(`DELETE FROM ${remoteName(table)}`)
    },
    async renameTable(_session, table, { schema, table: name }) {
      if (schema !== table.schema) {
        throw new MillraceError('NOT_SUPPORTED', 'Tables cannot be renamed into another schema')
      }
      await statements.execute(`ALTER TABLE ${remoteName(table)} RENAME TO ${quoted(name)}`)
    },
    async addColumn(_session, table, column, position) {
      if (position.kind !== 'last') {
        const clause = position.kind.toUpperCase()
        throw new MillraceError(
          'NOT_SUPPORTED',
          `This connector does not support adding columns with ${clause} clause`,
        )
      }
      const [added] = columnsOf(database, { columns: [column] })
      assert(added !== undefined, 'a column that is no hidden one')
      await statements.execute(`ALTER TABLE ${remoteName(table)} ADD COLUMN ${added.sql}`)
    },
    async renameColumn(_session, table, column, name) {
      await statements.execute(
        `ALTER TABLE ${remoteName(table)} RENAME COLUMN ${quoted(remoteColumn(column))} TO ${quoted(name)}`,
      )
    },
    async dropColumn(_session, table, column) {
      await statements.execute(
        `ALTER TABLE ${remoteName(table)} DROP COLUMN ${quoted(remoteColumn(column))}`,
      )
    },
  } satisfies Metadata
}

/** Rows that are added, through a stage that the database has them from at the end. */
function rowWrites(
  database: SqlDatabase,
  writes: SqlWrites,
  transaction: number,
  statements: Statements,
) {
  return {
    async beginCreateTable(_session, metadata, _layout, replace) {
      statements.check()
      if (replace) throw replaces()
      const columns = columnsOf(database, metadata)
      const target = metadata.table
      return writes.begun(transaction, columns, async (connection, stage) => {
        await connection.execute(createSql(target, columns))
        const into = `${quoted(target.schema)}.${quoted(target.table)}`
        await connection.execute(`INSERT INTO ${into} SELECT * FROM ${stage}`)
      })
    },
    finishCreateTable: (_session, handle) => writes.finish(handle),
    async beginInsert(_session, table, columns) {
      statements.check()
      const names = columns.map(remoteColumn)
      const staged = columns.map(({ type, storage }, i) => ({
        name: names[i]!,
        type,
        held: type,
        storage,
      }))
      return writes.begun(transaction, staged, async (connection, stage) => {
        const list = names.map(quoted).join(', ')
        await connection.execute(
          `INSERT INTO ${remoteName(table)} (${list}) SELECT ${list} FROM ${stage}`,
        )
      })
    },
    finishInsert: (_session, handle) => writes.finish(handle),
    supportsMissingColumnsOnInsert: () => true,
  } satisfies Metadata
}

/** Rows that the database itself changes and deletes. */
function rowChanges(dialect: SqlDialect, printer: SqlPrinter, statements: Statements) {
  return {
    /** The engine asks for it; rows are only changed by the database itself. */
    getMergeRowIdColumnHandle(_session, { rowNumber, columns }) {
      const [first] = columns
      if (rowNumber === undefined || first === undefined) {
        throw new MillraceError(
          'NOT_SUPPORTED',
          'This connector does not support modifying rows of views and of tables without row numbers',
        )
      }
      return {
        name: '$row_id',
        type: BIGINT,
        nullable: false,
        expression: rowNumber,
        storage: dialect.storage(BIGINT)!,
        comparability: 'order',
      }
    },
    applyDelete: (_session, table) => (isSimple(table) ? table : undefined),
    executeDelete: (_session, table) =>
      statements.execute(`DELETE FROM ${aliased(table)}${whereOf(table, printer)}`),
    applyUpdate(_session, table, assignments) {
      if (!isSimple(table)) return undefined
      const update: { column: string; value: SqlExpression }[] = []
      for (const { column, value } of assignments) {
        if (value.kind !== 'constant' || column.expression.kind !== 'column') return undefined
        const written: Written =
          value.value === null ? { kind: 'null' } : dialect.literal(column.type, value.value)
        if (isRefusal(written)) return undefined
        update.push({ column: column.expression.name, value: written })
      }
      return { ...table, update }
    },
    executeUpdate(_session, table) {
      const list = (table.update ?? []).map(
        ({ column, value }) => `${quoted(column)} = ${printer.expression(value)}`,
      )
      return statements.execute(
        `UPDATE ${aliased(table)} SET ${list.join(', ')}${whereOf(table, printer)}`,
      )
    },
  } satisfies Metadata
}

const aliased = (table: SqlTable): string => {
  assert(table.relation.kind === 'table', 'a stored table')
  return `${remoteName(table)} AS ${quoted(table.relation.alias)}`
}

function whereOf(table: SqlTable, printer: SqlPrinter): string {
  const conditions = table.where.map((condition) => printer.expression(condition))
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
}

const isSimple = ({ relation, limit }: SqlTable): boolean =>
  relation.kind === 'table' && limit === undefined

const replaces = (): MillraceError =>
  new MillraceError('NOT_SUPPORTED', 'This connector does not support replacing tables')
