import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '../../spi/index.js'

/**
 * Where the outputs of a query's tasks lie under exchange.base-directories: a folder a query, in it one a task, in it one
 * file a partition. A task's folder has another name until it is complete, and only one attempt of a task gets its
 * name: the first whose rename succeeds.
 */
export class SpoolDirectory {
  readonly #base: readonly string[]

  /** @param baseDirectories paths or file: URIs; queries are spread over them */
  constructor(baseDirectories: readonly string[]) {
    if (baseDirectories.length === 0) {
      throw new MillraceError(
        'EXCHANGE_MANAGER_NOT_CONFIGURED',
        'retry-policy=TASK needs a place for the outputs of tasks',
        { hint: 'Set exchange.base-directories' },
      )
    }
    this.#base = baseDirectories.map((directory) =>
      directory.startsWith('file:') ? fileURLToPath(directory) : directory,
    )
  }

  /** Where queries have their folders, as paths. */
  get bases(): readonly string[] {
    return this.#base
  }

  /** The folder of a query, on every node the same. */
  queryPath(queryId: string): string {
    let hash = 0
    for (const character of queryId) hash = (hash * 31 + character.charCodeAt(0)) >>> 0
    return join(this.#base[hash % this.#base.length]!, safeName(queryId))
  }

  /** Where the committed output of a task is read. @param task the task's name without its attempt */
  taskPath(queryId: string, task: string): string {
    return join(this.queryPath(queryId), safeName(task))
  }

  /** Makes the folder of a query, without which no attempt can write: one that comes late finds it gone. */
  async createQuery(queryId: string): Promise<void> {
    await mkdir(this.queryPath(queryId), { recursive: true })
  }

  /** Makes the folder that an attempt writes to. */
  async createAttempt(queryId: string, task: string, attempt: number): Promise<string> {
    const path = `${this.taskPath(queryId, task)}.attempt${attempt}.tmp`
    await rm(path, { recursive: true, force: true })
    await mkdir(path)
    return path
  }

  /**
   * Makes an attempt's output the task's.
   * @returns false when another attempt's is it already: this one's is deleted
   */
  async commit(queryId: string, task: string, attemptPath: string): Promise<boolean> {
    try {
      await rename(attemptPath, this.taskPath(queryId, task))
      return true
    } catch (error) {
      const code = errorCode(error)
      await rm(attemptPath, { recursive: true, force: true })
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
      throw error
    }
  }

  /**
   * Deletes all that a query left. The folder loses its name first, so that an attempt which is still about can add nothing
   * that would stay.
   */
  async deleteQuery(queryId: string): Promise<void> {
    const path = this.queryPath(queryId)
    const gone = `${path}${GONE_SUFFIX}`
    try {
      await rename(path, gone)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
    await rm(gone, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
  }

  /** Ids of queries that have something here, in the form in which they name folders. */
  async queries(): Promise<readonly string[]> {
    const found: string[] = []
    for (const base of this.#base) {
      await mkdir(base, { recursive: true })
      found.push(...(await readdir(base)))
    }
    return found
  }
}

const GONE_SUFFIX = '.gone'

const errorCode = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** Ids become names of folders: nothing in them leaves the directory. */
function safeName(id: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/.test(id)) {
    throw new MillraceError('GENERIC_INTERNAL_ERROR', `Not a name for a folder: ${id}`)
  }
  return id
}
