import type { Awaitable } from '../../../spi/index.js'
import type { FileReader } from '../file-reader.js'
import { ParquetFormatError } from './format-error.js'
import type { KernelBuffer, KernelMemory } from './kernels/kernel-memory.js'
import type { ReadBuffers } from './read-buffers.js'

/** Read at once, and once more ahead of the reader. */
const WINDOW_BYTES = 4 << 20
/** From the system's cache chunks up to this are read whole: longer ones page by page, so that a page is in the processor's cache when it is unpacked. */
const AT_ONCE_BYTES = 512 << 10
/** Read with a page: the header of the next one. */
const NEXT_HEADER_BYTES = 4096
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
 * The bytes of one column chunk that are wanted, in order. What the system's cache has is read when it is asked for, to where kernels unpack it.
 * From disks small chunks are read whole, large ones by windows of which at most one is read ahead, so that a chunk takes no more than two windows
 * and its largest page.
 */
export class ChunkInput {
  readonly #reader: FileReader
  readonly #memory: KernelMemory
  readonly #buffers: ReadBuffers
  readonly #runs: readonly ByteRun[]
  readonly #end: number
  #run = 0
  #window: Uint8Array = NOTHING
  #windowStart: number
  /** The window where it lies in kernel memory. */
  #kernelWindow: KernelBuffer | undefined
  /** What the window lies in, to be given back. */
  #buffer: Uint8Array<ArrayBuffer> | undefined
  #ahead: ReadAhead | undefined
  /** Runs that were read together with those of other chunks. */
  readonly #preloaded: { readonly bytes: Uint8Array; readonly start: number }[] = []

  /** @param runs of the chunk that are wanted, one at least; they ascend and lie apart */
  constructor(
    reader: FileReader,
    memory: KernelMemory,
    buffers: ReadBuffers,
    runs: readonly ByteRun[],
  ) {
    this.#reader = reader
    this.#memory = memory
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
    return this.#preloaded.reduce((sum, { bytes }) => sum + bytes.length, this.#windowLength)
  }
  get #windowLength(): number {
    return this.#kernelWindow?.byteLength ?? this.#window.length
  }

  /** Gives the bytes of a run that were read together with those of other chunks, and are kept by whoever read them. */
  preload(bytes: Uint8Array, start: number): void {
    this.#preloaded.push({ bytes, start })
  }

  /**
   * At most `byteLength` bytes from a place on, fewer at the end of a run only; undefined where they must be read first. Places
   * never go back to an earlier run. What it gives is valid until kernel memory is allocated.
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
    if (from < 0 || end > this.#windowStart + this.#windowLength) return undefined
    const kernelWindow = this.#kernelWindow
    return kernelWindow === undefined
      ? this.#window.subarray(from, end - this.#windowStart)
      : this.#memory.bytes(kernelWindow.address + from, end - position)
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

  /** Reads what {@link peek} did not have, at once if the system's cache answers. What that gave before is no longer valid. */
  fill(position: number, byteLength: number): Awaitable<void> {
    const { end } = this.#runOf(position)
    if (this.#ahead !== undefined || !this.#reader.answersAtOnce) {
      return this.#fillWindow(position, byteLength)
    }
    const rest = end - position
    const wanted = rest > AT_ONCE_BYTES ? Math.min(rest, byteLength + NEXT_HEADER_BYTES) : rest
    // What was there is given back first, and most likely taken again.
    this.#moveTo(NOTHING, position)
    this.#kernelWindow = this.#memory.allocate(wanted)
    const bytes = this.#memory.bytes(this.#kernelWindow.address, wanted)
    if (this.#reader.readNow(bytes, position)) return
    this.#moveTo(NOTHING, position)
    return this.#fillWindow(position, byteLength)
  }

  async #fillWindow(position: number, byteLength: number): Promise<void> {
    const { end } = this.#runOf(position)
    const wanted = Math.min(end, position + Math.max(byteLength, WINDOW_BYTES)) - position
    const ahead = this.#ahead
    if (ahead !== undefined) {
      await ahead.done
      this.#ahead = undefined
      if (this.#continueWith(ahead, position, Math.min(byteLength, wanted))) {
        this.#readAhead()
        return
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
    this.#moveTo(bytes, position, bytes)
    this.#readAhead()
  }

  /** Waits for reads under way, so that the file can be closed. */
  async close(): Promise<void> {
    const ahead = this.#ahead
    this.#ahead = undefined
    await ahead?.done.catch(() => undefined)
    if (ahead !== undefined) this.#buffers.give(ahead.bytes)
    this.#preloaded.length = 0
    this.#moveTo(NOTHING, this.#end)
  }

  #moveTo(window: Uint8Array, windowStart: number, buffer?: Uint8Array<ArrayBuffer>): void {
    if (this.#buffer !== undefined) this.#buffers.give(this.#buffer)
    if (this.#kernelWindow !== undefined) this.#memory.free(this.#kernelWindow)
    this.#kernelWindow = undefined
    this.#buffer = buffer
    this.#window = window
    this.#windowStart = windowStart
  }

  /** Goes on with what was read ahead, and what is held before it; false where that has not so many bytes from the place on. */
  #continueWith({ start, bytes }: ReadAhead, position: number, byteLength: number): boolean {
    if (position >= start) {
      const window = bytes.subarray(position - start)
      if (window.length < byteLength) return false
      this.#moveTo(window, position, bytes)
      return true
    }
    if (position < this.#windowStart) return false
    const rest = this.#window.subarray(position - this.#windowStart)
    if (rest.length + bytes.length < byteLength) return false
    const joined = this.#buffers.take(rest.length + bytes.length)
    joined.set(rest)
    joined.set(bytes, rest.length)
    this.#buffers.give(bytes)
    this.#moveTo(joined, position, joined)
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

const NOTHING = new Uint8Array(0)

interface ReadAhead {
  readonly start: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly done: Promise<void>
}

/**
 * Reads small chunks that lie next to each other with one read, where the system's cache doesn't answer by itself.
 * @param inputs in any order
 * @param takeBuffer is told each buffer before it is read into; it is to be given back once the inputs are closed
 */
export async function preloadTogether(
  reader: FileReader,
  buffers: ReadBuffers,
  inputs: readonly ChunkInput[],
  takeBuffer: (buffer: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  if (reader.answersAtOnce) return
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
