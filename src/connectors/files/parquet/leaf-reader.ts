import {
  type Arena,
  type Block,
  createBlockBuilder,
  heapArena,
  type IntegerBlock,
} from '../../../spi/index.js'
import { BooleanStore } from './boolean-store.js'
import { ParquetFormatError } from './format-error.js'
import type { KernelBuffer } from './kernels/kernel-memory.js'
import { HYBRID_STATE_BYTES, type LevelPart, levelWidth, type PageCursor } from './page-cursor.js'
import { type Placement, placedRows, type Selection } from './placement.js'
import { plainValues } from './plain-pages.js'
import type { Leaf } from './schema.js'
import type { Scratch } from './scratch.js'
import type { ValueStore } from './value-store.js'

/** Levels and values of some rows of a nested column. */
export interface NestedValues {
  readonly definitions: Int32Array
  readonly repetitions: Int32Array
  /** Those at the highest definition level, one after the other. */
  readonly values: Block
}

/** Rows of a batch that are entries of a dictionary, none null, and are decoded once it is known which are wanted. */
export interface HeldCodes {
  readonly encoding: 'held'
  /** 32 bits a row, in kernel memory. */
  readonly codes: number
  readonly entries: IntegerBlock
  decode(selection: Selection | undefined, arena: Arena): Block
}

/** Entries whose levels are decoded at a time. */
const NESTED_STEP = 8192

/** Reads one primitive column of one row group, batch by batch. */
export class LeafReader {
  readonly leaf: Leaf
  readonly #scratch: Scratch
  readonly #cursor: PageCursor
  readonly #store: ValueStore
  readonly #codesState: KernelBuffer
  readonly #definitionState: KernelBuffer
  readonly #repetitionState: KernelBuffer
  /** Entries of the page not read yet; a page is unpacked when the first of them is read. */
  #left = 0
  #isUnpacked = false
  #isFirstPage = true
  #codeWidth: number | undefined
  #definitions: LevelPart | undefined
  #repetitions: LevelPart | undefined
  #rewritten: KernelBuffer | undefined
  #held: KernelBuffer | undefined
  /** Decoded levels of a nested page that were read beyond the last row asked for. */
  #pending = { definitions: new Int32Array(0), repetitions: new Int32Array(0), at: 0 }

  constructor(scratch: Scratch, leaf: Leaf, cursor: PageCursor, store: ValueStore) {
    const { memory } = scratch
    this.leaf = leaf
    this.#scratch = scratch
    this.#cursor = cursor
    this.#store = store
    this.#codesState = memory.allocate(HYBRID_STATE_BYTES)
    this.#definitionState = memory.allocate(HYBRID_STATE_BYTES)
    this.#repetitionState = memory.allocate(HYBRID_STATE_BYTES)
  }

  /** Where the page ends that is read now, for errors. */
  get position(): number {
    return this.#cursor.position
  }

  /** The next rows of a column that is not in a list. */
  async read(rowCount: number, arena: Arena, selection?: Selection): Promise<Block> {
    if (this.#left === 0) await this.#nextPage()
    const direct = this.#readSelected(rowCount, arena, selection)
    if (direct !== undefined) return direct
    const { batch, valid } = await this.#collect(
      rowCount,
      this.#scratch.take('codes', rowCount * 4),
    )
    return this.#finishValues(batch, arena, { batchRows: rowCount, valid, selection })
  }

  /** The same, for a filter: codes are held where a dictionary of integers has all values, until the next rows are read. */
  async readHeld(rowCount: number, arena: Arena): Promise<Block | HeldCodes> {
    // The dictionary comes first: it has its buffers from where those of the values come from.
    if (this.#left === 0) await this.#nextPage()
    const { batch, valid } = await this.#collect(rowCount, this.#heldAddress(rowCount))
    const { integerEntries: entries } = this.#store
    const placement = { batchRows: rowCount, valid, selection: undefined }
    if (!batch.isCodes || valid !== undefined || entries === undefined) {
      return this.#finishValues(batch, arena, placement)
    }
    return {
      encoding: 'held',
      codes: batch.codes,
      entries,
      decode: (selection, into) => this.#finishValues(batch, into, { ...placement, selection }),
    }
  }

  /** The values of the next rows; which of the rows have one, where not all have. */
  async #collect(
    rowCount: number,
    codes: number,
  ): Promise<{ readonly batch: Batch; readonly valid: number | undefined }> {
    const isNullable = this.leaf.maxDefinition > 0
    const valid = isNullable ? this.#scratch.take('valid', rowCount) : undefined
    const batch = this.#beginValues(rowCount, codes)
    for (let done = 0; done < rowCount; ) {
      if (this.#left === 0) await this.#nextPage()
      this.#unpack()
      const take = Math.min(rowCount - done, this.#left)
      this.#left -= take
      const count = valid === undefined ? take : this.#readValid(take, valid + done)
      this.#appendValues(count, batch)
      done += take
    }
    return { batch, valid: batch.count === rowCount ? undefined : valid }
  }

  #heldAddress(rowCount: number): number {
    const { memory } = this.#scratch
    if (this.#held === undefined || this.#held.byteLength < rowCount * 4) {
      if (this.#held !== undefined) memory.free(this.#held)
      this.#held = undefined
      this.#held = memory.allocate(rowCount * 4)
    }
    return this.#held.address
  }

  /** Leaves out rows of a column that is not in a list; pages of which none is read are not unpacked, nor read where an index tells their place. */
  async skip(rowCount: number): Promise<void> {
    for (let done = 0; done < rowCount; ) {
      if (this.#left === 0) {
        done += this.#cursor.pass(rowCount - done)
        if (done === rowCount) break
        await this.#nextPage()
      }
      const take = Math.min(rowCount - done, this.#left)
      done += take
      if (take === this.#left && !this.#isUnpacked) {
        this.#left = 0
        continue
      }
      this.#unpack()
      this.#left -= take
      const valid = this.leaf.maxDefinition === 0 ? 0 : this.#scratch.take('valid', take)
      this.#skipValues(valid === 0 ? take : this.#readValid(take, valid))
    }
  }

  /** The next rows of a column in lists, with all their entries. */
  async readNested(rowCount: number, arena: Arena): Promise<NestedValues> {
    const definitions: Int32Array[] = []
    const repetitions: Int32Array[] = []
    const builder = createBlockBuilder(this.leaf.type, arena)
    let rows = 0
    for (;;) {
      if (this.#pending.at === this.#pending.definitions.length) {
        if (this.#left === 0) {
          if (rows === rowCount && this.#cursor.isAtEnd) break
          await this.#nextPage()
        }
        this.#decodeLevels()
      }
      const pending = this.#pending
      const end = this.#endOfRows(rows, rowCount)
      rows = end.rows
      definitions.push(pending.definitions.subarray(pending.at, end.at))
      repetitions.push(pending.repetitions.subarray(pending.at, end.at))
      pending.at = end.at
      if (end.valueCount > 0) {
        const block = this.#readValues(end.valueCount)
        builder.appendRange(block, 0, block.rowCount)
      }
      if (end.at < pending.definitions.length) break
    }
    const values = builder.build()
    return { definitions: joined(definitions), repetitions: joined(repetitions), values }
  }

  close(): void {
    const { memory } = this.#scratch
    for (const state of [this.#codesState, this.#definitionState, this.#repetitionState]) {
      memory.free(state)
    }
    if (this.#held !== undefined) memory.free(this.#held)
    this.#held = undefined
    this.#freeRewritten()
    this.#cursor.close()
    this.#store.close()
  }

  async #nextPage(): Promise<void> {
    await this.#cursor.next((dictionary) => {
      if (!this.#isFirstPage) {
        this.#scratch.memory.free(dictionary.buffer)
        throw new ParquetFormatError('a dictionary lies behind data')
      }
      this.#store.setDictionary(dictionary)
    })
    this.#isFirstPage = false
    this.#isUnpacked = false
    this.#left = this.#cursor.header.valueCount
  }

  #unpack(): void {
    if (this.#isUnpacked) return
    this.#isUnpacked = true
    this.#freeRewritten()
    const { memory } = this.#scratch
    const parts = this.#cursor.unpack()
    this.#definitions = parts.definition
    this.#repetitions = parts.repetition
    if (parts.definition !== undefined) {
      openHybrid(this.#scratch, this.#definitionState, parts.definition.from, parts.definition.end)
    }
    if (parts.repetition !== undefined) {
      openHybrid(this.#scratch, this.#repetitionState, parts.repetition.from, parts.repetition.end)
    }
    const { encoding, valueCount } = this.#cursor.header
    this.#codeWidth = undefined
    if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
      this.#openCodes(parts.values, parts.end)
    } else if (encoding === 'RLE' && this.#store instanceof BooleanStore) {
      this.#store.openHybrid(parts.values, parts.end)
    } else {
      const { encoding: leaf } = this.leaf
      const plain = plainValues(memory, encoding, leaf, parts.values, parts.end, valueCount)
      this.#rewritten = plain.buffer
      this.#store.openPlain(plain.from, plain.end, valueCount)
    }
  }

  #openCodes(from: number, end: number): void {
    // A page of nulls only may have no byte for the width.
    const width = from < end ? this.#scratch.memory.view().getUint8(from) : 0
    if (width > 32) throw new ParquetFormatError(`codes of ${width} bits`)
    this.#codeWidth = width
    openHybrid(this.#scratch, this.#codesState, Math.min(from + 1, end), end)
  }

  /** Definition levels of the next entries: a byte 1 where there is a value; gives how many there are. */
  #readValid(count: number, to: number): number {
    if (this.#skipIfValid(count)) {
      this.#scratch.memory.bytes(to, count).fill(1)
      return count
    }
    const levels = this.#scratch.take('levels', count * 4)
    this.#readLevels(
      this.#definitions,
      this.#definitionState,
      this.leaf.maxDefinition,
      count,
      levels,
    )
    return this.#scratch.memory.kernels.level_mask(levels, this.leaf.maxDefinition, to, count)
  }

  /** Whether none of the next entries is null, as one run says of columns that may have nulls but have none; they are then behind. */
  #skipIfValid(count: number): boolean {
    if (this.#definitions?.encoding !== 'RLE') return false
    const { address } = this.#definitionState
    const { maxDefinition } = this.leaf
    const { kernels } = this.#scratch.memory
    return kernels.constant_run(address, levelWidth(maxDefinition), count, maxDefinition) === 1
  }

  #readLevels(
    part: LevelPart | undefined,
    state: KernelBuffer,
    maximum: number,
    count: number,
    to: number,
  ): void {
    const { memory } = this.#scratch
    if (part?.encoding === 'BIT_PACKED') {
      this.#readPackedLevels(part, state, maximum, count, to)
      return
    }
    if (part === undefined) {
      memory.words(to, count).fill(0)
      return
    }
    if (memory.kernels.hybrid(state.address, levelWidth(maximum), count, to) < count) {
      throw new ParquetFormatError('levels of a page are cut off')
    }
  }

  /** The oldest encoding of levels: from the highest bit on, without runs. Its state is the bits behind. */
  #readPackedLevels(
    part: LevelPart,
    state: KernelBuffer,
    maximum: number,
    count: number,
    to: number,
  ): void {
    const { memory } = this.#scratch
    const width = levelWidth(maximum)
    const progress = memory.words(state.address, 1)
    const behind = progress[0]! - part.from
    const bytes = memory.bytes(part.from, part.end - part.from)
    const levels = memory.words(to, count)
    let bit = behind
    for (let i = 0; i < count; i++) {
      let level = 0
      for (let b = 0; b < width; b++, bit++) {
        level = (level << 1) | ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1)
      }
      levels[i] = level
    }
    if (bit > bytes.length * 8) throw new ParquetFormatError('levels of a page are cut off')
    progress[0] = part.from + bit
  }

  /** The next entries' levels of a nested page, as {@link #pending}. */
  #decodeLevels(): void {
    this.#unpack()
    const count = Math.min(NESTED_STEP, this.#left)
    this.#left -= count
    const { maxDefinition, maxRepetition } = this.leaf
    const { memory } = this.#scratch
    const at = this.#scratch.take('levels', count * 4)
    this.#readLevels(this.#definitions, this.#definitionState, maxDefinition, count, at)
    const definitions = memory.words(at, count).slice()
    this.#readLevels(this.#repetitions, this.#repetitionState, maxRepetition, count, at)
    const repetitions = memory.words(at, count).slice()
    this.#pending = { definitions, repetitions, at: 0 }
  }

  /** Where among the pending entries the last row that is wanted ends. */
  #endOfRows(
    rows: number,
    rowCount: number,
  ): { readonly at: number; readonly rows: number; readonly valueCount: number } {
    const { definitions, repetitions } = this.#pending
    let { at } = this.#pending
    let valueCount = 0
    for (; at < definitions.length; at++) {
      if (repetitions[at] === 0) {
        if (rows === rowCount) break
        rows++
      } else if (rows === 0) throw new ParquetFormatError('a column begins in the middle of a row')
      if (definitions[at] === this.leaf.maxDefinition) valueCount++
    }
    return { at, rows, valueCount }
  }

  #readValues(count: number): Block {
    const batch = this.#beginValues(count, this.#scratch.take('codes', count * 4))
    this.#appendValues(count, batch)
    const all = { batchRows: count, valid: undefined, selection: undefined }
    return this.#finishValues(batch, heapArena(), all)
  }

  /** Strings of which few are wanted, of a plain page: taken without the others. */
  #readSelected(
    rowCount: number,
    arena: Arena,
    selection: Selection | undefined,
  ): Block | undefined {
    if (selection === undefined || this.#store.readSelected === undefined) return undefined
    if (this.#left < rowCount) return undefined
    this.#unpack()
    if (this.#codeWidth !== undefined) return undefined
    if (this.leaf.maxDefinition > 0 && !this.#skipIfValid(rowCount)) return undefined
    this.#left -= rowCount
    const placement = { valueCount: rowCount, batchRows: rowCount, valid: undefined, selection }
    return this.#store.readSelected(placement, arena)
  }

  /** @param codes where codes of as many values have room */
  #beginValues(capacity: number, codes: number): Batch {
    this.#store.begin(capacity)
    return { codes, count: 0, isCodes: true }
  }

  #appendValues(count: number, batch: Batch): void {
    if (count === 0) return
    if (this.#codeWidth !== undefined) {
      const to = batch.codes + (batch.isCodes ? batch.count * 4 : 0)
      this.#readCodes(this.#codeWidth, count, to)
      if (!batch.isCodes) this.#store.appendCodes(to, count)
    } else {
      if (batch.isCodes && batch.count > 0) this.#store.appendCodes(batch.codes, batch.count)
      batch.isCodes = false
      this.#store.appendPlain(count)
    }
    batch.count += count
  }

  #readCodes(width: number, count: number, to: number): void {
    const { kernels } = this.#scratch.memory
    if (kernels.hybrid(this.#codesState.address, width, count, to) < count) {
      throw new ParquetFormatError('codes are cut off')
    }
    if (kernels.max_code(to, count) >>> 0 >= this.#store.dictionarySize) {
      throw new ParquetFormatError('a code is beyond its dictionary')
    }
  }

  #skipValues(count: number): void {
    if (this.#codeWidth === undefined) {
      this.#store.skipPlain(count)
      return
    }
    const { kernels } = this.#scratch.memory
    if (kernels.hybrid(this.#codesState.address, this.#codeWidth, count, 0) < count) {
      throw new ParquetFormatError('codes are cut off')
    }
  }

  #finishValues(batch: Batch, arena: Arena, placement: Omit<Placement, 'valueCount'>): Block {
    const placed = { ...placement, valueCount: batch.count }
    if (batch.count === 0) {
      const rowCount = placedRows(placed)
      return { encoding: 'flat', type: this.leaf.type, rowCount, storage: 'null', validity: null }
    }
    if (!batch.isCodes) return this.#store.finish(placed, arena)
    const { selection, valid } = placed
    if (selection === undefined || valid !== undefined) {
      return this.#store.finishCodes(batch.codes, placed, arena)
    }
    // Only what is wanted is decoded.
    const { rowCount, positions } = selection
    const codes = this.#scratch.take('selectedCodes', rowCount * 4)
    this.#scratch.memory.kernels.gather32(positions, batch.codes, codes, rowCount)
    const all = { valueCount: rowCount, batchRows: rowCount, valid, selection: undefined }
    return this.#store.finishCodes(codes, all, arena)
  }

  #freeRewritten(): void {
    if (this.#rewritten !== undefined) this.#scratch.memory.free(this.#rewritten)
    this.#rewritten = undefined
  }
}

/** Values collected so far; as codes while all pages were dictionary-encoded. */
interface Batch {
  readonly codes: number
  count: number
  isCodes: boolean
}

function openHybrid(scratch: Scratch, state: KernelBuffer, from: number, end: number): void {
  const words = scratch.memory.words(state.address, HYBRID_STATE_BYTES / 4)
  words.fill(0)
  words[0] = from
  words[1] = end
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
