import { closeSync, openSync, readSync, rmSync, writevSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { sliceBlock } from '../../expressions/wasm/import.js'
import { flattenBlock, gatherBlock } from '../../operators/kernels/gather.js'
import {
  SPILL_INDEX_WORDS,
  SPILL_PAGE_ROWS,
  type SpilledPages,
  type SpillFile,
  type SpillReader,
} from '../../operators/spill/spill-space.js'
import { type Arena, type Block, MillraceError, type Page, type SqlType } from '../../spi/index.js'
import { readPageWords, writePageWords } from '../memory/page-words.js'
import type { ChunkArena } from '../memory/query-memory.js'
import type { SpillAccount } from './spill-account.js'

/**
 * Files of pages. A page is a head of two doubles (how many words, where they start), its buffers at multiples of 16,
 * and its words, whose addresses count from the head: read into memory in one piece, it is there without decoding.
 */

const ALIGNMENT = 16
const HEAD_BYTES = 16
const PADDING = new Uint8Array(ALIGNMENT)
/** Buffers of one call: IOV_MAX is 1,024 on Linux. */
const BUFFERS_MAX = 1000

const asBytes = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength)

/** What a failed file operation means to the query. @source Trino FileSingleStreamSpiller */
export function spillError(cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new MillraceError('OUT_OF_SPILL_SPACE', 'No free space available for spill', {
        cause,
        detail: code,
        hint: 'Free space under the spill path, or raise memoryLimitBytes',
      })
    : new MillraceError('GENERIC_INTERNAL_ERROR', 'Failed to spill pages', { cause, detail: code })
}

/** A file that one driver writes, made when the first page is. */
export class PageFile implements SpillFile {
  readonly #path: string
  readonly #makeFolder: () => void
  readonly #account: SpillAccount
  readonly #scratch: ChunkArena
  #index: number[] = []
  #descriptor: number | undefined
  #rowCount = 0
  #byteLength = 0
  #closed = false

  /** @param scratch for what has to be decoded before it is written; closed with the file */
  constructor(path: string, makeFolder: () => void, account: SpillAccount, scratch: ChunkArena) {
    this.#path = path
    this.#makeFolder = makeFolder
    this.#account = account
    this.#scratch = scratch
  }

  get rowCount(): number {
    return this.#rowCount
  }

  get byteLength(): number {
    return this.#byteLength
  }

  append(page: Page): void {
    for (let from = 0; from < page.rowCount; from += SPILL_PAGE_ROWS) {
      this.#scratch.reset()
      const rowCount = Math.min(SPILL_PAGE_ROWS, page.rowCount - from)
      const blocks = page.blocks.map((block) => written(block, from, rowCount, this.#scratch))
      const changes = page.changes?.subarray(from, from + rowCount)
      this.#appendPart({ rowCount, blocks, ...(changes === undefined ? {} : { changes }) })
    }
  }

  #appendPart(page: Page): void {
    const buffers: Uint8Array[] = [new Uint8Array(0)]
    let end = HEAD_BYTES
    const place = (buffer: ArrayBufferView): number => {
      const address = end
      buffers.push(asBytes(buffer))
      const rest = (ALIGNMENT - (buffer.byteLength % ALIGNMENT)) % ALIGNMENT
      if (rest > 0) buffers.push(PADDING.subarray(0, rest))
      end += buffer.byteLength + rest
      return address
    }
    const words = writePageWords(page, place)
    buffers[0] = asBytes(Float64Array.of(words.length, end))
    buffers.push(asBytes(words))
    const byteLength = end + words.byteLength
    let checksum = 0
    for (const buffer of buffers) checksum = crc32(buffer, checksum)
    const from = this.#byteLength
    this.#account.grow(from, from + byteLength)
    this.#byteLength = from + byteLength
    this.#write(buffers, byteLength)
    this.#index.push(from, byteLength, checksum)
    this.#rowCount += page.rowCount
  }

  #write(buffers: readonly Uint8Array[], byteLength: number): void {
    try {
      if (this.#descriptor === undefined) {
        this.#makeFolder()
        this.#descriptor = openSync(this.#path, 'w', 0o600)
      }
      let writtenBytes = 0
      for (let i = 0; i < buffers.length; i += BUFFERS_MAX) {
        const part = buffers.slice(i, i + BUFFERS_MAX)
        const expected = part.reduce((sum, buffer) => sum + buffer.byteLength, 0)
        const count = writevSync(this.#descriptor, part)
        // A disk that runs full takes a part first.
        if (count < expected) throw Object.assign(new Error('short write'), { code: 'ENOSPC' })
        writtenBytes += count
      }
      if (writtenBytes !== byteLength) throw new Error('internal error: page of another length')
    } catch (error) {
      throw spillError(error)
    }
  }

  seal(): SpilledPages {
    this.#closeDescriptor()
    this.#scratch.close()
    const index = Float64Array.from(this.#index)
    this.#index = []
    return { path: this.#path, index, rowCount: this.#rowCount, byteLength: this.#byteLength }
  }

  #closeDescriptor(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#closeDescriptor()
    this.#scratch.close()
    if (this.#byteLength > 0) deletePages(this.#path, this.#byteLength, this.#account)
    this.#byteLength = 0
  }
}

export function deletePages(path: string, byteLength: number, account: SpillAccount): void {
  rmSync(path, { force: true })
  account.release(byteLength)
}

/** A dictionary longer than its block would be written with every page: it is decoded. */
function written(block: Block, from: number, rowCount: number, arena: Arena): Block {
  const part = rowCount === block.rowCount ? block : rangeOf(block, from, rowCount, arena)
  if (part.encoding !== 'dictionary') return compacted(part, arena)
  if (part.dictionary.rowCount * 2 > rowCount) return compacted(flattenBlock(part, arena), arena)
  const { dictionaryId: _, ...unnamed } = part
  return unnamed
}

/** Of nested values the elements are gathered: a slice would have all of them. */
function rangeOf(block: Block, from: number, rowCount: number, arena: Arena): Block {
  const isNested =
    block.encoding === 'flat' &&
    (block.storage === 'array' || block.storage === 'map' || block.storage === 'row')
  if (!isNested) return sliceBlock(block, from, rowCount, arena)
  const positions = allocateInt32(arena, rowCount)
  for (let i = 0; i < rowCount; i++) positions[i] = from + i
  return gatherBlock(block, positions, rowCount, arena)
}

/** Strings of a slice share the bytes of the whole: only their own are written. */
function compacted(block: Block, arena: Arena): Block {
  if (block.encoding !== 'flat' || block.storage !== 'bytes') return block
  const { offsets, bytes, rowCount } = block
  const start = offsets[0]!
  const end = offsets[rowCount]!
  if (start === 0) return end === bytes.length ? block : { ...block, bytes: bytes.subarray(0, end) }
  const target = arena.allocate((rowCount + 1) * 4)
  const moved = new Int32Array(target.buffer, target.byteOffset, rowCount + 1)
  for (let i = 0; i <= rowCount; i++) moved[i] = offsets[i]! - start
  return { ...block, offsets: moved, bytes: bytes.subarray(start, end) }
}

/** Reads pages of a file that has been sealed, in any thread. */
export class PageFileReader implements SpillReader {
  readonly #descriptor: number
  readonly #index: Float64Array
  readonly #types: readonly SqlType[]

  constructor(pages: SpilledPages, types: readonly SqlType[]) {
    this.#index = pages.index
    this.#types = types
    this.#descriptor = openForReading(pages.path)
  }

  get pageCount(): number {
    return this.#index.length / SPILL_INDEX_WORDS
  }

  read(index: number, arena: Arena): Page {
    return readPageAt(this.#descriptor, this.#index, index * SPILL_INDEX_WORDS, this.#types, arena)
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw new MillraceError('GENERIC_INTERNAL_ERROR', 'Spilled pages are gone', { cause })
  }
}

function readPageAt(
  descriptor: number,
  index: Float64Array,
  at: number,
  types: readonly SqlType[],
  arena: Arena,
): Page {
  const byteLength = index[at + 1]!
  const target = arena.allocate(byteLength)
  let done = 0
  while (done < byteLength) {
    const count = readSync(descriptor, target, done, byteLength - done, index[at]! + done)
    if (count === 0) break
    done += count
  }
  if (done !== byteLength || crc32(target) !== index[at + 2]) {
    throw new MillraceError('GENERIC_INTERNAL_ERROR', 'Spilled pages are damaged on disk', {
      detail: `${byteLength} bytes at ${index[at]!}`,
      hint: 'Check the disk of the spill path',
    })
  }
  const [wordCount, wordsAt] = new Float64Array(target.buffer, target.byteOffset, 2)
  const words = new Float64Array(target.buffer, target.byteOffset + wordsAt!, wordCount)
  const channels = types.map((_, channel) => channel)
  return readPageWords(words, target.buffer, channels, types, target.byteOffset)
}
