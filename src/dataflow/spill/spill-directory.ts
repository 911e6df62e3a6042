import { randomUUID } from 'node:crypto'
import { accessSync, constants, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '../../spi/index.js'
import type { QueryMemory } from '../memory/query-memory.js'
import { removeSpillFolder } from './query-spill.js'
import { SpillAccount, type SpillLimits } from './spill-account.js'

const PREFIX = 'millrace-spill-'

/**
 * The folder of one engine under the spill path, with a folder a query in it. It is named after host and process, so that
 * the next engine to start finds what a process that died has left.
 */
export class SpillDirectory {
  readonly #folder: string
  readonly #limits: SpillLimits
  readonly #onExit = () => removeSpillFolder(this.#folder)

  /**
   * Removes leftovers and takes a name; the folder itself is made when something is written.
   * @throws CONFIGURATION_INVALID where the path can't be written to
   */
  constructor(path: string, limits: SpillLimits) {
    try {
      mkdirSync(path, { recursive: true })
      accessSync(path, constants.W_OK)
    } catch (cause) {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `The spill path can't be written to: ${path}`,
        {
          cause,
        },
      )
    }
    removeLeftovers(path, PREFIX)
    this.#limits = limits
    this.#folder = join(path, processFolder(PREFIX))
    process.once('exit', this.#onExit)
  }

  /** The folder that a query, or a task of one, may spill to; it is made when it does. */
  open(queryId: string, memory: QueryMemory): string {
    new SpillAccount(memory).setLimits(this.#limits)
    return join(this.#folder, queryId.replace(/[^\w.-]/g, '_'))
  }

  close(): void {
    process.off('exit', this.#onExit)
    this.#onExit()
  }
}

/** A name for a folder of this process, by which {@link removeLeftovers} knows it. */
export const processFolder = (prefix: string): string =>
  `${prefix}${hostname()}-${process.pid}-${randomUUID()}`

/** Removes folders of processes of this host that are no more. Those of other hosts, on a shared disk, are theirs. */
export function removeLeftovers(path: string, prefix: string): void {
  const own = `${prefix}${hostname()}-`
  for (const name of readdirSync(path)) {
    if (!name.startsWith(own)) continue
    const processId = Number.parseInt(name.slice(own.length), 10)
    if (!Number.isInteger(processId) || isAlive(processId, join(path, name))) continue
    rmSync(join(path, name), { recursive: true, force: true })
  }
}

function isAlive(processId: number, folder: string): boolean {
  if (processId === process.pid) {
    // In a container process ids come again: what is older than this process is another's.
    return (statSync(folder, { throwIfNoEntry: false })?.birthtimeMs ?? 0) >= performance.timeOrigin
  }
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
