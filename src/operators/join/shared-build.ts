import { zeroed } from '../../expressions/wasm/buffers.js'
import type { Arena, Block, FlatBlock, Page, SqlType } from '../../spi/index.js'
import type { SharedPages } from '../create-operator.js'
import { type KeyFilterState, keyFilterStates } from '../keys/key-filter.js'
import type { OperatorContext } from '../operator.js'
import { memoryOf } from '../operator-memory.js'
import { buildColumn, keptPage, keptTypes } from './build-columns.js'
import { buildJoinIndex, hasNull, type JoinIndexState } from './join-index.js'
import type { JoinIndexSpec } from './join-index-sink.js'
import { headsOfKeys, keyOrder, moved } from './key-order.js'
import { createMatchMarks } from './match-marks.js'
import { type KeyPlan, planKeys, sharedKeys, sourceOf } from './shared-keys.js'
import {
  addressAt,
  note,
  reached,
  SHARED_TABLE_WORDS,
  SharedTable,
  SOURCE,
  tableBytes,
} from './shared-table.js'

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
  /** Whether it knows of a key that comes twice. */
  readonly hasDuplicates: boolean
}

/** Words that the drivers share. */
const NEXT_TASK = 0
/** 1 when the key columns are there, and the index has been set up or made. */
const SET_UP = 1
/** Where the page words of the key columns lie, and how many there are. */
const KEYS = 2
const KEYS_LENGTH = 3
/** Where the words of the tables lie that are filled; 0: the index is whole. */
const TABLES = 4
/** Where the heads lie that rows can be put in the order of; 0: none. */
const KEY_HEADS = 5
export const SHARED_BUILD_WORDS = 6

/**
 * Builds the index of a join in all drivers of its pipeline. They take tasks from a counter: to put the keys together and set up what
 * all write to, to put another column together, to divide the codes of some rows by their range, to chain the rows of a range. No two
 * write to the same place, so that there is nothing to lock; what has to be there first is waited for, which is at most a task that
 * another driver is at. Texts and doubles are first given numbers by tables of their own, as are the words of a key that takes more than
 * one ({@link planKeys}). Keys of types without hashes are indexed by one driver, while the others see to the columns.
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
  /** Columns that no other driver reads. It stays, unless they are moved. */
  readonly #collected: Arena
  /** All drivers have the same, in the same order. */
  readonly #pages: Page[] = []
  #rowCount = 0
  readonly #columns = new Map<number, Block>()
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
    this.#collected = context.createArena()
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
    const firstStep = firstFilter + filterKeys.length
    let tables: readonly SharedTable[] | undefined
    for (const task of this.#tasks()) {
      if (task === 0) yield* this.#setUp()
      else if (task < firstFilter) this.#addColumn(others[task - 1]!)
      else {
        yield* reached(this.#words, SET_UP, 1)
        if (task < firstStep) this.#addFilter(filterKeys[task - firstFilter]!)
        else {
          tables ??= this.#openTables()
          if (!(yield* this.#fill(tables, task - firstStep))) break
        }
      }
      yield
    }
    // The others still read the lists that are here, but where the query has failed; then it gives them back.
    for (const table of tables ?? []) yield* table.ended()
    this.#hasDuplicates ||= tables?.at(-1)?.hasDuplicates ?? false
    this.#lists.close()
    yield* this.#putInOrder()
  }

  finish(): SharedBuildPart {
    return {
      rowCount: this.#rowCount,
      columns: [...this.#columns].map(([channel, block]) => [
        channel,
        this.#pageWords.place({ rowCount: this.#rowCount, blocks: [block] }),
      ]),
      filters: this.#filters,
      index: this.#index,
      marks: this.#marks,
      hasDuplicates: this.#hasDuplicates,
    }
  }

  close(): void {
    this.#scratch.close()
  }

  /** Puts the columns that this driver has made in the order of the keys, if these come once; all drivers come to the same. */
  *#putInOrder(): Generator<void> {
    const heads = addressAt(this.#words, KEY_HEADS)
    if (heads === 0 || this.#hasDuplicates || this.#columns.size === 0) return
    const order = keyOrder(heads, this.#rowCount, keptTypes(this.#spec), this.#scratch)
    if (order !== undefined && this.#index !== undefined) this.#index = { ...this.#index, heads: 0 }
    if (order?.moves) {
      yield
      for (const [channel, block] of this.#columns) {
        if (block.rowCount === 0) continue
        const column = moved(block, order, this.#context.queryArena, this.#scratch)
        this.#columns.set(channel, column)
        yield
      }
      this.#collected.close()
    }
    this.#scratch.reset()
  }

  /** Numbers of tasks that no other driver has taken. */
  *#tasks(): Generator<number> {
    for (;;) yield Atomics.add(this.#words, NEXT_TASK, 1)
  }

  /** Puts the key columns together and makes room for what all drivers write to; or makes the index where no range holds the keys. */
  *#setUp(): Generator<void> {
    const { keyChannels, marksMatches } = this.#spec
    const { queryArena } = this.#context
    const columns = new Map([...new Set(keyChannels)].map((c) => [c, this.#addColumn(c)]))
    const keyBlocks = keyChannels.map((channel) => columns.get(channel)!)
    yield
    if (marksMatches) this.#marks = createMatchMarks(this.#rowCount, queryArena)
    const plan = this.#plan(keyBlocks)
    if (plan !== undefined && this.#fits(plan)) {
      this.#index = this.#emptyIndex(plan, keyBlocks)
      this.#words[KEY_HEADS] = headsOfKeys(this.#index) ?? 0
    } else {
      const createArena = () => this.#context.createArena()
      this.#index = yield* buildJoinIndex(keyBlocks, this.#rowCount, this.#keyTypes(), createArena)
      this.#hasDuplicates = this.#index.next !== 0
    }
    const keys = this.#placed({ rowCount: this.#rowCount, blocks: keyBlocks })
    this.#words.set(keys, KEYS)
    note(this.#words, SET_UP)
  }

  /** How the keys are divided, the same in all drivers; undefined where one has to index them. */
  #plan(keyBlocks: readonly Block[]): KeyPlan | undefined {
    if (this.#rowCount === 0 || keyBlocks.length === 0) return undefined
    return planKeys(this.#memory, keyBlocks, this.#keyTypes(), this.#rowCount, this.#lists)
  }

  /** Tables that grow with the keys take less than those of all rows where most come often. */
  #fits({ tables }: KeyPlan): boolean {
    const neededBytes = tables.reduce((sum, { shape }) => sum + tableBytes(shape), 0)
    return 2 * neededBytes < this.#context.freeBytes()
  }

  /** Makes room for the tables, and what leads to the rows once these have been filled. */
  #emptyIndex(plan: KeyPlan, keyBlocks: readonly Block[]): JoinIndexState {
    const kept = this.#context.createArena()
    const area = zeroed(kept.allocate(plan.tables.length * SHARED_TABLE_WORDS * 4))
    this.#words[TABLES] = area.byteOffset
    for (const [i, { of, shape }] of plan.tables.entries()) {
      const words = this.#tableWords(i)
      SharedTable.makeRoom(shape, words, kept, plan.numbersRows)
      if (of === 'key' || 'word' in of) continue
      const kind = plan.kinds[of.column] === 'bytes' ? 'bytes' : 'int64'
      const source = sourceOf(keyBlocks[of.column]!, kind, kept)
      words.set(this.#placed({ rowCount: source.rowCount, blocks: [source] }), SOURCE)
    }
    const { tables, encoder } = this.#tablesOf(plan, keyBlocks)
    const last = tables.at(-1)!
    const { addressing } = last.shape
    const isTable = addressing === 'hash' && !plan.numbersRows
    return {
      rowCount: this.#rowCount,
      hasNullKey: keyBlocks.some(hasNull),
      encoder,
      heads: plan.numbersRows ? last.numberHeads : isTable ? 0 : last.heads,
      next: last.chains,
      ranks: addressing === 'rank' ? { entries: last.entries } : undefined,
      table: isTable
        ? { slots: last.heads, slotCount: last.shape.size, keyOf: 0, count: this.#rowCount }
        : undefined,
    }
  }

  /** Places the description of a page for all drivers. @returns its address and length */
  #placed(page: Page): readonly [address: number, length: number] {
    const words = this.#pageWords.place(page)
    const place = this.#context.queryArena.allocate(words.byteLength)
    new Float64Array(place.buffer, place.byteOffset, words.length).set(words)
    return [place.byteOffset, words.length]
  }

  #tableWords(index: number): Int32Array {
    const address = addressAt(this.#words, TABLES) + index * SHARED_TABLE_WORDS * 4
    return new Int32Array(this.#memory.buffer, address, SHARED_TABLE_WORDS)
  }

  /** The tables that are to be filled; none where the index is whole. */
  #openTables(): readonly SharedTable[] {
    if (this.#words[TABLES] === 0) return []
    const keyBlocks = this.#keyBlocks()
    return this.#tablesOf(this.#plan(keyBlocks)!, keyBlocks).tables
  }

  #tablesOf(plan: KeyPlan, keyBlocks: readonly Block[]) {
    const types = this.#keyTypes()
    const words = plan.tables.map((_, i) => this.#tableWords(i))
    const place = { memory: this.#memory, scratch: this.#scratch, lists: this.#lists }
    const sources = plan.tables.map(({ of }, i) => {
      if (of === 'key' || 'word' in of) return undefined
      const address = addressAt(words[i]!, SOURCE)
      return this.#read(address, words[i]![SOURCE + 1]!, [types[of.column]!])[0] as FlatBlock
    })
    return sharedKeys(plan, { keyBlocks, types, sources, words, place })
  }

  /** Does a step of the tables' filling, those before it having been filled. @returns false where all have been taken */
  *#fill(tables: readonly SharedTable[], step: number): Generator<void, boolean> {
    let own = step
    for (const [i, table] of tables.entries()) {
      if (own < table.stepCount) {
        for (const before of tables.slice(0, i)) yield* before.ended()
        yield* table.run(own)
        return true
      }
      own -= table.stepCount
    }
    return false
  }

  #keyTypes(): readonly SqlType[] {
    return this.#spec.keyChannels.map((channel) => this.#spec.types[channel]!)
  }

  /** The key columns that one driver has put together. */
  #keyBlocks(): readonly Block[] {
    return this.#read(addressAt(this.#words, KEYS), this.#words[KEYS_LENGTH]!, this.#keyTypes())
  }

  #read(address: number, length: number, types: readonly SqlType[]): readonly Block[] {
    return this.#pageWords.read(new Float64Array(this.#memory.buffer, address, length), types)
      .blocks
  }

  /** Puts a column together. */
  #addColumn(channel: number): Block {
    const isKey = this.#spec.keyChannels.includes(channel)
    const arena = isKey ? this.#context.queryArena : this.#collected
    const block = buildColumn(this.#spec, this.#pages, channel, arena)
    this.#columns.set(channel, block)
    return block
  }

  #addFilter(key: number): void {
    const createArena = () => this.#context.createArena()
    const block = this.#keyBlocks()[key]!
    const [filter] = keyFilterStates([block], this.#context.queryArena, createArena)
    this.#filters.push([key, filter!])
  }
}
