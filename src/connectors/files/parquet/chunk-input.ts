import type { FileReader } from '../file-reader.js'
import { ParquetFormatError } from './format-error.js'
import type { ReadBuffers } from './read-buffers.js'

/** Read at once, and once more ahead of the reader. */
const WINDOW_BYTES = 4 << 20
/** Gaps up to this are read with what is around them. */
const GAP_BYTES_MAX = 64 << 10

/** Bytes of a file: `start` to before `end`. */
export interface ByteRun {
  readonly start: number
  readonly end: number
}

/** Appends a run behind the others, as part of the last where the gap is not worth another read. */
export function appendRun(runs: ByteRun[], { start, end }: ByteRun): void {
  const last = runs.at(-1)
  if (last !== undefined && start - last.end <= GAP_BYTES_MAX) {
    runs[runs.length - 1] = { start: last.start, end }
  } else runs.push({ start, end })
}

/**
 * The bytes of one column chunk that are wanted, in order: small chunks are read whole, large ones by windows of which at most one is read ahead,
 * so that a chunk takes no more than two windows and its largest page.
 */
export class ChunkInput {
  readonly #reader: FileReader
  readonly #buffers: ReadBuffers
  readonly #runs: readonly ByteRun[]
  readonly #end: number
  #run = 0
  #window: Uint8Array = new Uint8Array(0)
  #windowStart: number
  /** What the window lies in, to be given back; undefined where other chunks share it. */
  #buffer: Uint8Array<ArrayBuffer> | undefined
  #ahead: ReadAhead | undefined
  /** Runs that were read together with those of other chunks. */
  readonly #preloaded: { readonly bytes: Uint8Array; readonly start: number }[] = []

  /** @param runs of the chunk that are wanted, one at least; they ascend and lie apart */
  constructor(reader: FileReader, buffers: ReadBuffers, runs: readonly ByteRun[]) {
    this.#reader = reader
    this.#buffers = buffers
    this.#runs = runs
    this.#end = runs.at(-1)!.end
    this.#windowStart = runs[0]!.start
  }

  get runs(): readonly ByteRun[] {
    return this.#runs
  }

  get end(): number {
    return this.#end
  }
  get heldBytes(): number {
    return this.#preloaded.reduce((sum, { bytes }) => sum + bytes.length, this.#window.length)
  }

  /** Gives the bytes of a run that were read together with those of other chunks, and are kept by whoever read them. */
  preload(bytes: Uint8Array, start: number): void {
    this.#preloaded.push({ bytes, start })
  }

  /**
   * At most `byteLength` bytes from a place on, fewer at the end of a run only; undefined where they must be read first. Places
   * never go back to an earlier run.
   */
  peek(position: number, byteLength: number): Uint8Array | undefined {
    const end = Math.min(position + byteLength, this.#runOf(position).end)
    const preloaded = this.#preloaded.find(
      ({ bytes, start }) => position >= start && end <= start + bytes.length,
    )
    if (preloaded !== undefined) {
      return preloaded.bytes.subarray(position - preloaded.start, end - preloaded.start)
    }
    const from = position - this.#windowStart
    if (from < 0 || end > this.#windowStart + this.#window.length) return undefined
    return this.#window.subarray(from, end - this.#windowStart)
  }

  /** @throws ParquetFormatError where the place is in none */
  #runOf(position: number): ByteRun {
    while (this.#run < this.#runs.length - 1 && position >= this.#runs[this.#run + 1]!.start) {
      this.#run++
    }
    const run = this.#runs[this.#run]!
    if (position < run.start || position > run.end) {
      throw new ParquetFormatError('a page lies outside of its column')
    }
    return run
  }

  /** Reads what {@link peek} did not have. What it gave before is no longer valid. */
  async fill(position: number, byteLength: number): Promise<Uint8Array> {
    const { end } = this.#runOf(position)
    const wanted = Math.min(end, position + Math.max(byteLength, WINDOW_BYTES)) - position
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
    this.#preloaded.length = 0
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
    const windowEnd = this.#windowStart + this.#window.length
    const run = this.#runs.find(({ end }) => end > windowEnd)
    if (run === undefined) return
    const start = Math.max(windowEnd, run.start)
    const bytes = this.#buffers.take(Math.min(WINDOW_BYTES, run.end - start))
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
 * @param inputs in any order
 * @param takeBuffer is told each buffer before it is read into; it is to be given back once the inputs are closed
 */
export async function preloadTogether(
  reader: FileReader,
  buffers: ReadBuffers,
  inputs: readonly ChunkInput[],
  takeBuffer: (buffer: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  const small = inputs
    .filter(
      ({ runs }) => runs.reduce((sum, { start, end }) => sum + end - start, 0) <= WINDOW_BYTES,
    )
    .flatMap((input) => input.runs.map(({ start, end }) => ({ input, start, end })))
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
        for (const { input, start, end } of members) {
          input.preload(bytes.subarray(start - first.start, end - first.start), start)
        }
      }),
    )
  }
  for (const member of small) {
    const [first] = group
    if (
      first !== undefined &&
      (member.start - groupEnd > GAP_BYTES_MAX || member.end - first.start > WINDOW_BYTES)
    ) {
      readGroup()
      group = []
    }
    groupEnd = group.length === 0 ? member.end : Math.max(groupEnd, member.end)
    group.push(member)
  }
  readGroup()
  // All of them end before any buffer is given back.
  for (const read of await Promise.allSettled(reads)) {
    if (read.status === 'rejected') throw read.reason
  }
}
