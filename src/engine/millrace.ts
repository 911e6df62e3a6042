import type { FunctionDefinition } from '../expressions/function-definition.js'
import { MillraceError, type SelectedRole } from '../spi/index.js'
import type { ValueMode } from '../values/cell-reader.js'
import type { RowMode } from '../values/row-reader.js'
import type {
  RegisteredColumn,
  RegisteredSource,
  RegisterOptions,
} from './catalog/registered-source.js'
import { Engine } from './engine.js'
import type { EngineOptions } from './engine-options.js'
import type { NullHandling, ProgramFunction } from './functions/program-function.js'
import { parameterConstant } from './query/parameter-constant.js'
import { Query, type Row } from './query/query.js'
import type { ResultLimits, StatementRun } from './query/statement-run.js'
import { applyChanges, type Session, withProperty } from './session/session.js'
import { canonicalTimeZone } from './session/session-properties.js'

/** What one statement asks for beside its text. */
export interface StatementOptions {
  readonly catalog?: string
  readonly schema?: string
  /** Whom the statement runs as; roles that SET ROLE chose hold for the user of the engine only. */
  readonly user?: string
  /** Of the user, for rules of access. */
  readonly groups?: readonly string[]
  /** A role by catalog, as SET ROLE has it: its name, `ALL` (the default) or `NONE`. */
  readonly roles?: Readonly<Record<string, string>>
  /** IANA name or offset. */
  readonly timeZone?: string
  /** Session properties: `{ join_reordering_strategy: 'NONE', 'mycatalog.some_property': 5 }`. */
  readonly session?: Readonly<Record<string, string | number | boolean>>
  /** What the statement is written in, such as `postgresql`; `trino` is the default. Needs the package node-sql-parser. */
  readonly dialect?: string
  /** Ends the statement when it is aborted. */
  readonly signal?: AbortSignal
  /** A result of more rows is an error, GENERIC_INSUFFICIENT_RESOURCES. */
  readonly maxRows?: number
  /** The same for the bytes that its columns take in memory. */
  readonly maxBytes?: number
  /** A statement that takes longer, its consumer's time included, ends with EXCEEDED_TIME_LIMIT. */
  readonly timeoutMs?: number
  /** What the statement may reserve, below the engine's own limit; more is spilled where the engine may, or ends with EXCEEDED_LOCAL_MEMORY_LIMIT. */
  readonly memoryLimitBytes?: number
  /** `exact` (the default): bigint, text of decimals and datetimes. `plain`: numbers and Dates. */
  readonly values?: ValueMode
  /** `object` (the default) or `array`. */
  readonly rowMode?: RowMode
}

/** What a statement that writes, defines or sets something answers. */
export interface ExecuteResult {
  /** Such as `INSERT`, `CREATE TABLE`, `SET SESSION`; undefined for queries. */
  readonly updateType: string | undefined
  /** Rows written, where rows were. */
  readonly updateCount: number | undefined
}

/**
 * The embedded engine. Statements that change the session (USE, SET SESSION, PREPARE, START TRANSACTION …) change that
 * of this object; options of a single call come before it.
 */
export class Millrace {
  readonly #engine: Engine
  #session: Session

  private constructor(engine: Engine) {
    this.#engine = engine
    this.#session = engine.defaultSession
  }

  /**
   * Makes an engine; its threads start in the background.
   * @throws MillraceError CONFIGURATION_INVALID for options or properties that are wrong, before anything runs
   */
  static async create(options: EngineOptions = {}): Promise<Millrace> {
    return new Millrace(await Engine.create({ localFiles: true, ...options }))
  }

  /**
   * A statement, which starts when it is consumed.
   * @param params values of the `?` in the text, in order
   */
  query<T = Row>(
    sql: string,
    params: readonly unknown[] = [],
    options: StatementOptions = {},
  ): Query<T> {
    return new Query<T>(sql, () => this.#createRun(sql, params, options), {
      values: options.values ?? 'exact',
      rowMode: options.rowMode ?? 'object',
      turns: this.#engine.turns,
    })
  }

  /**
   * A statement with its values in place: ``engine.sql`SELECT * FROM t WHERE id = ${id}` ``. Values travel as parameters, never as text,
   * so that no value is read as SQL.
   */
  sql<T = Row>(strings: TemplateStringsArray, ...values: readonly unknown[]): Query<T> {
    return this.query<T>(strings.join('?'), values)
  }

  /** Runs a statement to its end and drops its rows. */
  async execute(
    sql: string,
    params: readonly unknown[] = [],
    options: StatementOptions = {},
  ): Promise<ExecuteResult> {
    const run = this.#createRun(sql, params, options)
    await run.drain()
    return { updateType: run.updateType, updateCount: run.updateCount }
  }

  /**
   * Makes a source of rows a table by its bare name, in front of tables of that name.
   * @param columns names and types; without, they are taken from the rows
   * @throws MillraceError TYPE_MISMATCH for what is no source, DUPLICATE_COLUMN_NAME, TYPE_NOT_FOUND
   */
  register(
    name: string,
    source: RegisteredSource,
    columns?: readonly RegisteredColumn[],
    options: RegisterOptions = {},
  ): void {
    this.#engine.registered.register(name, source, columns, options)
  }

  /** Takes a registered source out again. @returns false where there was none */
  unregister(name: string): boolean {
    return this.#engine.registered.unregister(name)
  }

  /**
   * Adds an SQL function of the program: scalar, asynchronous or aggregate, over JavaScript's values. Queries that call it run in
   * this thread.
   * @throws MillraceError ALREADY_EXISTS; GENERIC_USER_ERROR and TYPE_NOT_FOUND for what is no function
   */
  registerFunction<
    const A extends readonly string[],
    const N extends NullHandling = 'propagate',
    State = unknown,
  >(definition: ProgramFunction<A, N, State> | FunctionDefinition): void {
    this.#engine.registerFunction(definition as ProgramFunction | FunctionDefinition)
  }

  /** Ends all statements, threads and connectors. Idempotent. */
  close(): Promise<void> {
    return this.#engine.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #createRun(sql: string, params: readonly unknown[], options: StatementOptions): StatementRun {
    if (typeof sql !== 'string') {
      throw new MillraceError('GENERIC_USER_ERROR', `A statement is a string: ${typeof sql}`)
    }
    const run = this.#engine.createRun({
      sql: withoutSemicolon(sql),
      session: sessionWith(this.#session, options),
      parameters: params.map(parameterConstant),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      limits: resultLimits(options),
    })
    run.settled.then(() => {
      if (run.failure === undefined && run.changes !== undefined) {
        this.#session = applyChanges(this.#session, run.changes)
      }
    })
    return run
  }
}

/** Statements of programs and files often end in one; the grammar has none. */
const withoutSemicolon = (sql: string): string => sql.replace(/;\s*$/, '')

function sessionWith(session: Session, options: StatementOptions): Session {
  let next: Session = {
    ...(options.user === undefined || options.user === session.user
      ? session
      : withoutRights(session)),
    ...(options.catalog === undefined ? {} : { catalog: options.catalog.toLowerCase() }),
    ...(options.schema === undefined ? {} : { schema: options.schema.toLowerCase() }),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.groups === undefined ? {} : { groups: options.groups }),
    ...(options.roles === undefined ? {} : { roles: selectedRoles(options.roles) }),
    ...(options.timeZone === undefined ? {} : { timeZone: canonicalTimeZone(options.timeZone) }),
  }
  for (const [name, value] of Object.entries(options.session ?? {}))
    next = withProperty(next, name, String(value))
  const { timeoutMs, memoryLimitBytes, dialect } = options
  if (dialect !== undefined) next = withProperty(next, 'dialect', dialect)
  if (timeoutMs !== undefined) {
    next = withProperty(next, 'query_max_run_time', `${limit('timeoutMs', timeoutMs)}ms`)
  }
  if (memoryLimitBytes !== undefined) {
    const bytes = limit('memoryLimitBytes', memoryLimitBytes)
    next = withProperty(next, 'query_max_memory_per_node', `${bytes}B`)
  }
  return next
}

/** The session without what is its user's own. */
const withoutRights = ({ roles: _, groups: __, originalUser: ___, ...session }: Session): Session =>
  session

const selectedRoles = (
  roles: Readonly<Record<string, string>>,
): ReadonlyMap<string, SelectedRole> =>
  new Map(
    Object.entries(roles).map(([catalog, role]): [string, SelectedRole] => [
      catalog.toLowerCase(),
      role === 'ALL' || role === 'NONE'
        ? { type: role }
        : { type: 'ROLE', role: role.toLowerCase() },
    ]),
  )

function resultLimits({ maxRows, maxBytes }: StatementOptions): ResultLimits {
  return {
    maxRows: maxRows === undefined ? undefined : limit('maxRows', maxRows),
    maxBytes: maxBytes === undefined ? undefined : limit('maxBytes', maxBytes),
  }
}

/** @throws GENERIC_USER_ERROR for what limits nothing */
function limit(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new MillraceError(
    'GENERIC_USER_ERROR',
    `${name} must be a whole number from 0 on: ${value}`,
  )
}
