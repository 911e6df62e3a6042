import { crc32 } from 'node:zlib'
import type { ChunkInput } from './chunk-input.js'
import { checkRatio, decompress } from './decompress.js'
import { ParquetFormatError } from './format-error.js'
import type { KernelBuffer, KernelMemory } from './kernels/kernel-memory.js'
import type { ColumnChunk, Encoding } from './metadata.js'
import { type PageHeader, readPageHeader } from './page-header.js'
import type { PageLocation } from './page-index.js'

const HEADER_BYTES_GUESS = 4096
const HEADER_BYTES_MAX = 16 << 20
const PAGE_BYTES_MAX = 1 << 30
/** Of a hybrid's state, see value-kernels.ts. */
export const HYBRID_STATE_BYTES = 24

/** Where a page's parts lie in kernel memory once it is unpacked. */
export interface PageParts {
  readonly repetition: LevelPart | undefined
  readonly definition: LevelPart | undefined
  readonly values: number
  readonly end: number
}
export interface LevelPart {
  readonly from: number
  readonly end: number
  readonly encoding: Encoding
}

export interface DictionaryPage {
  readonly buffer: KernelBuffer
  readonly from: number
  readonly end: number
  readonly entryCount: number
}

/** Goes through the pages of a column chunk; a page is unpacked only when its values are asked for. */
export class PageCursor {
  readonly #memory: KernelMemory
  readonly #input: ChunkInput
  readonly #chunk: ColumnChunk
  readonly #maxDefinition: number
  readonly #maxRepetition: number
  /** Where the data pages lie, if some are to be passed without being read. */
  readonly #pages: readonly PageLocation[] | undefined
  /** Of {@link #pages}: the next one. */
  #nextIndex = 0
  #position: number
  #header: PageHeader | undefined
  /** Where the page's bytes begin in the file, behind its header. */
  #bytesStart = 0
  #buffer: KernelBuffer | undefined
  #valuesSeen = 0

  constructor(
    memory: KernelMemory,
    input: ChunkInput,
    chunk: ColumnChunk,
    levels: { readonly maxDefinition: number; readonly maxRepetition: number },
    pages?: readonly PageLocation[],
  ) {
    this.#memory = memory
    this.#input = input
    this.#chunk = chunk
    this.#maxDefinition = levels.maxDefinition
    this.#maxRepetition = levels.maxRepetition
    this.#pages = pages
    this.#position = chunkStart(chunk)
  }

  /** Of the page that the cursor stands at. */
  get header(): PageHeader {
    return this.#header!
  }
  /** Where the next page begins in the file. */
  get position(): number {
    return this.#position
  }

  /** Whether the page that the cursor stands at is the last one with values. */
  get isAtEnd(): boolean {
    return this.#valuesSeen === this.#chunk.valueCount
  }

  /** Passes the next pages that have none but the next `rowCount` rows, where it is told which those are; gives how many rows they have. */
  pass(rowCount: number): number {
    const before = this.#valuesSeen
    for (;;) {
      const page = this.#pages?.[this.#nextIndex]
      if (page === undefined || page.rows.to - before > rowCount) break
      this.#nextIndex++
      this.#valuesSeen = page.rows.to
    }
    return this.#valuesSeen - before
  }

  /** Goes to the next data page, without unpacking it; a dictionary page on the way goes to `takeDictionary`. */
  async next(takeDictionary: (page: DictionaryPage) => void): Promise<void> {
    for (;;) {
      const page = this.#nextLocation()
      if (page !== undefined) this.#position = page.offset
      await this.#nextPage()
      const { kind, valueCount } = this.header
      if (page !== undefined) {
        if (kind === 'dictionary' || valueCount !== page.rows.to - page.rows.from) {
          throw new ParquetFormatError('a page is another one than the page index says')
        }
        this.#nextIndex++
      }
      if (kind === 'dictionary') {
        takeDictionary(this.#unpackDictionary())
        continue
      }
      if (kind === 'index') continue
      this.#valuesSeen += valueCount
      if (this.#valuesSeen > this.#chunk.valueCount) {
        throw new ParquetFormatError('pages have more values than their column')
      }
      if (valueCount > 0) return
    }
  }

  /** Of the next data page, where it is told; what lies before the first, a dictionary, is read before. */
  #nextLocation(): PageLocation | undefined {
    const first = this.#pages?.[0]
    if (first === undefined || this.#position < first.offset) return undefined
    const page = this.#pages?.[this.#nextIndex]
    if (page === undefined) throw new ParquetFormatError('a column ends early')
    return page
  }

  /** The page's bytes as they are in the file, valid until kernel memory is allocated. */
  #checkedBytes(): Uint8Array {
    const { checksum, compressedBytes } = this.header
    const bytes = this.#input.peek(this.#bytesStart, compressedBytes)!
    if (checksum !== undefined && crc32(bytes) !== checksum >>> 0) {
      throw new ParquetFormatError('a page has another checksum than its header says')
    }
    return bytes
  }

  /** Unpacks the page. The parts are valid until the next page is. */
  unpack(): PageParts {
    const { header } = this
    const buffer = this.#reserve(header.uncompressedBytes)
    const bytes = this.#checkedBytes()
    const start = buffer.address
    const end = start + header.uncompressedBytes
    if (header.kind === 'data v2') return this.#unpackV2(bytes, start, end)
    decompress(this.#memory, this.#chunk, bytes, start, header.uncompressedBytes)
    let at = start
    const level = (maximum: number, encoding: Encoding): LevelPart | undefined => {
      if (maximum === 0) return undefined
      let byteLength: number
      if (encoding === 'BIT_PACKED') {
        byteLength = Math.ceil((header.valueCount * levelWidth(maximum)) / 8)
      } else {
        if (end - at < 4) throw new ParquetFormatError('levels of a page are cut off')
        byteLength = this.#memory.view().getUint32(at, true)
        at += 4
      }
      if (byteLength > end - at) throw new ParquetFormatError('levels of a page are cut off')
      at += byteLength
      return { from: at - byteLength, end: at, encoding }
    }
    const repetition = level(this.#maxRepetition, header.repetitionEncoding)
    const definition = level(this.#maxDefinition, header.definitionEncoding)
    return { repetition, definition, values: at, end }
  }

  close(): void {
    if (this.#buffer !== undefined) this.#memory.free(this.#buffer)
    this.#buffer = undefined
  }

  #unpackV2(bytes: Uint8Array, start: number, end: number): PageParts {
    const { header } = this
    const { repetitionBytes, definitionBytes } = header
    const levelBytes = repetitionBytes + definitionBytes
    if (levelBytes > header.uncompressedBytes) {
      throw new ParquetFormatError('levels of a page are longer than the page')
    }
    const codec = header.isCompressed ? this.#chunk.codec : 'UNCOMPRESSED'
    this.#memory.bytes(start, levelBytes).set(bytes.subarray(0, levelBytes))
    const values = start + levelBytes
    const valueBytes = bytes.subarray(levelBytes)
    // Writers leave out compressed bytes of nothing.
    if (end > values || valueBytes.length > 0) {
      const { type } = this.#chunk
      decompress(this.#memory, { codec, type }, valueBytes, values, end - values)
    }
    const middle = start + repetitionBytes
    return {
      repetition:
        this.#maxRepetition > 0 ? { from: start, end: middle, encoding: 'RLE' } : undefined,
      definition:
        this.#maxDefinition > 0 ? { from: middle, end: values, encoding: 'RLE' } : undefined,
      values,
      end,
    }
  }

  #unpackDictionary(): DictionaryPage {
    const { header } = this
    if (header.encoding !== 'PLAIN' && header.encoding !== 'PLAIN_DICTIONARY') {
      throw new ParquetFormatError(`a dictionary is encoded as ${header.encoding}`)
    }
    const buffer = this.#memory.allocate(header.uncompressedBytes)
    const { address } = buffer
    try {
      const bytes = this.#checkedBytes()
      decompress(this.#memory, this.#chunk, bytes, address, header.uncompressedBytes)
    } catch (error) {
      this.#memory.free(buffer)
      throw error
    }
    return {
      buffer,
      from: address,
      end: address + header.uncompressedBytes,
      entryCount: header.valueCount,
    }
  }

  async #nextPage(): Promise<void> {
    const header = await this.#readHeader()
    this.#header = header
    const from = this.#position + header.headerBytes
    const { compressedBytes, uncompressedBytes } = header
    if (compressedBytes > this.#input.end - from) {
      throw new ParquetFormatError('a page is longer than its column')
    }
    if (uncompressedBytes > PAGE_BYTES_MAX) {
      throw new ParquetFormatError(`a page of ${uncompressedBytes} bytes`)
    }
    checkRatio(this.#chunk.codec, compressedBytes, uncompressedBytes)
    if (this.#input.peek(from, compressedBytes) === undefined) {
      await this.#input.fill(from, compressedBytes)
    }
    this.#bytesStart = from
    this.#position = from + compressedBytes
  }

  async #readHeader(): Promise<PageHeader> {
    if (this.#position >= this.#input.end) throw new ParquetFormatError('a column ends early')
    for (let size = HEADER_BYTES_GUESS; ; size *= 16) {
      if (this.#input.peek(this.#position, size) === undefined) {
        await this.#input.fill(this.#position, size)
      }
      // After the wait: others of this thread may have allocated kernel memory meanwhile.
      const bytes = this.#input.peek(this.#position, size)!
      const isWhole = bytes.length < size || size >= HEADER_BYTES_MAX
      try {
        return readPageHeader(bytes, 0)
      } catch (error) {
        // Statistics make some headers long.
        if (isWhole) throw error
      }
    }
  }

  #reserve(byteLength: number): KernelBuffer {
    if (this.#buffer !== undefined && this.#buffer.byteLength >= byteLength) return this.#buffer
    if (this.#buffer !== undefined) this.#memory.free(this.#buffer)
    this.#buffer = undefined
    this.#buffer = this.#memory.allocate(byteLength)
    return this.#buffer
  }
}

/** Bits of a level. */
export const levelWidth = (maximum: number): number => 32 - Math.clz32(maximum)

/** Where a chunk's first page begins; writers have put nonsense into the offset of dictionaries that there are not. */
export function chunkStart(chunk: ColumnChunk): number {
  const { dictionaryPageOffset, dataPageOffset } = chunk
  return dictionaryPageOffset !== undefined &&
    dictionaryPageOffset > 0 &&
    dictionaryPageOffset < dataPageOffset
    ? dictionaryPageOffset
    : dataPageOffset
}
