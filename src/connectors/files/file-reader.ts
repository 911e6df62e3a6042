import { type FileHandle, open } from 'node:fs/promises'
import { placeOfCommitted } from './committed-write.js'
import { badData, fileError, readFailure } from './file-errors.js'
import { isMissing } from './file-tree.js'
import type { DataFile } from './format.js'

/** Reads ranges of one file. Every error is coded and names the file. */
export interface FileReader {
  readonly file: DataFile
  /** Bytes read so far. */
  readonly completedBytes: number
  /** Time spent waiting for the file so far. */
  readonly readTimeNanos: number
  /**
   * The bytes of a range that lies within the file.
   * @throws HIVE_BAD_DATA where the file ends before, HIVE_CANNOT_OPEN_SPLIT where it can't be read
   */
  read(offset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>>
  /** The same into memory of the caller's, all of it. When it answers, nothing writes there any more, after errors too. */
  readWhole(target: Uint8Array, offset: number): Promise<void>
  /** Reads into memory of the caller's; how many bytes there were before the end of the file. */
  readInto(target: Uint8Array, offset: number): Promise<number>
  close(): Promise<void>
}

/**
 * Opens a file that was found at planning.
 * @throws HIVE_FILE_NOT_FOUND, HIVE_CANNOT_OPEN_SPLIT; HIVE_CONCURRENT_MODIFICATION_DETECTED where it has another size or
 * time by now
 */
export async function openFile(file: DataFile, signal: AbortSignal): Promise<FileReader> {
  signal.throwIfAborted()
  let handle: FileHandle
  try {
    handle = await openPresent(file.path)
  } catch (error) {
    throw readFailure(error, file.path)
  }
  try {
    const { size, mtimeMs } = await handle.stat()
    if (size !== file.size || mtimeMs !== file.modifiedMillis) {
      throw fileError(
        'HIVE_CONCURRENT_MODIFICATION_DETECTED',
        `File was changed while the query ran: ${file.path}`,
        { hint: 'Run the query again' },
      )
    }
  } catch (error) {
    await handle.close()
    throw readFailure(error, file.path)
  }
  return new HandleReader(file, handle, signal)
}

/** Opens a file, which may have been moved from where a write had it to its place. */
async function openPresent(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const place = placeOfCommitted(path)
    if (place === undefined || !isMissing(error)) throw error
    return open(place, 'r')
  }
}

class HandleReader implements FileReader {
  readonly file: DataFile
  readonly #handle: FileHandle
  readonly #signal: AbortSignal
  #completedBytes = 0
  #readTimeNanos = 0

  constructor(file: DataFile, handle: FileHandle, signal: AbortSignal) {
    this.file = file
    this.#handle = handle
    this.#signal = signal
  }

  get completedBytes(): number {
    return this.#completedBytes
  }
  get readTimeNanos(): number {
    return this.#readTimeNanos
  }

  async read(offset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#check(offset, byteLength)
    const bytes = new Uint8Array(byteLength)
    await this.readWhole(bytes, offset)
    return bytes
  }

  async readWhole(target: Uint8Array, offset: number): Promise<void> {
    this.#check(offset, target.length)
    const count = await this.readInto(target, offset)
    if (count < target.length) {
      throw badData('File ends early', this.file.path, `at ${offset + count}`)
    }
  }

  async readInto(target: Uint8Array, offset: number): Promise<number> {
    let count = 0
    const start = performance.now()
    try {
      while (count < target.length) {
        this.#signal.throwIfAborted()
        const { bytesRead } = await this.#handle.read(
          target,
          count,
          target.length - count,
          offset + count,
        )
        if (bytesRead === 0) break
        count += bytesRead
      }
    } catch (error) {
      throw readFailure(error, this.file.path)
    } finally {
      this.#readTimeNanos += Math.round((performance.now() - start) * 1e6)
      this.#completedBytes += count
    }
    return count
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  /** Before memory is made for it. */
  #check(offset: number, byteLength: number): void {
    const { path, size } = this.file
    if (offset < 0 || byteLength < 0 || offset + byteLength > size) {
      throw badData('File points outside of itself', path, `${byteLength} bytes at ${offset}`)
    }
  }
}
