import {
  type Block,
  type BytesBlock,
  createBlockBuilder,
  type DictionaryBlock,
  type FlatBlock,
  isNull,
  isValid,
  type SqlType,
  storageClass,
} from '../../spi/index.js'
import type { ColumnSummarizer } from './column-summary.js'
import { MAX_DICTIONARY_ENTRIES, StringDictionary } from './string-dictionary.js'

/** Collects a column's positions and gives them out as blocks of stored pages. */
export interface ColumnWriter {
  readonly byteLength: number
  append(block: Block, start: number, end: number): void
  /** The block of all that was appended since the last one. */
  build(): Block
  /** Tells the summary what only the writer knows. */
  finish(): void
}

/** The dictionary of a table's column, shared by all writes to it, until it proves to be of no use. */
export interface ColumnDictionary {
  readonly id: string
  readonly entries: StringDictionary
  /** Of rows whose values were looked up in it. */
  rowCount: number
  givenUp: boolean
}

export const columnDictionary = (id: string, type: SqlType): ColumnDictionary => ({
  id,
  entries: new StringDictionary(type),
  rowCount: 0,
  givenUp: false,
})

/** Whether values of a type are kept in a dictionary. */
export const hasDictionary = (type: SqlType): boolean =>
  type.kind === 'varchar' || type.kind === 'char' || type.kind === 'varbinary'

export function columnWriter(
  type: SqlType,
  dictionary: ColumnDictionary | undefined,
  summary: ColumnSummarizer,
): ColumnWriter {
  return dictionary === undefined || storageClass(type) !== 'bytes'
    ? new FlatWriter(type, summary)
    : new DictionaryWriter(type, dictionary, summary)
}

class FlatWriter implements ColumnWriter {
  readonly #builder
  readonly #summary: ColumnSummarizer

  constructor(type: SqlType, summary: ColumnSummarizer) {
    this.#builder = createBlockBuilder(type)
    this.#summary = summary
  }
  get byteLength(): number {
    return this.#builder.byteLength
  }
  append(block: Block, start: number, end: number): void {
    this.#builder.appendRange(block, start, end)
  }
  build(): Block {
    const block = this.#builder.build()
    this.#summary.add(block)
    return block
  }
  finish(): void {}
}

/**
 * Writes strings as codes of the column's dictionary while they repeat at least once on average, and as they are
 * from the first page on at whose end they do not.
 */
class DictionaryWriter implements ColumnWriter {
  readonly #type: SqlType
  readonly #dictionary: ColumnDictionary
  readonly #summary: ColumnSummarizer
  readonly #flat
  /** Codes of the page being filled; -1 for null. */
  #codes = new Int32Array(1024)
  #codeCount = 0
  #hasNulls = false
  /** Codes of the entries of the dictionary that came in last. */
  #remapped: { readonly source: FlatBlock; readonly codes: Int32Array } | undefined
  /** Entries below are in the summary's sketch. */
  #sketched = 0
  #onlyDictionary = true

  constructor(type: SqlType, dictionary: ColumnDictionary, summary: ColumnSummarizer) {
    this.#type = type
    this.#dictionary = dictionary
    this.#summary = summary
    this.#flat = createBlockBuilder(type)
  }

  get byteLength(): number {
    return this.#codeCount * 4 + this.#flat.byteLength
  }

  append(block: Block, start: number, end: number): void {
    if (this.#flat.rowCount > 0 || (this.#dictionary.givenUp && this.#codeCount === 0)) {
      this.#flat.appendRange(block, start, end)
      return
    }
    this.#reserve(this.#codeCount + end - start)
    // Entries of rows that are not in a page yet have come with these rows, of this writer or of another.
    this.#dictionary.rowCount += end - start
    switch (block.encoding) {
      case 'flat':
        for (let i = start; i < end; i++) {
          this.#push(isNull(block, i) ? -1 : this.#codeOf(block as BytesBlock, i))
        }
        return
      case 'constant': {
        const code = isNull(block, 0) ? -1 : this.#codeOf(block.value as BytesBlock, 0)
        for (let i = start; i < end; i++) this.#push(code)
        return
      }
      case 'dictionary':
        this.#appendDictionary(block, start, end)
        return
    }
  }

  build(): Block {
    const block = this.#flat.rowCount > 0 ? this.#flat.build() : this.#buildCodes()
    this.#summary.add(block)
    return block
  }

  finish(): void {
    this.#sketchEntries()
    this.#summary.setDictionarySize(
      this.#onlyDictionary ? this.#dictionary.entries.size : undefined,
    )
  }

  #appendDictionary(block: DictionaryBlock, start: number, end: number): void {
    const source = block.dictionary
    if (this.#remapped?.source !== source) {
      this.#remapped = { source, codes: new Int32Array(source.rowCount).fill(-2) }
    }
    const { codes } = this.#remapped
    if (block.validity === null && this.#pushKnown(block.codes, codes, start, end)) return
    for (let i = start; i < end; i++) {
      const entry = block.codes[i]!
      if (!isValid(block.validity, i)) {
        this.#push(-1)
        continue
      }
      let code = codes[entry]!
      if (code === -2) {
        code = isNull(source, entry) ? -1 : this.#codeOf(source as BytesBlock, entry)
        codes[entry] = code
      }
      this.#push(code)
    }
  }

  /** Pushes the codes of entries that all came before; false, and nothing pushed, where one did not or is null. */
  #pushKnown(
    entries: DictionaryBlock['codes'],
    codes: Int32Array,
    start: number,
    end: number,
  ): boolean {
    const target = this.#codes
    let next = this.#codeCount
    let least = 0
    for (let i = start; i < end; i++) {
      const code = codes[entries[i]!]!
      least |= code
      target[next++] = code
    }
    // The sign bit is that of any negative one.
    if (least < 0) return false
    this.#codeCount = next
    return true
  }

  #codeOf(block: BytesBlock, position: number): number {
    return this.#dictionary.entries.add(
      block.bytes,
      block.offsets[position]!,
      block.offsets[position + 1]!,
    )
  }

  #push(code: number): void {
    if (code < 0) this.#hasNulls = true
    this.#codes[this.#codeCount++] = code
  }

  #reserve(count: number): void {
    if (count <= this.#codes.length) return
    const grown = new Int32Array(Math.max(count, this.#codes.length * 2))
    grown.set(this.#codes)
    this.#codes = grown
  }

  #buildCodes(): Block {
    const dictionary = this.#dictionary
    const rowCount = this.#codeCount
    const { size } = dictionary.entries
    if (size > MAX_DICTIONARY_ENTRIES || size * 2 > dictionary.rowCount) dictionary.givenUp = true
    const block =
      dictionary.givenUp || size === 0
        ? this.#flatOfCodes(rowCount)
        : this.#dictionaryBlock(rowCount)
    this.#codeCount = 0
    this.#hasNulls = false
    return block
  }

  #dictionaryBlock(rowCount: number): DictionaryBlock {
    const { entries, id } = this.#dictionary
    const codes =
      entries.size <= 0x100
        ? new Uint8Array(rowCount)
        : entries.size <= 0x1_0000
          ? new Uint16Array(rowCount)
          : new Int32Array(rowCount)
    let validity: Uint8Array | null = null
    if (this.#hasNulls) {
      validity = new Uint8Array((rowCount + 7) >> 3)
      for (let i = 0; i < rowCount; i++) {
        if (this.#codes[i]! >= 0) validity[i >> 3]! |= 1 << (i & 7)
      }
    }
    codes.set(this.#codes.subarray(0, rowCount))
    if (validity !== null) {
      for (let i = 0; i < rowCount; i++) if (this.#codes[i]! < 0) codes[i] = 0
    }
    return {
      type: this.#type,
      rowCount,
      encoding: 'dictionary',
      codes,
      dictionary: entries.block(),
      validity,
      dictionaryId: id,
    }
  }

  /** The page's values themselves, for when the dictionary turned out not to pay. */
  #flatOfCodes(rowCount: number): FlatBlock {
    this.#sketchEntries()
    this.#onlyDictionary = false
    const source: DictionaryBlock = { ...this.#dictionaryBlock(rowCount) }
    if (source.dictionary.rowCount === 0) {
      for (let i = 0; i < rowCount; i++) this.#flat.appendNull()
    } else this.#flat.appendRange(source, 0, rowCount)
    return this.#flat.build()
  }

  #sketchEntries(): void {
    const { entries } = this.#dictionary
    for (; this.#sketched < entries.size; this.#sketched++) {
      this.#summary.addHash(entries.hashOf(this.#sketched))
    }
  }
}
