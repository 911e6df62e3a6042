import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileError, systemReason } from './file-errors.js'
import type { FileOutput } from './format.js'

/** A file being written, under a name that nobody reads yet. */
export interface OpenOutput extends FileOutput {
  readonly path: string
  /** Everything is on the disk, or it throws. */
  finish(): Promise<void>
  /** Closes without asking for the disk. */
  abandon(): Promise<void>
}

/** @throws HIVE_WRITER_OPEN_ERROR */
export async function createOutput(path: string): Promise<OpenOutput> {
  try {
    await mkdir(dirname(path), { recursive: true })
    return new HandleOutput(path, await open(path, 'wx'))
  } catch (error) {
    throw fileError(
      'HIVE_WRITER_OPEN_ERROR',
      `File cannot be created, ${systemReason(error)}: ${path}`,
      { cause: error },
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
