import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { sliceBlock } from '../../expressions/wasm/import.js'
import type { Arena, Block, Page, SqlType } from '../../spi/index.js'
import type { SharedPages } from '../create-operator.js'
import { SLOT_BYTES, shiftOf, slotsFor } from '../keys/integer-table.js'
import { KeyEncoder } from '../keys/key-encoder.js'
import { type KeyFilterState, keyFilterStates } from '../keys/key-filter.js'
import { keyKind } from '../keys/key-kind.js'
import { CODES_PER_ENTRY_LOG2, ENTRY_BYTES_LOG2, rankMapKernels } from '../keys/rank-map.js'
import type { OperatorContext } from '../operator.js'
import { memoryOf } from '../operator-memory.js'
import { buildColumn, keptPage } from './build-columns.js'
import {
  addressingOf,
  buildJoinIndex,
  hasNull,
  type JoinIndexState,
  RANGE_MAX_HASHED,
} from './join-index.js'
import type { JoinIndexSpec } from './join-index-sink.js'
import { createMatchMarks } from './match-marks.js'
import { partitionKernels } from './partition-kernels.js'

/** What one of the drivers that build together has made. */
export interface SharedBuildPart {
  readonly rowCount: number
  /** Page words of a column each, by channel. */
  readonly columns: readonly (readonly [channel: number, words: Float64Array])[]
  /** By the place of the key. */
  readonly filters: readonly (readonly [key: number, filter: KeyFilterState])[]
  /** Of the driver that has set the index up, with the chains that there would be. */
  readonly index: JoinIndexState | undefined
  readonly marks: number
  /** Whether it has found a key that comes twice. */
  readonly hasDuplicates: boolean
}

/** Words that the drivers share. */
const NEXT_TASK = 0
/** 1 when the key columns are there, and the index has been set up or made. */
const SET_UP = 1
const DIVIDED_SLICES = 2
const ENDED_PARTS = 3
/** Where the page words of the key columns lie, and how many there are. */
const KEYS = 4
const KEYS_LENGTH = 5
/** What is written to: the chains (0: the index is whole), the heads or the slots of a table, the entries of a rank map. */
const CHAINS = 6
const HEADS = 7
const ENTRIES = 8
/** The last of the lists of pairs that found no place in their part of the table; 0: none. */
const LEFT = 9
/** Where each slice's parts end, and its pairs. */
const FIRST_SLICE = 10
const SLICE_WORDS = 2
const SLICES_MAX = 64
export const SHARED_BUILD_WORDS = FIRST_SLICE + SLICES_MAX * SLICE_WORDS

/** Bytes of a code and its row. */
const PAIR_BYTES = { direct: 8, rank: 8, hash: 16 } as const
/** Rows of a slice at least, and of a part, about. */
const SLICE_ROWS_MIN = 32_768
const PART_ROWS = 16_384
const PARTS_MAX = 64
/** How long a driver sleeps before it looks whether the query still runs. */
const WAIT_MILLIS = 1

/** Rows divided into slices, and their codes (or, hashed, the slots of a table) by the upper bits into parts. */
interface Division {
  readonly keyBlocks: readonly Block[]
  readonly encoder: KeyEncoder
  readonly addressing: 'direct' | 'rank' | 'hash'
  /** Codes, or slots. */
  readonly size: number
  readonly sliceRows: number
  readonly sliceCount: number
  readonly shift: number
  readonly partCount: number
}

/** A part's pairs of a slice. */
interface PairRun {
  readonly pairs: number
  readonly count: number
}

/**
 * Builds the index of a join in all drivers of its pipeline. They take tasks from a counter: to put the keys together and set up what
 * all write to, to put another column together, to divide the codes of some rows by their range, to chain the rows of a range. No two
 * write to the same place, so that there is nothing to lock; what has to be there first is waited for, which is at most a task that
 * another driver is at. Keys that no word holds are indexed by one driver, while the others see to the columns.
 * @source Balkesen et al., Main-Memory Hash Joins on Multi-Core CPUs (ICDE 2013): partitions by radix without locks
 */
export class SharedBuildSink {
  readonly #spec: JoinIndexSpec
  readonly #context: OperatorContext
  readonly #words: Int32Array
  readonly #pageWords: SharedPages
  readonly #memory: WebAssembly.Memory
  readonly #scratch: Arena
  /** Lists that other drivers read. */
  readonly #lists: Arena
  /** All drivers have the same, in the same order. */
  readonly #pages: Page[] = []
  #rowCount = 0
  readonly #columns: [number, Float64Array][] = []
  readonly #filters: [number, KeyFilterState][] = []
  #index: JoinIndexState | undefined
  #marks = 0
  #hasDuplicates = false

  /** @param words SHARED_BUILD_WORDS that all drivers of the pipeline have, zero at first */
  constructor(
    spec: JoinIndexSpec,
    context: OperatorContext,
    words: Int32Array,
    pageWords: SharedPages,
  ) {
    this.#spec = spec
    this.#context = context
    this.#words = words
    this.#pageWords = pageWords
    this.#scratch = context.createArena()
    this.#lists = context.createArena()
    const memory = memoryOf(this.#scratch)
    this.#memory = memory
  }

  /** Takes a page that stays where it is until all drivers have ended. */
  add(page: Page): void {
    this.#rowCount += page.rowCount
    this.#pages.push(keptPage(this.#spec, page))
  }

  /** Does what other drivers leave to be done, in steps between which the event loop may take its turn. */
  *prepare(): Generator<void, void> {
    const { types, keyChannels, filterKeys } = this.#spec
    const others = types.map((_, c) => c).filter((c) => !keyChannels.includes(c))
    const firstFilter = 1 + others.length
    const firstSlice = firstFilter + filterKeys.length
    let division: Division | undefined
    for (const task of this.#tasks()) {
      if (task === 0) yield* this.#setUp()
      else if (task < firstFilter) this.#addColumn(others[task - 1]!)
      else {
        yield* this.#reached(SET_UP, 1)
        if (task < firstSlice) this.#addFilter(filterKeys[task - firstFilter]!)
        else {
          division ??= this.#words[CHAINS] === 0 ? undefined : this.#division(this.#keyBlocks())
          if (
            division === undefined ||
            task >= firstSlice + division.sliceCount + lastSteps(division)
          )
            break
          yield* this.#runStep(task - firstSlice, division)
        }
      }
      yield
    }
    // The others still read the lists that are here, but where the query has failed; then it gives them back.
    if (division !== undefined) yield* this.#reached(ENDED_PARTS, lastSteps(division))
    this.#lists.close()
  }

  finish(): SharedBuildPart {
    return {
      rowCount: this.#rowCount,
      columns: this.#columns,
      filters: this.#filters,
      index: this.#index,
      marks: this.#marks,
      hasDuplicates: this.#hasDuplicates,
    }
  }

  close(): void {
    this.#scratch.close()
  }

  /** Numbers of tasks that no other driver has taken. */
  *#tasks(): Generator<number> {
    for (;;) yield Atomics.add(this.#words, NEXT_TASK, 1)
  }

  #note(word: number): void {
    Atomics.add(this.#words, word, 1)
    Atomics.notify(this.#words, word)
  }

  /** Waits until a word has counted so many; what runs the steps ends them where the query has ended. */
  *#reached(word: number, count: number): Generator<void> {
    const words = this.#words
    for (;;) {
      const now = Atomics.load(words, word)
      if (now >= count) return
      Atomics.wait(words, word, now, WAIT_MILLIS)
      yield
    }
  }

  /** Puts the key columns together and makes room for what all drivers write to; or makes the index where no range holds the keys. */
  *#setUp(): Generator<void> {
    const { keyChannels, marksMatches } = this.#spec
    const { queryArena } = this.#context
    const columns = new Map([...new Set(keyChannels)].map((c) => [c, this.#addColumn(c)]))
    const keyBlocks = keyChannels.map((channel) => columns.get(channel)!)
    yield
    if (marksMatches) this.#marks = createMatchMarks(this.#rowCount, queryArena)
    const division = this.#division(keyBlocks)
    if (division !== undefined && this.#fits(division)) {
      this.#index = this.#emptyIndex(division, keyBlocks.some(hasNull))
    } else {
      const createArena = () => this.#context.createArena()
      this.#index = yield* buildJoinIndex(keyBlocks, this.#rowCount, this.#keyTypes(), createArena)
      this.#hasDuplicates = this.#index.next !== 0
    }
    const keys = this.#pageWords.place({ rowCount: this.#rowCount, blocks: keyBlocks })
    const place = queryArena.allocate(keys.byteLength)
    new Float64Array(place.buffer, place.byteOffset, keys.length).set(keys)
    this.#words[KEYS] = place.byteOffset
    this.#words[KEYS_LENGTH] = keys.length
    this.#note(SET_UP)
  }

  #emptyIndex({ encoder, addressing, size }: Division, hasNullKey: boolean): JoinIndexState {
    const isTable = addressing === 'hash'
    const words = this.#words
    const rowCount = this.#rowCount
    const kept = this.#context.createArena()
    const room = (byteLength: number) => kept.allocate(byteLength).byteOffset
    // A part clears what is its own. Its heads begin at the number of the rows before it, as if no key came twice.
    words[HEADS] = room(isTable ? size * SLOT_BYTES : (addressing === 'rank' ? rowCount : size) * 4)
    words[CHAINS] = room(rowCount * 4)
    words[ENTRIES] = addressing === 'rank' ? room(entriesFor(size) << ENTRY_BYTES_LOG2) : 0
    return {
      rowCount,
      hasNullKey,
      encoder: encoder.state(),
      heads: isTable ? 0 : words[HEADS],
      next: words[CHAINS],
      ranks: addressing === 'rank' ? { entries: words[ENTRIES] } : undefined,
      table: isTable
        ? { slots: words[HEADS], slotCount: size, keyOf: 0, count: rowCount }
        : undefined,
    }
  }

  /** A table that grows with the keys takes less than one of all rows where most come often. */
  #fits({ addressing, size }: Division): boolean {
    return addressing !== 'hash' || 2 * size * SLOT_BYTES < this.#context.freeBytes()
  }

  #keyTypes(): readonly SqlType[] {
    return this.#spec.keyChannels.map((channel) => this.#spec.types[channel]!)
  }

  /** The key columns that one driver has put together. */
  #keyBlocks(): readonly Block[] {
    const { buffer } = this.#memory
    const words = new Float64Array(buffer, this.#words[KEYS], this.#words[KEYS_LENGTH])
    return this.#pageWords.read(words, this.#keyTypes()).blocks
  }

  /** How the keys are divided, the same in all drivers; undefined where no range holds them. */
  #division(keyBlocks: readonly Block[]): Division | undefined {
    const rowCount = this.#rowCount
    const types = this.#keyTypes()
    if (rowCount === 0 || types.some((type) => keyKind(type) !== 'range')) return undefined
    const status = this.#lists.allocate(16)
    const encoder = new KeyEncoder(
      this.#memory,
      () => this.#context.createArena(),
      new Int32Array(status.buffer, status.byteOffset, 4),
      types,
      RANGE_MAX_HASHED,
    )
    encoder.prepare(keyBlocks, rowCount, this.#lists)
    encoder.recode(0, 0, this.#lists)
    const isRange = types.every((_, key) => encoder.column(key).kind === 'range')
    if (!isRange || encoder.layout.words > 1) return undefined
    const addressing = addressingOf(encoder.layout.size, rowCount)
    const size = addressing === 'hash' ? slotsFor(rowCount) : encoder.layout.size
    const wanted = Math.min(PARTS_MAX, Math.max(2, Math.ceil(rowCount / PART_ROWS)))
    const shift = Math.max(CODES_PER_ENTRY_LOG2, Math.ceil(Math.log2(size / wanted)))
    // Bitmaps have eight rows a byte.
    const sliceRows = Math.max(SLICE_ROWS_MIN, 8 * Math.ceil(rowCount / SLICES_MAX / 8))
    return {
      keyBlocks,
      encoder,
      addressing,
      size,
      shift,
      partCount: Math.ceil(size / 2 ** shift),
      sliceRows,
      sliceCount: Math.ceil(rowCount / sliceRows),
    }
  }

  /** Divides the codes of a slice; or, with all slices divided, indexes a part; or, with all parts indexed, what is left. */
  *#runStep(step: number, division: Division): Generator<void> {
    const { sliceCount, partCount, addressing } = division
    if (step < sliceCount) {
      this.#divide(step, division)
      return
    }
    yield* this.#reached(DIVIDED_SLICES, sliceCount)
    const part = step - sliceCount
    if (part === partCount) {
      yield* this.#reached(ENDED_PARTS, partCount)
      this.#insertLeft(division)
    } else if (addressing === 'hash') this.#insertPart(part, division)
    else this.#chainPart(part, division)
    this.#note(ENDED_PARTS)
  }

  /** Divides the codes of a slice's rows into parts. */
  #divide(slice: number, division: Division): void {
    const { encoder, keyBlocks, addressing, sliceRows, size, shift, partCount } = division
    const from = slice * sliceRows
    const count = Math.min(sliceRows, this.#rowCount - from)
    const blocks = keyBlocks.map((block) => sliceBlock(block, from, count, this.#scratch))
    const { keys } = encoder.prepare(blocks, count, this.#scratch)
    const codes = encoder.encode(keys, this.#scratch)
    const ends = allocateInt32(this.#lists, partCount).fill(0).byteOffset
    const pairs = this.#lists.allocate(count * PAIR_BYTES[addressing]).byteOffset
    const kernels = partitionKernels(this.#memory)
    if (addressing === 'hash') {
      const hashShift = shiftOf(size) + BigInt(shift)
      kernels.splitHashed(codes, count, from, hashShift, partCount, ends, pairs)
    } else kernels.split(codes, count, from, shift, partCount, ends, pairs)
    this.#scratch.reset()
    this.#words.set([ends, pairs], FIRST_SLICE + slice * SLICE_WORDS)
    this.#note(DIVIDED_SLICES)
  }

  /** The rows of a part in each slice, the last slice first, and how many rows are in the parts before it. */
  #runsOf(part: number, { addressing, partCount, sliceCount }: Division) {
    const runs: PairRun[] = []
    let rowsBefore = 0
    for (let slice = sliceCount - 1; slice >= 0; slice--) {
      const place = FIRST_SLICE + slice * SLICE_WORDS
      const ends = new Int32Array(this.#memory.buffer, this.#words[place], partCount)
      const start = part === 0 ? 0 : ends[part - 1]!
      const count = ends[part]! - start
      rowsBefore += start
      const pairs = this.#words[place + 1]! + start * PAIR_BYTES[addressing]
      if (count > 0) runs.push({ pairs, count })
    }
    return { runs, rowsBefore }
  }

  #clear(address: number, byteLength: number): void {
    new Uint8Array(this.#memory.buffer, address, byteLength).fill(0)
  }

  /** Chains the rows of a part of the codes; nobody else touches what lies in it. */
  #chainPart(part: number, division: Division): void {
    const { addressing, size, shift } = division
    const words = this.#words
    const [heads, next, entries] = [words[HEADS]!, words[CHAINS]!, words[ENTRIES]!]
    const { runs, rowsBefore } = this.#runsOf(part, division)
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
      this.#hasDuplicates ||= duplicates > 0
    }
  }

  /** Puts the rows of a part into its slots. What would run over into the next part, which another driver may be at, is left. */
  #insertPart(part: number, division: Division): void {
    const { shift } = division
    const first = part * 2 ** shift
    this.#clear(this.#words[HEADS]! + first * SLOT_BYTES, 2 ** shift * SLOT_BYTES)
    for (const { pairs, count } of this.#runsOf(part, division).runs) {
      const left = this.#insert({ pairs, count }, division, first + 2 ** shift)
      if (left > 0) this.#leave(pairs + (count - left) * PAIR_BYTES.hash, left)
    }
  }

  /** @param end the slot before which there is place; -1: any slot of the table. @returns how many pairs found none */
  #insert({ pairs, count }: PairRun, { size }: Division, end: number): number {
    const [slots, next] = [this.#words[HEADS]!, this.#words[CHAINS]!]
    const status = allocateInt32(this.#scratch, 1).fill(0)
    const left = partitionKernels(this.#memory).insert(
      pairs,
      count,
      slots,
      shiftOf(size),
      size - 1,
      end,
      next,
      status.byteOffset,
    )
    this.#hasDuplicates ||= status[0] !== 0
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
  #insertLeft(division: Division): void {
    const left: PairRun[] = []
    for (let address = this.#words[LEFT]!; address !== 0; ) {
      const [before, pairs, count] = new Int32Array(this.#memory.buffer, address, 3)
      left.push({ pairs: pairs!, count: count! })
      address = before!
    }
    for (const run of left.reverse()) this.#insert(run, division, -1)
  }

  /** Puts a column together. */
  #addColumn(channel: number): Block {
    const block = buildColumn(this.#spec, this.#pages, channel, this.#context.queryArena)
    const words = this.#pageWords.place({ rowCount: this.#rowCount, blocks: [block] })
    this.#columns.push([channel, words])
    return block
  }

  #addFilter(key: number): void {
    const createArena = () => this.#context.createArena()
    const block = this.#keyBlocks()[key]!
    const [filter] = keyFilterStates([block], this.#context.queryArena, createArena)
    this.#filters.push([key, filter!])
  }
}

/** Steps after all slices have been divided: the parts, and what is left of those of a table. */
const lastSteps = ({ partCount, addressing }: Division): number =>
  partCount + (addressing === 'hash' ? 1 : 0)

/** Entries of a rank map for so many codes. */
const entriesFor = (codes: number): number => Math.ceil(codes / 2 ** CODES_PER_ENTRY_LOG2)
