import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { MillraceError } from '../../spi/index.js'
import { fileIdentity, goneError } from '../sql-base/database-file.js'
import { optionalPackage } from '../sql-base/optional-package.js'
import type { DuckdbConfig } from './config.js'
import { duckdbError } from './errors.js'

export type DuckdbApi = typeof import('@duckdb/node-api')

/** @throws CONFIGURATION_INVALID where the package is missing */
const loadDuckdb = (): Promise<DuckdbApi> =>
  optionalPackage('@duckdb/node-api', () => import('@duckdb/node-api'))

const replacedError = (path: string): MillraceError =>
  new MillraceError('JDBC_ERROR', `Database file was replaced by another: ${path}`, {
    hint: 'Start again: DuckDB has the old one open',
  })

interface SharedInstance {
  readonly instance: Promise<DuckDBInstance>
  readonly options: string
  users: number
}

/** Open files: DuckDB doesn't notice a second opening by the same process, which would damage the file. */
const instances = new Map<string, SharedInstance>()

/** One catalog's use of a database. */
export class DuckdbInstance {
  readonly api: DuckdbApi
  readonly #path: string
  readonly #instance: DuckDBInstance
  readonly #shared: SharedInstance | undefined
  readonly #file: string | undefined

  private constructor(
    api: DuckdbApi,
    path: string,
    instance: DuckDBInstance,
    shared: SharedInstance | undefined,
    file: string | undefined,
  ) {
    this.#file = file
    this.api = api
    this.#path = path
    this.#instance = instance
    this.#shared = shared
  }

  static async open({ path, options }: DuckdbConfig): Promise<DuckdbInstance> {
    const api = await loadDuckdb()
    const create = () => api.DuckDBInstance.create(path, { ...options })
    let shared: SharedInstance | undefined
    try {
      if (path === ':memory:') {
        return new DuckdbInstance(api, path, await create(), undefined, undefined)
      }
      const wanted = JSON.stringify(options)
      shared = instances.get(path)
      if (shared !== undefined && shared.options !== wanted) {
        throw new Error(`it is open with other options in this process: ${path}`)
      }
      shared ??= { instance: create(), options: wanted, users: 0 }
      instances.set(path, shared)
      shared.users++
      const instance = await shared.instance
      return new DuckdbInstance(api, path, instance, shared, await fileIdentity(path))
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

  close(): void {
    const shared = this.#shared
    if (shared !== undefined && --shared.users > 0) return
    instances.delete(this.#path)
    this.#instance.closeSync()
  }
}
