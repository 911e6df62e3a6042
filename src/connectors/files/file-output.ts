import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { fileError, SHARED_FOLDER, systemReason } from './file-errors.js'
import { isMissing } from './file-tree.js'
import type { FileOutput } from './format.js'

/** A file being written, under a name that nobody reads yet. */
export interface OpenOutput extends FileOutput {
  readonly path: string
  /** Everything is on the disk, or it throws. */
  finish(): Promise<void>
  /** Closes without asking for the disk. */
  abandon(): Promise<void>
}

/** Creates a file, and the folders that it lies in. @throws HIVE_WRITER_OPEN_ERROR */
export const createOutput = (path: string): Promise<OpenOutput> =>
  opening(path, async () => {
    await mkdir(dirname(path), { recursive: true })
    return open(path, 'wx')
  })

/**
 * Creates a file of a write, and the folders that it lies in below the write's own. That must be there: it is gone when the write has
 * ended, and was never there on a node that has another disk.
 * @param path below the directory
 * @throws HIVE_WRITER_OPEN_ERROR
 */
export function createOutputOf(directory: string, path: string): Promise<OpenOutput> {
  const whole = join(directory, path)
  const create = async (): Promise<FileHandle> => {
    let folder = directory
    for (const name of path.split(sep).slice(0, -1)) {
      folder = join(folder, name)
      await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
    }
    return open(whole, 'wx')
  }
  return opening(whole, create, SHARED_FOLDER)
}

async function opening(
  path: string,
  create: () => Promise<FileHandle>,
  ifMissing?: string,
): Promise<OpenOutput> {
  try {
    return new HandleOutput(path, await create())
  } catch (error) {
    throw fileError(
      'HIVE_WRITER_OPEN_ERROR',
      `File cannot be created, ${systemReason(error)}: ${path}`,
      { cause: error, ...(ifMissing !== undefined && isMissing(error) ? { hint: ifMissing } : {}) },
    )
  }
}

class HandleOutput implements OpenOutput {
  readonly path: string
  readonly #handle: FileHandle
  #position = 0

  constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }
  get position(): number {
    return this.#position
  }
  async write(bytes: Uint8Array): Promise<void> {
    try {
      let offset = 0
      while (offset < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, offset, bytes.length - offset)
        offset += bytesWritten
      }
      this.#position += bytes.length
    } catch (error) {
      throw fileError(
        'HIVE_WRITER_DATA_ERROR',
        `File cannot be written, ${systemReason(error)}: ${this.path}`,
        { cause: error },
      )
    }
  }
  async finish(): Promise<void> {
    try {
      await this.#handle.sync()
      await this.#handle.close()
    } catch (error) {
      throw fileError(
        'HIVE_WRITER_CLOSE_ERROR',
        `File cannot be written, ${systemReason(error)}: ${this.path}`,
        { cause: error },
      )
    }
  }
  abandon(): Promise<void> {
    return this.#handle.close()
  }
}
