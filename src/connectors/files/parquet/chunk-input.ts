import type { FileReader } from '../file-reader.js'
import { ParquetFormatError } from './format-error.js'
import type { ReadBuffers } from './read-buffers.js'

/** Read at once, and once more ahead of the reader. */
const WINDOW_BYTES = 4 << 20
/** Gaps up to this are read with what is around them. */
const GAP_BYTES_MAX = 64 << 10

/**
 * The bytes of one column chunk, in order: small chunks are read whole, large ones by windows of which at most one is read ahead,
 * so that a chunk takes no more than two windows and its largest page.
 */
export class ChunkInput {
  readonly #reader: FileReader
  readonly #buffers: ReadBuffers
  readonly #end: number
  #window: Uint8Array = new Uint8Array(0)
  #windowStart: number
  /** What the window lies in, to be given back; undefined where other chunks share it. */
  #buffer: Uint8Array<ArrayBuffer> | undefined
  #ahead: ReadAhead | undefined

  /** @param end of the chunk in the file */
  constructor(reader: FileReader, buffers: ReadBuffers, start: number, end: number) {
    this.#reader = reader
    this.#buffers = buffers
    this.#end = end
    this.#windowStart = start
  }

  get end(): number {
    return this.#end
  }
  get heldBytes(): number {
    return this.#window.length
  }

  /** Gives bytes that were read together with those of other chunks, and are kept by whoever read them. */
  preload(bytes: Uint8Array, start: number): void {
    this.#window = bytes
    this.#windowStart = start
  }

  /** At most `byteLength` bytes from a place on, fewer at the end of the chunk only; undefined where they must be read first. */
  peek(position: number, byteLength: number): Uint8Array | undefined {
    const end = Math.min(position + byteLength, this.#end)
    const from = position - this.#windowStart
    if (from < 0 || end > this.#windowStart + this.#window.length) return undefined
    return this.#window.subarray(from, end - this.#windowStart)
  }

  /** Reads what {@link peek} did not have. What it gave before is no longer valid. */
  async fill(position: number, byteLength: number): Promise<Uint8Array> {
    if (position > this.#end) throw new ParquetFormatError('a page lies outside of its column')
    const wanted = Math.min(this.#end, position + Math.max(byteLength, WINDOW_BYTES)) - position
    const ahead = this.#ahead
    if (ahead !== undefined) {
      await ahead.done
      this.#ahead = undefined
      if (this.#continueWith(ahead, position, Math.min(byteLength, wanted))) {
        this.#readAhead()
        return this.peek(position, byteLength)!
      }
      this.#buffers.give(ahead.bytes)
    }
    const bytes = this.#buffers.take(wanted)
    try {
      await this.#reader.readWhole(bytes, position)
    } catch (error) {
      this.#buffers.give(bytes)
      throw error
    }
    this.#moveTo(bytes, bytes, position)
    this.#readAhead()
    return this.peek(position, byteLength)!
  }

  /** Waits for reads under way, so that the file can be closed. */
  async close(): Promise<void> {
    const ahead = this.#ahead
    this.#ahead = undefined
    await ahead?.done.catch(() => undefined)
    if (ahead !== undefined) this.#buffers.give(ahead.bytes)
    this.#moveTo(undefined, new Uint8Array(0), this.#end)
  }

  #moveTo(
    buffer: Uint8Array<ArrayBuffer> | undefined,
    window: Uint8Array,
    windowStart: number,
  ): void {
    if (this.#buffer !== undefined) this.#buffers.give(this.#buffer)
    this.#buffer = buffer
    this.#window = window
    this.#windowStart = windowStart
  }

  /** Goes on with what was read ahead, and what is held before it; false where that has not so many bytes from the place on. */
  #continueWith({ start, bytes }: ReadAhead, position: number, byteLength: number): boolean {
    if (position >= start) {
      const window = bytes.subarray(position - start)
      if (window.length < byteLength) return false
      this.#moveTo(bytes, window, position)
      return true
    }
    if (position < this.#windowStart) return false
    const rest = this.#window.subarray(position - this.#windowStart)
    if (rest.length + bytes.length < byteLength) return false
    const joined = this.#buffers.take(rest.length + bytes.length)
    joined.set(rest)
    joined.set(bytes, rest.length)
    this.#buffers.give(bytes)
    this.#moveTo(joined, joined, position)
    return true
  }

  #readAhead(): void {
    const start = this.#windowStart + this.#window.length
    if (start >= this.#end) return
    const bytes = this.#buffers.take(Math.min(WINDOW_BYTES, this.#end - start))
    const done = this.#reader.readWhole(bytes, start)
    // A failure reaches whoever asks for the bytes.
    done.catch(() => undefined)
    this.#ahead = { start, bytes, done }
  }
}

interface ReadAhead {
  readonly start: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly done: Promise<void>
}

/**
 * Reads small chunks that lie next to each other with one read.
 * @param inputs with the places where their chunks begin, in any order
 * @param takeBuffer is told each buffer before it is read into; it is to be given back once the inputs are closed
 */
export async function preloadTogether(
  reader: FileReader,
  buffers: ReadBuffers,
  inputs: readonly { readonly input: ChunkInput; readonly start: number }[],
  takeBuffer: (buffer: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  const small = inputs
    .filter(({ input, start }) => input.end - start <= WINDOW_BYTES)
    .sort((a, b) => a.start - b.start)
  const reads: Promise<void>[] = []
  let group: typeof small = []
  let groupEnd = 0
  const readGroup = (): void => {
    const [first] = group
    if (first === undefined) return
    const members = group
    const bytes = buffers.take(groupEnd - first.start)
    takeBuffer(bytes)
    reads.push(
      reader.readWhole(bytes, first.start).then(() => {
        for (const { input, start } of members) {
          const from = start - first.start
          input.preload(bytes.subarray(from, from + input.end - start), start)
        }
      }),
    )
  }
  for (const member of small) {
    const [first] = group
    if (
      first !== undefined &&
      (member.start - groupEnd > GAP_BYTES_MAX || member.input.end - first.start > WINDOW_BYTES)
    ) {
      readGroup()
      group = []
    }
    groupEnd = group.length === 0 ? member.input.end : Math.max(groupEnd, member.input.end)
    group.push(member)
  }
  readGroup()
  // All of them end before any buffer is given back.
  for (const read of await Promise.allSettled(reads)) {
    if (read.status === 'rejected') throw read.reason
  }
}
