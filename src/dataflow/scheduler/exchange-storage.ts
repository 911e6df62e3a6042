import { accessSync, constants, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SpoolDirectory } from '../../exchange/spool/spool-directory.js'
import { MillraceError } from '../../spi/index.js'
import { processFolder, removeLeftovers } from '../spill/spill-directory.js'

const PREFIX = 'millrace-exchange-'

/**
 * A coordinator's folders under exchange.base-directories, one in each: the next coordinator to start on the host finds by
 * their names what one that died has left.
 */
export class ExchangeStorage {
  readonly directory: SpoolDirectory
  readonly #folders: readonly string[]
  readonly #onExit = () => {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true })
  }

  /**
   * Removes leftovers and takes a name; folders are made when a query needs one.
   * @param baseDirectories paths or file: URIs
   * @throws CONFIGURATION_INVALID where one can't be written to
   */
  constructor(baseDirectories: readonly string[]) {
    const name = processFolder(PREFIX)
    this.#folders = baseDirectories.map((directory) => {
      const path = directory.startsWith('file:') ? fileURLToPath(directory) : directory
      try {
        mkdirSync(path, { recursive: true })
        accessSync(path, constants.W_OK)
      } catch (cause) {
        throw new MillraceError(
          'CONFIGURATION_INVALID',
          `The exchange directory can't be written to: ${directory}`,
          { cause },
        )
      }
      removeLeftovers(path, PREFIX)
      return join(path, name)
    })
    this.directory = new SpoolDirectory(this.#folders)
    process.once('exit', this.#onExit)
  }

  close(): void {
    process.off('exit', this.#onExit)
    this.#onExit()
  }
}
