import { assert } from '../../spi/index.js'
import { placeOfCommitted } from './committed-write.js'
import {
  callsAreQuick,
  closeDescriptor,
  descriptorStatus,
  openToRead,
  readAt,
  readNow,
} from './file-calls.js'
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
  /** Whether reads are answered from the system's cache at present, so that nothing is gained by reading ahead. */
  readonly answersAtOnce: boolean
  /**
   * The bytes of a range that lies within the file.
   * @throws HIVE_BAD_DATA where the file ends before, HIVE_CANNOT_OPEN_SPLIT where it can't be read
   */
  read(offset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>>
  /** The same into memory of the caller's, all of it. When it answers, nothing writes there any more, after errors too. */
  readWhole(target: Uint8Array, offset: number): Promise<void>
  /** The same at once where the system's cache answers; false where another thread has to read, with any content in `target`. */
  readNow(target: Uint8Array, offset: number): boolean
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
  let descriptor: number
  try {
    descriptor = await openPresent(file.path)
  } catch (error) {
    throw readFailure(error, file.path)
  }
  try {
    const { size, mtimeMs } = await descriptorStatus(descriptor)
    if (size !== file.size || mtimeMs !== file.modifiedMillis) {
      throw fileError(
        'HIVE_CONCURRENT_MODIFICATION_DETECTED',
        `File was changed while the query ran: ${file.path}`,
        { hint: 'Run the query again' },
      )
    }
  } catch (error) {
    await closeDescriptor(descriptor)
    throw readFailure(error, file.path)
  }
  return new DescriptorReader(file, descriptor, signal)
}

/** Opens a file, which may have been moved from where a write had it to its place. */
async function openPresent(path: string): Promise<number> {
  try {
    return await openToRead(path)
  } catch (error) {
    const place = placeOfCommitted(path)
    if (place === undefined || !isMissing(error)) throw error
    return openToRead(place)
  }
}

class DescriptorReader implements FileReader {
  readonly file: DataFile
  readonly #descriptor: number
  readonly #signal: AbortSignal
  #completedBytes = 0
  #readTimeNanos = 0
  /** Reads under way: the descriptor may be another file's as soon as it is closed. */
  #reads = 0
  #closing: Promise<void> | undefined
  #whenRead: (() => void) | undefined

  constructor(file: DataFile, descriptor: number, signal: AbortSignal) {
    this.file = file
    this.#descriptor = descriptor
    this.#signal = signal
  }

  get completedBytes(): number {
    return this.#completedBytes
  }
  get readTimeNanos(): number {
    return this.#readTimeNanos
  }
  get answersAtOnce(): boolean {
    return callsAreQuick()
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
    if (count < target.length) throw this.#endsEarly(offset + count)
  }

  readNow(target: Uint8Array, offset: number): boolean {
    assert(this.#closing === undefined, 'an open file is read')
    this.#check(offset, target.length)
    const start = performance.now()
    let count = 0
    try {
      while (count < target.length) {
        this.#signal.throwIfAborted()
        const bytesRead = readNow(this.#descriptor, target.subarray(count), offset + count)
        if (bytesRead === undefined) return false
        if (bytesRead === 0) throw this.#endsEarly(offset + count)
        count += bytesRead
      }
    } catch (error) {
      throw readFailure(error, this.file.path)
    } finally {
      this.#readTimeNanos += Math.round((performance.now() - start) * 1e6)
      this.#completedBytes += count
    }
    return true
  }

  async readInto(target: Uint8Array, offset: number): Promise<number> {
    assert(this.#closing === undefined, 'an open file is read')
    let count = 0
    const start = performance.now()
    this.#reads++
    try {
      while (count < target.length) {
        this.#signal.throwIfAborted()
        const rest = target.subarray(count)
        const bytesRead = await readAt(this.#descriptor, rest, offset + count)
        if (bytesRead === 0) break
        count += bytesRead
      }
    } catch (error) {
      throw readFailure(error, this.file.path)
    } finally {
      this.#reads--
      if (this.#reads === 0) this.#whenRead?.()
      this.#readTimeNanos += Math.round((performance.now() - start) * 1e6)
      this.#completedBytes += count
    }
    return count
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#reads > 0) await new Promise<void>((resolve) => (this.#whenRead = resolve))
    await closeDescriptor(this.#descriptor)
  }

  #endsEarly(offset: number): unknown {
    return badData('File ends early', this.file.path, `at ${offset}`)
  }

  /** Before memory is made for it. */
  #check(offset: number, byteLength: number): void {
    const { path, size } = this.file
    if (offset < 0 || byteLength < 0 || offset + byteLength > size) {
      throw badData('File points outside of itself', path, `${byteLength} bytes at ${offset}`)
    }
  }
}
