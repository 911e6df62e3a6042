import { createRequire } from 'node:module'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { MillraceError } from '../../spi/index.js'
import { fileIdentity, goneError } from '../sql-base/database-file.js'
import { optionalPackage } from '../sql-base/optional-package.js'
import type { DuckdbConfig } from './config.js'
import { duckdbError } from './errors.js'

export type DuckdbApi = typeof import('@duckdb/node-api')
/** What the package's own objects are made over. */
export type DuckdbBindings = typeof import('@duckdb/node-bindings')

const PACKAGE = '@duckdb/node-api'

/** @throws CONFIGURATION_INVALID where the package is missing */
const loadDuckdb = (): Promise<{ readonly api: DuckdbApi; readonly bindings: DuckdbBindings }> =>
  optionalPackage(PACKAGE, async () => {
    const api = await import('@duckdb/node-api')
    // A dependency of the package, which need not lie where this module finds it.
    const { resolve } = createRequire(import.meta.url)
    const bindings: DuckdbBindings = createRequire(resolve(PACKAGE))('@duckdb/node-bindings')
    return { api, bindings }
  })

const replacedError = (path: string): MillraceError =>
  new MillraceError('JDBC_ERROR', `Database file was replaced by another: ${path}`, {
    hint: 'Start again: DuckDB has the old one open',
  })

interface SharedInstance {
  readonly instance: Promise<DuckDBInstance>
  readonly commits: Commits
  readonly options: string
  users: number
}

/** The commits of a database, one after the other. */
class Commits {
  count = 0
  #last: Promise<unknown> = Promise.resolve()

  /** Runs an action that no commit falls into. */
  between<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action)
    this.#last = result.catch(() => undefined)
    return result
  }
}

/** Open files: DuckDB doesn't notice a second opening by the same process, which would damage the file. */
const instances = new Map<string, SharedInstance>()

/** One catalog's use of a database. */
export class DuckdbInstance {
  readonly api: DuckdbApi
  readonly bindings: DuckdbBindings
  readonly #path: string
  readonly #instance: DuckDBInstance
  readonly #shared: SharedInstance | undefined
  readonly #file: string | undefined
  readonly #commits: Commits

  private constructor(
    { api, bindings }: Awaited<ReturnType<typeof loadDuckdb>>,
    path: string,
    instance: DuckDBInstance,
    shared: SharedInstance | undefined,
    file: string | undefined,
  ) {
    this.#file = file
    this.api = api
    this.bindings = bindings
    this.#path = path
    this.#instance = instance
    this.#shared = shared
    this.#commits = shared?.commits ?? new Commits()
  }

  static async open({ path, options }: DuckdbConfig): Promise<DuckdbInstance> {
    const loaded = await loadDuckdb()
    const create = () => loaded.api.DuckDBInstance.create(path, { ...options })
    let shared: SharedInstance | undefined
    try {
      if (path === ':memory:') {
        return new DuckdbInstance(loaded, path, await create(), undefined, undefined)
      }
      const wanted = JSON.stringify(options)
      shared = instances.get(path)
      if (shared !== undefined && shared.options !== wanted) {
        throw new Error(`it is open with other options in this process: ${path}`)
      }
      shared ??= { instance: create(), commits: new Commits(), options: wanted, users: 0 }
      instances.set(path, shared)
      shared.users++
      const instance = await shared.instance
      return new DuckdbInstance(loaded, path, instance, shared, await fileIdentity(path))
    } catch (error) {
      if (shared !== undefined && --shared.users <= 0) instances.delete(path)
      throw duckdbError(error, path)
    }
  }

  /** @throws JDBC_ERROR where the file is gone: what is written to it then would be lost with this process */
  async connect(): Promise<DuckDBConnection> {
    if (this.#file !== undefined) {
      const file = await fileIdentity(this.#path)
      if (file === undefined) throw goneError(this.#path)
      if (file !== this.#file) throw replacedError(this.#path)
    }
    try {
      return await this.#instance.connect()
    } catch (error) {
      throw duckdbError(error, this.#path)
    }
  }

  /** Commits that were begun since the database was opened. */
  get commitCount(): number {
    return this.#commits.count
  }

  /** Runs an action that no commit falls into. */
  betweenCommits<T>(action: () => Promise<T>): Promise<T> {
    return this.#commits.between(action)
  }

  commit(run: () => Promise<unknown>): Promise<unknown> {
    return this.#commits.between(() => {
      this.#commits.count++
      return run()
    })
  }

  close(): void {
    const shared = this.#shared
    if (shared !== undefined && --shared.users > 0) return
    instances.delete(this.#path)
    this.#instance.closeSync()
  }
}
