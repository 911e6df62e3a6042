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
  iterate(parameters: readonly BoundValue[]): Promise<Rows>
  run(parameters: readonly BoundValue[]): unknown
}
/** Rows of a running statement; a step runs SQLite for up to 100 rows. */
type Rows = Iterator<readonly SqliteValue[]>

/** SQLite forgets an interrupt that comes while nothing runs, as between a statement's preparation and its first step. */
const INTERRUPT_MILLIS = 10
/** Statements and rows that a connection may hold before it is given up. */
const HELD_MAX = 200

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
  /**
   * Every statement and its rows. The collection of one waits, with the whole thread, for what else runs on the
   * connection, and the abort of that would never be heard: so none is collected before the connection is closed.
   */
  readonly #held: unknown[] = []

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
      const statement = await this.#prepare(sql)
      statement.raw(true)
      const rows = await statement.iterate(parameters)
      this.#held.push(rows)
      return Array.from({ [Symbol.iterator]: () => rows }, (row) => [...row])
    } catch (error) {
      throw sqliteError(error, this.#path)
    }
  }

  /** Names and declared types (null: an expression) of a query's columns. */
  async columns(
    sql: string,
  ): Promise<readonly { readonly name: string; readonly type: string | null }[]> {
    try {
      return (await this.#prepare(sql)).columns()
    } catch (error) {
      throw sqliteError(error, this.#path)
    }
  }

  async rows(sql: string): Promise<Rows> {
    const statement = await this.#prepare(sql)
    statement.raw(true)
    statement.safeIntegers(true)
    const rows = await statement.iterate([])
    this.#held.push(rows)
    return rows
  }

  /** A statement that takes parameters and gives nothing. */
  async inserter(sql: string): Promise<(parameters: readonly BoundValue[]) => void> {
    const statement = await this.#prepare(sql)
    return (parameters) => {
      statement.run(parameters)
    }
  }

  /** Whether it may be used again. */
  get isReusable(): boolean {
    return this.#held.length < HELD_MAX
  }

  /** Ends what runs, with SQLITE_INTERRUPT. */
  interrupt(): void {
    this.#database.interrupt()
  }

  /** Ends `running`, and comes back when it has ended. */
  async interruptUntilEnd(running: Promise<unknown>): Promise<void> {
    this.interrupt()
    const timer = setInterval(() => this.interrupt(), INTERRUPT_MILLIS)
    try {
      await running
    } catch {
      // Whoever waits for it hears of its failure.
    } finally {
      clearInterval(timer)
    }
  }

  close(): void {
    this.#database.close()
  }

  async #prepare(sql: string): Promise<DriverStatement> {
    const statement = await this.#database.prepare(sql)
    this.#held.push(statement)
    return statement
  }
}
