import type { FlatBlock } from '../../../../spi/index.js'
import type { KernelMemory } from '../kernels/kernel-memory.js'
import { type ByteRange, CODECS, ENCODINGS, type Encoding, PHYSICAL_TYPES } from '../metadata.js'
import { levelWidth } from '../page-cursor.js'
import { BloomWriter } from './bloom-writer.js'
import { compress, type OutputCodec } from './compress.js'
import { type OutputDictionary, stringDictionary, wordDictionary } from './dictionary.js'
import { writeHybrid } from './hybrid-writer.js'
import { type Positions, StringValues, WordValues } from './leaf-values.js'
import type { OutputLeaf } from './output-schema.js'
import type { WrittenPage } from './page-index-writer.js'
import { ValueBounds } from './statistics.js'
import { ThriftWriter } from './thrift-writer.js'

/** A page is ended at so many entries, or when its values take so many bytes. */
const PAGE_ENTRIES_MAX = 65_536
const PAGE_BYTES_MAX = 4 << 20

type Values = WordValues | StringValues

/** What is known of a chunk once it is written. */
export interface WrittenChunk {
  readonly leaf: OutputLeaf
  readonly pages: readonly Uint8Array[]
  /** What is known of each but the dictionary. */
  readonly pageIndex: readonly WrittenPage[]
  readonly bloomFilter: Uint8Array | undefined
  /** Bytes of the dictionary page with its header; 0 where there is none. */
  readonly dictionaryBytes: number
  readonly compressedBytes: number
  /** With headers. */
  readonly uncompressedBytes: number
  readonly valueCount: number
  readonly nullCount: number
  /** Where all values are in the dictionary. */
  readonly distinctCount: number | undefined
  readonly encodings: readonly Encoding[]
  readonly bounds: ReturnType<ValueBounds['bounds']>
  readonly codec: OutputCodec
}

/** Writes the chunks of one primitive column: pages as soon as they are full, compressed, held until the row group ends. */
export class LeafWriter {
  readonly #memory: KernelMemory
  readonly #leaf: OutputLeaf
  readonly #codec: OutputCodec
  readonly #values: Values
  #dictionary: OutputDictionary<WordValues> | OutputDictionary<StringValues> | undefined
  readonly #bloom: BloomWriter | undefined
  #bounds: ValueBounds
  #pageIndex: WrittenPage[] = []
  /** Rows of the row group, and those before the page being filled. */
  #rowCount = 0
  #firstRow = 0
  #pageNulls = 0
  /** Of the page being filled; definitions are all the highest where there are none. */
  #definitions = new Int32Array(1024)
  #repetitions = new Int32Array(1024)
  #entryCount = 0
  #pages: Uint8Array[] = []
  #pageBytes = 0
  #uncompressedBytes = 0
  #valueCount = 0
  #nullCount = 0
  #encodings = new Set<Encoding>()

  constructor(memory: KernelMemory, leaf: OutputLeaf, codec: OutputCodec, hasBloomFilter: boolean) {
    this.#bloom = hasBloomFilter ? new BloomWriter() : undefined
    this.#memory = memory
    this.#leaf = leaf
    this.#codec = codec
    this.#values = leaf.physical === 'BYTE_ARRAY' ? new StringValues(leaf) : new WordValues(leaf)
    this.#bounds = new ValueBounds(leaf)
    this.#dictionary = this.#newDictionary()
  }

  get heldBytes(): number {
    return this.#pageBytes + this.#values.byteLength + (this.#bloom?.byteLength ?? 0)
  }

  /**
   * Takes entries, at most a page's worth at a time.
   * @param positions of the values in `flat`, as many as there are entries at the highest definition level
   * @param definitions Int32Array[entryCount]; undefined: all the highest
   * @param repetitions Int32Array[entryCount]; undefined: all 0
   */
  append(
    entryCount: number,
    flat: FlatBlock,
    positions: Positions,
    valueCount: number,
    definitions: Int32Array | undefined,
    repetitions: Int32Array | undefined,
  ): void {
    this.#reserve(entryCount)
    const { maxDefinition } = this.#leaf
    const from = this.#entryCount
    if (definitions === undefined) this.#definitions.fill(maxDefinition, from, from + entryCount)
    else this.#definitions.set(definitions.subarray(0, entryCount), from)
    if (repetitions === undefined) this.#repetitions.fill(0, from, from + entryCount)
    else this.#repetitions.set(repetitions.subarray(0, entryCount), from)
    this.#entryCount += entryCount
    this.#pageNulls += entryCount - valueCount
    if (valueCount > 0) this.#values.append(flat, positions, valueCount)
  }

  /** Ends the page where it is full. @param rowCount of the rows that came since the last call */
  endRows(rowCount: number): void {
    this.#rowCount += rowCount
    if (this.#entryCount >= PAGE_ENTRIES_MAX || this.#values.byteLength >= PAGE_BYTES_MAX) {
      this.#endPage()
    }
  }

  /** The chunk of all that came since the last one. */
  finish(): WrittenChunk {
    if (this.#entryCount > 0) this.#endPage()
    const dictionary = this.#encodings.has('RLE_DICTIONARY') ? this.#dictionaryPage() : undefined
    if (this.#heldEntries !== undefined) this.#bloom?.add(this.#heldEntries, this.#heldCount)
    const chunk: WrittenChunk = {
      leaf: this.#leaf,
      pages: dictionary === undefined ? this.#pages : [dictionary, ...this.#pages],
      pageIndex: this.#pageIndex,
      bloomFilter: this.#bloom?.finish(),
      dictionaryBytes: dictionary?.length ?? 0,
      compressedBytes: this.#pageBytes,
      uncompressedBytes: this.#uncompressedBytes,
      valueCount: this.#valueCount,
      nullCount: this.#nullCount,
      distinctCount:
        dictionary !== undefined && !this.#encodings.has('PLAIN') ? this.#heldCount : undefined,
      encodings: [...this.#encodings, 'RLE'],
      bounds: this.#bounds.bounds(),
      codec: this.#codec,
    }
    this.#pages = []
    this.#pageIndex = []
    this.#rowCount = 0
    this.#firstRow = 0
    this.#pageBytes = 0
    this.#uncompressedBytes = 0
    this.#valueCount = 0
    this.#nullCount = 0
    this.#encodings = new Set()
    this.#bounds = new ValueBounds(this.#leaf)
    this.#dictionary = this.#newDictionary()
    this.#heldEntries = undefined
    return chunk
  }

  #heldEntries: Values | undefined

  #newDictionary(): OutputDictionary<WordValues> | OutputDictionary<StringValues> | undefined {
    const { physical } = this.#leaf
    if (physical === 'BOOLEAN') return undefined
    return physical === 'BYTE_ARRAY'
      ? stringDictionary(new StringValues(this.#leaf))
      : wordDictionary(new WordValues(this.#leaf))
  }

  #endPage(): void {
    const values = this.#values
    const codes = this.#encode(values)
    const bounds = new ValueBounds(this.#leaf)
    if (codes === undefined) {
      bounds.add(values)
      this.#bloom?.add(values, values.count)
    } else bounds.add(this.#entriesOf(codes))
    this.#bounds.addBounds(bounds)
    const encoding: Encoding = codes === undefined ? 'PLAIN' : 'RLE_DICTIONARY'
    const body = joinBytes([
      ...this.#levels(this.#leaf.maxRepetition, this.#repetitions),
      ...this.#levels(this.#leaf.maxDefinition, this.#definitions),
      ...(codes === undefined ? this.#plain(values) : this.#encoded(codes)),
    ])
    const entryCount = this.#entryCount
    this.#addPage(body, (writer) => {
      writer.integer(1, 0)
      return () =>
        writer.struct(5, () => {
          writer.integer(1, entryCount)
          writer.integer(2, ENCODINGS.indexOf(encoding))
          writer.integer(3, ENCODINGS.indexOf('RLE'))
          writer.integer(4, ENCODINGS.indexOf('RLE'))
        })
    })
    this.#encodings.add(encoding)
    this.#pageIndex.push({
      byteLength: this.#pages.at(-1)!.length,
      firstRow: this.#firstRow,
      valueCount: entryCount,
      nullCount: this.#pageNulls,
      bounds: bounds.bounds(),
    })
    this.#firstRow = this.#rowCount
    this.#valueCount += entryCount
    this.#nullCount += this.#pageNulls
    this.#pageNulls = 0
    this.#entryCount = 0
    values.clear()
  }

  /** Codes, or undefined where values are written as they are. */
  #encode(values: Values): Int32Array | undefined {
    const dictionary = this.#dictionary
    if (dictionary === undefined) return undefined
    const codes =
      values instanceof StringValues
        ? (dictionary as OutputDictionary<StringValues>).encode(values)
        : (dictionary as OutputDictionary<WordValues>).encode(values)
    if (codes === undefined) {
      // Pages before keep their codes.
      this.#dictionary = undefined
      return undefined
    }
    this.#heldEntries = dictionary.entries
    this.#heldCount = dictionary.entries.count
    return codes
  }

  /** Codes with their width. */
  #encoded(codes: Int32Array): readonly Uint8Array[] {
    // Without a value that is no NULL there are neither entries nor codes.
    const width = Math.max(1, levelWidth(Math.max(0, this.#heldCount - 1)))
    return [Uint8Array.of(width), writeHybrid(codes, width)]
  }

  /** The entries that a page refers to. */
  #entriesOf(codes: Int32Array): Values {
    const entries = this.#heldEntries!
    const isUsed = new Uint8Array(this.#heldCount)
    let count = 0
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!
      count += 1 - isUsed[code]!
      isUsed[code] = 1
    }
    if (count === entries.count) return entries
    if (entries instanceof StringValues) {
      const used = new StringValues(this.#leaf)
      for (let code = 0; code < isUsed.length; code++)
        if (isUsed[code]) used.appendOne(entries, code)
      return used
    }
    const used = new WordValues(this.#leaf)
    for (let code = 0; code < isUsed.length; code++) {
      if (isUsed[code]) used.appendWords(entries.words, code)
    }
    return used
  }

  /** Entries that pages refer to: those of a page that gave up come after them. */
  #heldCount = 0

  #dictionaryPage(): Uint8Array {
    const entries = this.#heldEntries!
    const count = this.#heldCount
    const body = joinBytes(this.#plain(entries, count))
    const page = this.#page(body, (writer) => {
      writer.integer(1, 2)
      return () =>
        writer.struct(7, () => {
          writer.integer(1, count)
          writer.integer(2, ENCODINGS.indexOf('PLAIN'))
        })
    })
    return page
  }

  #levels(maximum: number, levels: Int32Array): readonly Uint8Array[] {
    if (maximum === 0) return []
    const encoded = writeHybrid(levels.subarray(0, this.#entryCount), levelWidth(maximum))
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, encoded.length, true)
    return [length, encoded]
  }

  #plain(values: Values, count = values.count): readonly Uint8Array[] {
    if (values instanceof StringValues) return [plainStrings(values, count)]
    if (this.#leaf.physical === 'BOOLEAN') {
      const bits = new Uint8Array((count + 7) >> 3)
      for (let i = 0; i < count; i++) bits[i >> 3]! |= values.words[i]! << (i & 7)
      return [bits]
    }
    return [new Uint8Array(values.words.buffer, 0, count * values.wordCount * 4)]
  }

  #addPage(body: Uint8Array, header: PageHeaderWriter): void {
    this.#pages.push(this.#page(body, header))
  }

  #page(body: Uint8Array, header: PageHeaderWriter): Uint8Array {
    const compressed = compress(this.#memory, this.#codec, body)
    const writer = new ThriftWriter()
    writer.content(() => {
      const rest = header(writer)
      writer.integer(2, body.length)
      writer.integer(3, compressed.length)
      rest()
    })
    const head = writer.bytes()
    const page = joinBytes([head, compressed])
    this.#pageBytes += page.length
    this.#uncompressedBytes += head.length + body.length
    return page
  }

  #reserve(count: number): void {
    const needed = this.#entryCount + count
    if (needed <= this.#definitions.length) return
    const length = Math.max(needed, this.#definitions.length * 2)
    const definitions = new Int32Array(length)
    definitions.set(this.#definitions)
    this.#definitions = definitions
    const repetitions = new Int32Array(length)
    repetitions.set(this.#repetitions)
    this.#repetitions = repetitions
  }
}

/** Writes the kind; gives what comes after the sizes. */
type PageHeaderWriter = (writer: ThriftWriter) => () => void

function plainStrings({ bytes, offsets }: StringValues, count: number): Uint8Array {
  const out = new Uint8Array(offsets[count]! + count * 4)
  const view = new DataView(out.buffer)
  let to = 0
  for (let i = 0; i < count; i++) {
    const start = offsets[i]!
    const end = offsets[i + 1]!
    view.setInt32(to, end - start, true)
    to += 4
    if (end - start < 32) for (let at = start; at < end; at++) out[to++] = bytes[at]!
    else {
      out.set(bytes.subarray(start, end), to)
      to += end - start
    }
  }
  return out
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Where the parts of a chunk are in the file. */
export interface ChunkPlace {
  /** Of its first page. */
  readonly offset: number
  readonly bloomFilter?: ByteRange
  readonly columnIndex?: ByteRange
  readonly offsetIndex?: ByteRange
}

/** Writes a chunk's metadata. */
export function writeChunkMetadata(
  writer: ThriftWriter,
  chunk: WrittenChunk,
  { offset, bloomFilter, columnIndex, offsetIndex }: ChunkPlace,
): void {
  const { leaf, dictionaryBytes, bounds } = chunk
  writer.long(2, offset)
  writer.struct(3, () => {
    writer.integer(1, PHYSICAL_TYPES.indexOf(leaf.physical))
    writer.integers(
      2,
      chunk.encodings.map((encoding) => ENCODINGS.indexOf(encoding)),
    )
    writer.strings(3, leaf.path)
    writer.integer(4, CODECS.indexOf(chunk.codec))
    writer.long(5, chunk.valueCount)
    writer.long(6, chunk.uncompressedBytes)
    writer.long(7, chunk.compressedBytes)
    writer.long(9, offset + dictionaryBytes)
    if (dictionaryBytes > 0) writer.long(11, offset)
    writer.struct(12, () => {
      writer.long(3, chunk.nullCount)
      writer.long(4, chunk.distinctCount)
      writer.binary(5, bounds?.max)
      writer.binary(6, bounds?.min)
    })
    writer.long(14, bloomFilter?.offset)
    writer.integer(15, bloomFilter?.byteLength)
  })
  writer.long(4, offsetIndex?.offset)
  writer.integer(5, offsetIndex?.byteLength)
  writer.long(6, columnIndex?.offset)
  writer.integer(7, columnIndex?.byteLength)
}
