import type { FileReader } from '../file-reader.js'
import { ParquetFormatError } from './format-error.js'

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
  readonly #end: number
  #window: Uint8Array = new Uint8Array(0)
  #windowStart: number
  #ahead: { readonly start: number; readonly bytes: Promise<Uint8Array> } | undefined

  /** @param end of the chunk in the file */
  constructor(reader: FileReader, start: number, end: number) {
    this.#reader = reader
    this.#end = end
    this.#windowStart = start
  }

  get end(): number {
    return this.#end
  }
  get heldBytes(): number {
    return this.#window.length
  }

  /** Gives bytes that were read together with those of other chunks. */
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

  /** Reads what {@link peek} did not have. */
  async fill(position: number, byteLength: number): Promise<Uint8Array> {
    if (position > this.#end) throw new ParquetFormatError('a page lies outside of its column')
    const wanted = Math.min(this.#end, position + Math.max(byteLength, WINDOW_BYTES)) - position
    const ahead = this.#ahead
    this.#ahead = undefined
    const next = await ahead?.bytes
    if (ahead !== undefined && next !== undefined) {
      const held = this.#joined(position, ahead.start, next)
      if (held !== undefined && held.length >= Math.min(byteLength, wanted)) {
        this.#window = held
        this.#windowStart = position
        this.#readAhead()
        return this.peek(position, byteLength)!
      }
    }
    this.#window = await this.#reader.read(position, wanted)
    this.#windowStart = position
    this.#readAhead()
    return this.peek(position, byteLength)!
  }

  /** Waits for reads under way, so that the file can be closed. */
  async close(): Promise<void> {
    await this.#ahead?.bytes.catch(() => undefined)
    this.#ahead = undefined
    this.#window = new Uint8Array(0)
  }

  /** What is held from a place on, with what was read ahead. */
  #joined(position: number, start: number, bytes: Uint8Array): Uint8Array | undefined {
    if (position >= start) return bytes.subarray(position - start)
    if (position < this.#windowStart) return undefined
    const rest = this.#window.subarray(position - this.#windowStart)
    const joined = new Uint8Array(rest.length + bytes.length)
    joined.set(rest)
    joined.set(bytes, rest.length)
    return joined
  }

  #readAhead(): void {
    const start = this.#windowStart + this.#window.length
    if (start >= this.#end) return
    const bytes = this.#reader.read(start, Math.min(WINDOW_BYTES, this.#end - start))
    // A failure reaches whoever asks for the bytes.
    bytes.catch(() => undefined)
    this.#ahead = { start, bytes }
  }
}

/**
 * Reads small chunks that lie next to each other with one read.
 * @param inputs with the places where their chunks begin, in any order
 */
export async function preloadTogether(
  reader: FileReader,
  inputs: readonly { readonly input: ChunkInput; readonly start: number }[],
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
    reads.push(
      reader.read(first.start, groupEnd - first.start).then((bytes) => {
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
  await Promise.all(reads)
}
