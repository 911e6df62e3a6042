import { optionalPackage } from '../sql-base/optional-package.js'
import type { SqliteConfig } from './config.js'
import { sqliteError } from './errors.js'
import type { BoundValue, SqliteValue } from './values.js'

/** What is used of libsql, whose own types are those of another package. */
type Driver = new (path: string, options: object) => DriverDatabase
interface DriverDatabase {
  prepare(sql: string): Promise<DriverStatement>
  exec(sql: string): Promise<void>
  interrupt(): void
  close(): void
}
interface DriverStatement {
  raw(isRaw: boolean): void
  safeIntegers(areSafe: boolean): void
  columns(): readonly { readonly name: string; readonly type: string | null }[]
  all(parameters: readonly BoundValue[]): Promise<unknown[][]>
  iterate(parameters: readonly BoundValue[]): Promise<Rows>
  run(parameters: readonly BoundValue[]): unknown
}
/** Rows of a running statement; a step runs SQLite for up to 100 rows. */
type Rows = Iterator<readonly SqliteValue[]>

let driver: Promise<Driver> | undefined

/** @throws CONFIGURATION_INVALID where libsql is missing */
function loadDriver(): Promise<Driver> {
  driver ??= optionalPackage(
    'libsql',
    async () => (await import('libsql/promise')).default as Driver,
  )
  driver.catch(() => {
    driver = undefined
  })
  return driver
}

/** A file's name as a URI with the way in which to open it. */
function uriOf({ path, isReadOnly }: SqliteConfig): string {
  const escaped = path.split('/').map(encodeURIComponent).join('/')
  return `file:${escaped}?mode=${isReadOnly ? 'ro' : 'rwc'}`
}

/**
 * One connection to a file. Statements run one after the other; what takes long, up to the first row, runs beside the
 * thread.
 */
export class SqliteConnection {
  readonly #database: DriverDatabase
  readonly #path: string

  private constructor(database: DriverDatabase, path: string) {
    this.#database = database
    this.#path = path
  }

  static async open(config: SqliteConfig, isWriter: boolean): Promise<SqliteConnection> {
    const Database = await loadDriver()
    try {
      const connection = new SqliteConnection(new Database(uriOf(config), {}), config.path)
      await connection.execute(`PRAGMA busy_timeout = ${Math.ceil(config.busyTimeoutMillis)}`)
      if (!isWriter) await connection.execute('PRAGMA query_only = ON')
      return connection
    } catch (error) {
      throw sqliteError(error, config.path)
    }
  }

  async execute(sql: string): Promise<void> {
    try {
      await this.#database.exec(sql)
    } catch (error) {
      throw sqliteError(error, this.#path)
    }
  }

  /** All rows of a short answer. */
  async all(sql: string, ...parameters: readonly BoundValue[]): Promise<readonly unknown[][]> {
    try {
      const statement = await this.#database.prepare(sql)
      statement.raw(true)
      return await statement.all(parameters)
    } catch (error) {
      throw sqliteError(error, this.#path)
    }
  }

  /** Names and declared types (null: an expression) of a query's columns. */
  async columns(
    sql: string,
  ): Promise<readonly { readonly name: string; readonly type: string | null }[]> {
    try {
      return (await this.#database.prepare(sql)).columns()
    } catch (error) {
      throw sqliteError(error, this.#path)
    }
  }

  async rows(sql: string): Promise<Rows> {
    const statement = await this.#database.prepare(sql)
    statement.raw(true)
    statement.safeIntegers(true)
    return await statement.iterate([])
  }

  /** A statement that takes parameters and gives nothing. */
  async inserter(sql: string): Promise<(parameters: readonly BoundValue[]) => void> {
    const statement = await this.#database.prepare(sql)
    return (parameters) => {
      statement.run(parameters)
    }
  }

  /** Ends what runs, with SQLITE_INTERRUPT. */
  interrupt(): void {
    this.#database.interrupt()
  }

  close(): void {
    this.#database.close()
  }
}
