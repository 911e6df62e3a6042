import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { Arena } from '../../spi/index.js'
import { STRING_SLOT_BYTES } from '../keys/bytes-table.js'
import { SLOT_BYTES, shiftOf, slotsFor } from '../keys/integer-table.js'
import { CODES_PER_ENTRY_LOG2, ENTRY_BYTES_LOG2, rankMapKernels } from '../keys/rank-map.js'
import { partitionKernels } from './partition-kernels.js'
import { stringPartitionKernels } from './string-partition-kernels.js'

/** Words that the drivers share of a table. */
const DIVIDED_SLICES = 0
const ENDED_PARTS = 1
/** The last of the lists of pairs that found no place in their part of the table; 0: none. */
const LEFT = 2
/** What is written to: the heads or slots, the chains, the entries of a rank map, the heads of numbers that are rows. */
const HEADS = 3
const CHAINS = 4
const ENTRIES = 5
const NUMBER_HEADS = 6
/** Two words for where the page words of a block of its own lie, and how many there are. */
export const SOURCE = 7
/** 1 when a code has come twice. */
const DUPLICATES = 9
/** Where each slice's parts end, and its pairs. */
const FIRST_SLICE = 10
const SLICE_WORDS = 2
const SLICES_MAX = 64
export const SHARED_TABLE_WORDS = FIRST_SLICE + SLICES_MAX * SLICE_WORDS

/** Bytes of a code, or a string's hash, and its row. */
const PAIR_BYTES = { direct: 8, rank: 8, hash: 16, strings: 16 } as const
/** Rows of a slice at least, and of a part, about. */
const SLICE_ROWS_MIN = 32_768
const PART_ROWS = 16_384
const PARTS_MAX = 64
/** How long a driver sleeps before it looks whether the query still runs. */
const WAIT_MILLIS = 1

/** Rows divided into slices, and their codes (or, hashed, the slots of a table) by the upper bits into parts. */
export interface TableShape {
  readonly addressing: keyof typeof PAIR_BYTES
  readonly rowCount: number
  /** Codes, or slots. */
  readonly size: number
  readonly sliceRows: number
  readonly sliceCount: number
  readonly shift: number
  readonly partCount: number
}

/** @param codeCount where codes address what is looked up: they are below this */
export function tableShape(
  addressing: TableShape['addressing'],
  rowCount: number,
  codeCount = 0,
): TableShape {
  const isHashed = addressing === 'hash' || addressing === 'strings'
  const size = isHashed ? slotsFor(rowCount) : codeCount
  const wanted = Math.min(PARTS_MAX, Math.max(2, Math.ceil(rowCount / PART_ROWS)))
  const shift = Math.max(CODES_PER_ENTRY_LOG2, Math.ceil(Math.log2(size / wanted)))
  // Bitmaps have eight rows a byte.
  const sliceRows = Math.max(SLICE_ROWS_MIN, 8 * Math.ceil(rowCount / SLICES_MAX / 8))
  return {
    addressing,
    rowCount,
    size,
    shift,
    partCount: Math.ceil(size / 2 ** shift),
    sliceRows,
    sliceCount: Math.ceil(rowCount / sliceRows),
  }
}

/** What a table is filled with. */
export interface TableRows {
  /** Codes of some rows, or hashes of their strings, and which of them are valid; 0: all are. */
  codes(from: number, count: number): { readonly codes: number; readonly validity: number }
  /** Where the strings themselves lie. */
  readonly strings?: { readonly offsets: number; readonly bytes: number }
}

/** Where a driver works. */
export interface TablePlace {
  readonly memory: WebAssembly.Memory
  /** Reset with each step. */
  readonly scratch: Arena
  /** What other drivers read until the table is filled. */
  readonly lists: Arena
}

/** A part's pairs of a slice. */
interface PairRun {
  readonly pairs: number
  readonly count: number
}

/** Waits until a word has counted so many; what runs the steps ends them where the query has ended. */
export function* reached(words: Int32Array, word: number, count: number): Generator<void> {
  for (;;) {
    const now = Atomics.load(words, word)
    if (now >= count) return
    Atomics.wait(words, word, now, WAIT_MILLIS)
    yield
  }
}

/** Counts for those who wait. */
export function note(words: Int32Array, word: number): void {
  Atomics.add(words, word, 1)
  Atomics.notify(words, word)
}

/**
 * A table from codes to rows that several drivers fill in steps: to divide the codes of some rows by their range, to put the rows of a
 * range in their place. No two write to the same place. The rows of a code are chained, the first one first.
 */
export class SharedTable {
  readonly shape: TableShape
  readonly #words: Int32Array
  readonly #rows: TableRows
  readonly #memory: WebAssembly.Memory
  readonly #scratch: Arena
  readonly #lists: Arena

  constructor(shape: TableShape, rows: TableRows, words: Int32Array, place: TablePlace) {
    this.shape = shape
    this.#rows = rows
    this.#words = words
    this.#memory = place.memory
    this.#scratch = place.scratch
    this.#lists = place.lists
  }

  /** Makes room for what all drivers write to. A part clears what is its own. */
  static makeRoom(
    { addressing, size, rowCount }: TableShape,
    words: Int32Array,
    kept: Arena,
    hasNumberHeads: boolean,
  ): void {
    const room = (byteLength: number) => kept.allocate(byteLength).byteOffset
    // Heads of ranks begin at the number of the rows before their part, as if no key came twice.
    const headCount = addressing === 'rank' ? rowCount : size
    words[HEADS] = room(headCount * headBytes(addressing))
    words[CHAINS] = room(rowCount * 4)
    words[ENTRIES] = addressing === 'rank' ? room(entriesFor(size) << ENTRY_BYTES_LOG2) : 0
    words[NUMBER_HEADS] = hasNumberHeads ? room((rowCount + 1) * 4) : 0
  }

  /** Heads, or slots. */
  get heads(): number {
    return addressAt(this.#words, HEADS)
  }

  get chains(): number {
    return addressAt(this.#words, CHAINS)
  }

  get entries(): number {
    return addressAt(this.#words, ENTRIES)
  }

  /** Heads by the number of a row, plus 1; 0 where none were asked for. */
  get numberHeads(): number {
    return addressAt(this.#words, NUMBER_HEADS)
  }

  /** Whether any driver has found a code that comes twice: known when all steps have been done. */
  get hasDuplicates(): boolean {
    return Atomics.load(this.#words, DUPLICATES) !== 0
  }

  get stepCount(): number {
    return this.shape.sliceCount + this.#lastSteps
  }

  /** Steps after all slices have been divided: the parts, and what is left of those of a hash table. */
  get #lastSteps(): number {
    return this.shape.partCount + (this.#isHashed ? 1 : 0)
  }

  get #isHashed(): boolean {
    return this.shape.addressing === 'hash' || this.shape.addressing === 'strings'
  }

  /** Waits until all steps have been done. */
  ended(): Generator<void> {
    return reached(this.#words, ENDED_PARTS, this.#lastSteps)
  }

  /** Divides the codes of a slice; or, with all slices divided, fills a part; or, with all parts filled, what is left. */
  *run(step: number): Generator<void> {
    const { sliceCount, partCount } = this.shape
    if (step < sliceCount) {
      this.#divide(step)
      return
    }
    yield* reached(this.#words, DIVIDED_SLICES, sliceCount)
    const part = step - sliceCount
    if (part === partCount) {
      yield* reached(this.#words, ENDED_PARTS, partCount)
      this.#insertLeft()
    } else {
      this.#numberRows(part)
      if (this.#isHashed) this.#insertPart(part)
      else this.#chainPart(part)
    }
    note(this.#words, ENDED_PARTS)
  }

  /** Divides the codes of a slice's rows into parts. */
  #divide(slice: number): void {
    const { addressing, rowCount, sliceRows, size, shift, partCount } = this.shape
    const from = slice * sliceRows
    const count = Math.min(sliceRows, rowCount - from)
    const { codes, validity } = this.#rows.codes(from, count)
    const ends = allocateInt32(this.#lists, partCount).fill(0).byteOffset
    const pairs = this.#lists.allocate(count * PAIR_BYTES[addressing]).byteOffset
    if (addressing === 'strings') {
      const split = stringPartitionKernels(this.#memory).split
      split(codes, validity, count, from, size - 1, shift, partCount, ends, pairs)
    } else if (addressing === 'hash') {
      const hashShift = shiftOf(size) + BigInt(shift)
      const { splitHashed } = partitionKernels(this.#memory)
      splitHashed(codes, validity, count, from, hashShift, partCount, ends, pairs)
    } else {
      partitionKernels(this.#memory).split(codes, count, from, shift, partCount, ends, pairs)
    }
    this.#scratch.reset()
    this.#words.set([ends, pairs], FIRST_SLICE + slice * SLICE_WORDS)
    note(this.#words, DIVIDED_SLICES)
  }

  /** The rows of a part in each slice, the last slice first, and how many rows are in the parts before it. */
  #runsOf(part: number) {
    const { addressing, partCount, sliceCount } = this.shape
    const runs: PairRun[] = []
    let rowsBefore = 0
    for (let slice = sliceCount - 1; slice >= 0; slice--) {
      const place = FIRST_SLICE + slice * SLICE_WORDS
      const ends = new Int32Array(this.#memory.buffer, addressAt(this.#words, place), partCount)
      const start = part === 0 ? 0 : ends[part - 1]!
      const count = ends[part]! - start
      rowsBefore += start
      const pairs = addressAt(this.#words, place + 1) + start * PAIR_BYTES[addressing]
      if (count > 0) runs.push({ pairs, count })
    }
    return { runs, rowsBefore }
  }

  #noteDuplicates(): void {
    Atomics.store(this.#words, DUPLICATES, 1)
  }

  #clear(address: number, byteLength: number): void {
    new Uint8Array(this.#memory.buffer, address, byteLength).fill(0)
  }

  /** Where a key's number is the first of its rows, each number is its own head. */
  #numberRows(part: number): void {
    const { rowCount, partCount } = this.shape
    if (this.numberHeads === 0) return
    const heads = new Int32Array(this.#memory.buffer, this.numberHeads, rowCount + 1)
    const end = Math.floor(((part + 1) * heads.length) / partCount)
    for (let i = Math.floor((part * heads.length) / partCount); i < end; i++) heads[i] = i
  }

  /** Chains the rows of a part of the codes; nobody else touches what lies in it. */
  #chainPart(part: number): void {
    const { addressing, size, shift } = this.shape
    const { heads, chains: next, entries } = this
    const { runs, rowsBefore } = this.#runsOf(part)
    const kernels = partitionKernels(this.#memory)
    const firstCode = part * 2 ** shift
    const codeCount = Math.min(2 ** shift, size - firstCode)
    if (addressing === 'rank') {
      const first = entries + entriesFor(firstCode) * 2 ** ENTRY_BYTES_LOG2
      const rowCount = runs.reduce((sum, { count }) => sum + count, 0)
      this.#clear(first, entriesFor(codeCount) << ENTRY_BYTES_LOG2)
      this.#clear(heads + rowsBefore * 4, rowCount * 4)
      for (const { pairs, count } of runs) kernels.mark(pairs, count, entries)
      rankMapKernels(this.#memory).sum(first, entriesFor(codeCount), rowsBefore)
    } else this.#clear(heads + firstCode * 4, codeCount * 4)
    for (const { pairs, count } of runs) {
      const duplicates =
        addressing === 'rank'
          ? kernels.chainRanked(pairs, count, entries, heads, next)
          : kernels.chain(pairs, count, heads, next)
      if (duplicates > 0) this.#noteDuplicates()
    }
  }

  /** Puts the rows of a part into its slots. What would run over into the next part, which another driver may be at, is left. */
  #insertPart(part: number): void {
    const { shift, addressing } = this.shape
    const first = part * 2 ** shift
    const slotBytes = headBytes(addressing)
    this.#clear(this.heads + first * slotBytes, 2 ** shift * slotBytes)
    for (const { pairs, count } of this.#runsOf(part).runs) {
      const left = this.#insert({ pairs, count }, first + 2 ** shift)
      if (left > 0) this.#leave(pairs + (count - left) * PAIR_BYTES[addressing], left)
    }
  }

  /** @param end the slot before which there is place; -1: any slot of the table. @returns how many pairs found none */
  #insert({ pairs, count }: PairRun, end: number): number {
    const { size } = this.shape
    const status = allocateInt32(this.#scratch, 1).fill(0)
    const { heads: slots, chains: next } = this
    const { strings } = this.#rows
    const left =
      strings === undefined
        ? partitionKernels(this.#memory).insert(
            pairs,
            count,
            slots,
            shiftOf(size),
            size - 1,
            end,
            next,
            status.byteOffset,
          )
        : stringPartitionKernels(this.#memory).insert(
            pairs,
            count,
            strings.offsets,
            strings.bytes,
            slots,
            size - 1,
            end,
            next,
            status.byteOffset,
          )
    if (status[0] !== 0) this.#noteDuplicates()
    this.#scratch.reset()
    return left
  }

  /** Notes pairs for later, in a list that all drivers add to: each entry knows the one before it. */
  #leave(pairs: number, count: number): void {
    const words = this.#words
    const entry = allocateInt32(this.#lists, 3)
    entry.set([0, pairs, count])
    let before = Atomics.load(words, LEFT)
    for (;;) {
      entry[0] = before
      const found = Atomics.compareExchange(words, LEFT, before, entry.byteOffset)
      if (found === before) return
      before = found
    }
  }

  /** Puts what was left into the table, rows of a part from the last to the first, as they were left. */
  #insertLeft(): void {
    const left: PairRun[] = []
    for (let address = addressAt(this.#words, LEFT); address !== 0; ) {
      const [before, pairs, count] = new Uint32Array(this.#memory.buffer, address, 3)
      left.push({ pairs: pairs!, count: count! })
      address = before!
    }
    for (const run of left.reverse()) this.#insert(run, -1)
  }
}

/** An address that a word holds: half of them are above 2 GB. */
export const addressAt = (words: Int32Array, word: number): number => words[word]! >>> 0

/** Bytes of a head, or of a slot of a hash table. */
const headBytes = (addressing: TableShape['addressing']): number => {
  if (addressing === 'strings') return STRING_SLOT_BYTES
  return addressing === 'hash' ? SLOT_BYTES : 4
}

/** What a table takes while it is filled. */
export const tableBytes = ({ addressing, size, rowCount }: TableShape): number =>
  size * headBytes(addressing) + rowCount * (8 + PAIR_BYTES[addressing])

/** Entries of a rank map for so many codes. */
const entriesFor = (codes: number): number => Math.ceil(codes / 2 ** CODES_PER_ENTRY_LOG2)
