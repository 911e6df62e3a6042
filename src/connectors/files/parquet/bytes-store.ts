import {
  type Arena,
  assert,
  type Block,
  type BytesBlock,
  createBlockBuilder,
  MAX_DECIMAL_PRECISION,
  type SqlType,
} from '../../../spi/index.js'
import { bigEndian } from './converted-emitter.js'
import { ParquetFormatError } from './format-error.js'
import { codesBlock, placedBlock } from './integer-emitter.js'
import type { KernelBuffer } from './kernels/kernel-memory.js'
import { orderedDictionary } from './ordered-dictionary.js'
import type { DictionaryPage } from './page-cursor.js'
import { copyOut, type Placement, placedRows, placeValidity } from './placement.js'
import type { Scratch } from './scratch.js'
import type { ValueStore } from './value-store.js'

const BYTES_MAX = 0x7fff_0000
/** Of a decimal that a file may have. */
const DECIMAL_BYTES_MAX = 16

/** Names the dictionaries of a column so that equal codes are equal values. */
export interface DictionaryNames {
  /** A name where the entries are distinct. */
  nameOf(entries: BytesBlock): string | undefined
}

/** Strings and byte strings; dictionaries are kept. */
export class BytesStore implements ValueStore {
  readonly #scratch: Scratch
  readonly #type: SqlType
  readonly #dictionaryArena: Arena
  readonly #names: DictionaryNames
  #dictionary: (Block & { readonly encoding: 'flat' }) | undefined
  /** By the codes of the file. */
  #entries: BytesBlock | undefined
  /** Codes of #dictionary by those of the file, where they are others. */
  #ranks: KernelBuffer | undefined
  #dictionaryId: string | undefined
  #at = 0
  #end = 0
  #count = 0
  #byteCount = 0

  /** @param dictionaryArena memory that lives as long as the store's blocks are used */
  constructor(scratch: Scratch, type: SqlType, dictionaryArena: Arena, names: DictionaryNames) {
    this.#scratch = scratch
    this.#type = type
    this.#dictionaryArena = dictionaryArena
    this.#names = names
  }

  get dictionarySize(): number {
    return this.#dictionary?.rowCount ?? 0
  }

  setDictionary(page: DictionaryPage): void {
    const { memory } = this.#scratch
    try {
      if (page.entryCount * 4 > page.end - page.from) {
        throw new ParquetFormatError('a dictionary is cut off')
      }
      this.openPlain(page.from, page.end)
      this.begin(page.entryCount)
      this.appendPlain(page.entryCount)
    } finally {
      memory.free(page.buffer)
    }
    this.#entries = this.#bytesBlock(this.#dictionaryArena)
    const converted = this.#converted(this.#entries, this.#dictionaryArena)
    this.#dictionary = converted
    if (converted === this.#entries) this.#name(this.#entries)
  }

  #name(entries: BytesBlock): void {
    const ordered = orderedDictionary(entries, this.#dictionaryArena)
    if (ordered === undefined) {
      this.#dictionaryId = this.#names.nameOf(entries)
      return
    }
    this.#dictionary = ordered.entries
    this.#dictionaryId = ordered.dictionaryId
    if (ordered.ranks === undefined) return
    const { memory } = this.#scratch
    this.#ranks = memory.allocate(ordered.ranks.byteLength)
    memory.bytes(this.#ranks.address, ordered.ranks.byteLength).set(ordered.ranks)
  }

  openPlain(from: number, end: number): void {
    this.#at = from
    this.#end = end
  }

  begin(capacity: number): void {
    const ends = this.#scratch.take('ends', (capacity + 1) * 4)
    this.#scratch.memory.words(ends, 1)[0] = 0
    this.#count = 0
    this.#byteCount = 0
  }

  appendPlain(count: number): void {
    // What is left of the page bounds what its strings take; those of earlier pages are kept.
    const rest = this.#end - this.#at
    this.#reserve(rest)
    const to = this.#scratch.address('bytes')
    const ends = this.#scratch.address('ends') + (this.#count + 1) * 4
    const { kernels } = this.#scratch.memory
    const next = kernels.strings(this.#at, this.#end, count, ends, to, this.#byteCount)
    this.#advance(next)
    this.#count += count
    this.#byteCount = this.#endOf(this.#count)
  }

  skipPlain(count: number): void {
    this.#advance(this.#scratch.memory.kernels.skip_strings(this.#at, this.#end, count))
  }

  appendCodes(codes: number, count: number): void {
    const { bytes, offsets } = this.#entries!
    const { memory } = this.#scratch
    let needed = 0
    const words = memory.words(codes, count)
    for (let i = 0; i < count; i++) needed += offsets[words[i]! + 1]! - offsets[words[i]!]!
    this.#reserve(needed)
    const target = new Uint8Array(memory.buffer)
    const base = this.#scratch.address('bytes')
    const all = memory.words(codes, count)
    const ends = memory.words(this.#scratch.address('ends'), this.#count + count + 1)
    for (let i = 0; i < count; i++) {
      const from = offsets[all[i]!]!
      const to = offsets[all[i]! + 1]!
      target.set(bytes.subarray(from, to), base + this.#byteCount)
      this.#byteCount += to - from
      ends[++this.#count] = this.#byteCount
    }
  }

  finish(placement: Placement, arena: Arena): Block {
    assert(this.#count === placement.valueCount)
    const { valid, selection } = placement
    if (valid === undefined && selection === undefined) {
      return this.#converted(this.#bytesBlock(arena), arena)
    }
    if (selection !== undefined || this.#type.kind === 'decimal') {
      const values = this.#converted(this.#bytesBlock(arena), arena)
      return placedBlock(this.#scratch, values, placement, arena)
    }
    return this.#nullableBlock(placement, arena)
  }

  finishCodes(codes: number, placement: Placement, arena: Arena): Block {
    return codesBlock(this.#scratch, codes, this.#dictionary!, placement, arena, {
      dictionaryId: this.#dictionaryId,
      ranks: this.#ranks?.address,
    })
  }

  readSelected(placement: Placement, arena: Arena): Block {
    const { selection, batchRows } = placement
    this.begin(selection!.rowCount)
    this.#reserve(this.#end - this.#at)
    const next = this.#scratch.memory.kernels.strings_where(
      this.#at,
      this.#end,
      batchRows,
      this.#scratch.address('ends') + 4,
      this.#scratch.address('bytes'),
      0,
      selection!.mask,
    )
    this.#advance(next)
    this.#count = selection!.rowCount
    this.#byteCount = this.#endOf(this.#count)
    return this.#converted(this.#bytesBlock(arena), arena)
  }

  close(): void {
    if (this.#ranks !== undefined) this.#scratch.memory.free(this.#ranks)
    this.#ranks = undefined
  }

  #advance(next: number): void {
    if (next === 0) throw new ParquetFormatError('strings are cut off')
    this.#at = next
  }

  #endOf(count: number): number {
    return this.#scratch.memory.words(this.#scratch.address('ends') + count * 4, 1)[0]!
  }

  #reserve(byteLength: number): void {
    const needed = this.#byteCount + byteLength
    if (needed > BYTES_MAX) throw new ParquetFormatError('strings of a page take more than 2 GB')
    this.#scratch.grow('bytes', needed, this.#byteCount)
  }

  /** The collected values, none null. */
  #bytesBlock(arena: Arena): BytesBlock {
    const byteLength = (this.#count + 1) * 4
    const ends = copyOut(this.#scratch, this.#scratch.address('ends'), byteLength, arena)
    return this.#block(
      this.#count,
      new Int32Array(ends.buffer, ends.byteOffset, this.#count + 1),
      null,
      arena,
    )
  }

  /** Empty strings at null positions. */
  #nullableBlock(placement: Placement, arena: Arena): BytesBlock {
    const rowCount = placedRows(placement)
    const validity = placeValidity(this.#scratch, placement, arena)
    const bytes = arena.allocate((rowCount + 1) * 4)
    const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, rowCount + 1)
    const { memory } = this.#scratch
    const mask = memory.bytes(placement.valid!, rowCount)
    const ends = memory.words(this.#scratch.address('ends'), this.#count + 1)
    let value = 0
    offsets[0] = 0
    for (let i = 0; i < rowCount; i++) {
      value += mask[i]!
      offsets[i + 1] = ends[value]!
    }
    return this.#block(rowCount, offsets, validity, arena)
  }

  #block(
    rowCount: number,
    offsets: Int32Array,
    validity: Uint8Array | null,
    arena: Arena,
  ): BytesBlock {
    const from = this.#byteCount === 0 ? 0 : this.#scratch.address('bytes')
    const ascii =
      this.#byteCount === 0 || this.#scratch.memory.kernels.is_ascii(from, this.#byteCount) === 1
    const bytes = copyOut(this.#scratch, from, this.#byteCount, arena)
    return {
      encoding: 'flat',
      type: this.#type,
      rowCount,
      storage: 'bytes',
      offsets,
      bytes,
      ascii,
      validity,
    }
  }

  /** Decimals of byte strings; other types are the bytes themselves. */
  #converted(block: BytesBlock, arena: Arena): Block & { readonly encoding: 'flat' } {
    if (this.#type.kind !== 'decimal') return block
    const builder = createBlockBuilder(this.#type, arena)
    const { buffer, byteOffset } = block.bytes
    const view = new DataView(buffer, byteOffset, block.bytes.byteLength)
    for (let i = 0; i < block.rowCount; i++) {
      const from = block.offsets[i]!
      const byteLength = block.offsets[i + 1]! - from
      if (byteLength > DECIMAL_BYTES_MAX) {
        throw new ParquetFormatError(
          `a decimal of ${byteLength} bytes, more than ${MAX_DECIMAL_PRECISION} digits`,
        )
      }
      builder.append(bigEndian(view, from, byteLength))
    }
    return builder.build()
  }
}
