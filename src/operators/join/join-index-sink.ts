import type { Arena, Block, Page, SqlType } from '../../spi/index.js'
import { ColumnStore } from '../kernels/column-store.js'
import {
  type KeyFilterState,
  type KeyFilterStates,
  keyFilterStates,
  openFilter,
} from '../keys/key-filter.js'
import type { MemoryScope, OperatorContext } from '../operator.js'
import { ownedPage } from '../spill/owned-page.js'
import { SPILL_LEVELS_MAX, SpillPartitions } from '../spill/spill-partitions.js'
import type { SpilledPages } from '../spill/spill-space.js'
import {
  type BuildColumnsSpec,
  buildColumn,
  emptyBlock,
  keptPage,
  keptTypes,
} from './build-columns.js'
import { buildJoinIndex, EMPTY_JOIN_INDEX, hasNull, type JoinIndexState } from './join-index.js'
import { headsOfKeys, type KeyOrder, keyOrder, moved } from './key-order.js'
import { createMatchMarks } from './match-marks.js'

/** State that a join's build side leaves: its columns in one piece each, and the index over the keys. */
export interface JoinBuildState extends KeyFilterStates {
  readonly index: JoinIndexState
  /** Columns as page words; channels that are not kept are empty null blocks. */
  readonly words: Float64Array
  /** Where all drivers note which rows have found a match; 0 where nobody asks. */
  readonly marks: number
  /** Present: the rows are on disk, and `index` and `words` are those of no rows. */
  readonly spilled?: SpilledBuild
}

/** A build side on disk, divided by the hash of its keys. */
export interface SpilledBuild {
  readonly partitions: readonly SpilledPages[]
  readonly level: number
  readonly keyChannels: readonly number[]
  readonly keysOnly: boolean
  readonly hasNullKey: boolean
}

export interface JoinIndexSpec extends BuildColumnsSpec {
  /** Rows without a match are asked for. */
  readonly marksMatches: boolean
  /** Keys, by their place, that dynamic filters are made of. */
  readonly filterKeys: readonly number[]
}

/** What the index of a row takes while it is made, beside the pages. */
export const INDEX_BYTES_PER_ROW = 40
/** A build side may take this part of the memory that is left; the rest is for what comes after it. */
const SHARES_OF_FREE_BYTES = 2
/** Below this, nothing is won by dividing. */
const SPILLED_ROWS_MIN = 4096
/** Collected pages that are written before one that comes, or in a step. */
const PAGES_PER_STEP = 2
/** Keys of filters are kept while they take this part of the memory that is left. */
const FILTER_SHARES_OF_FREE_BYTES = 8

/** Collects the build side of a join and indexes it, or divides it on disk where it would take too much memory. */
export class JoinIndexSink {
  readonly #spec: JoinIndexSpec
  readonly #context: OperatorContext
  readonly #level: number
  /** Pages as they come, until they are put together. */
  readonly #collected: MemoryScope
  readonly #collectedArena: Arena
  #pages: Page[] = []
  #rowCount = 0
  readonly #writeWords: (page: Page) => Float64Array
  #spilled: SpillPartitions | undefined
  #hasNullKey = false
  #state: JoinBuildState | undefined
  /** Of a spilled side: the keys of filters, while they are not too many. */
  #filterColumns: ColumnStore | undefined
  readonly #filterKeys: MemoryScope

  /** @param level how often the rows have been divided on disk before */
  constructor(
    spec: JoinIndexSpec,
    context: OperatorContext,
    writeWords: (page: Page) => Float64Array,
    level = 0,
  ) {
    this.#spec = spec
    this.#context = context
    this.#level = level
    this.#collected = context.createScope()
    this.#filterKeys = context.createScope()
    this.#collectedArena = this.#collected.createArena()
    this.#writeWords = writeWords
  }

  add(page: Page): void {
    const { rowCount } = page
    this.#rowCount += rowCount
    if (this.#spilled !== undefined) {
      this.#spillCollected(PAGES_PER_STEP)
      this.#spill(page)
      return
    }
    const kept = keptPage(this.#spec, page)
    this.#pages.push(this.#spec.stablePages ? kept : ownedPage(kept, this.#collectedArena))
    if (this.#isTooLarge()) this.#startToSpill()
  }

  #isTooLarge(): boolean {
    const { spill, driverCount } = this.#context
    if (spill === undefined || this.#level >= SPILL_LEVELS_MAX) return false
    if (this.#spec.keyChannels.length === 0) return false
    if (spill.isEager && this.#level === 0) return true
    if (this.#rowCount < SPILLED_ROWS_MIN) return false
    const neededBytes = this.#collected.heldBytes + INDEX_BYTES_PER_ROW * this.#rowCount
    return (
      neededBytes * SHARES_OF_FREE_BYTES * driverCount > this.#context.freeBytes() ||
      !this.#context.reserve(neededBytes)
    )
  }

  #startToSpill(): void {
    const { keyChannels, filterKeys } = this.#spec
    this.#spilled = new SpillPartitions(this.#context, keyChannels, this.#level)
    if (filterKeys.length > 0) {
      this.#filterColumns = new ColumnStore(this.#filterTypes(), this.#filterKeys.createArena())
    }
  }

  /** Writes some of the pages that had been collected; all of them at once would take long. */
  #spillCollected(count: number): void {
    if (this.#pages.length === 0) return
    for (const page of this.#pages.splice(-count)) this.#spill(page)
    if (this.#pages.length === 0) this.#collected.close()
  }

  #filterTypes(): readonly SqlType[] {
    const { filterKeys, keyChannels, types } = this.#spec
    return filterKeys.map((key) => types[keyChannels[key]!]!)
  }

  #spill(page: Page): void {
    const { keyChannels, filterKeys } = this.#spec
    const { rowCount } = page
    this.#hasNullKey ||= keyChannels.some((channel) => hasNull(page.blocks[channel]!))
    this.#spilled!.append(keptPage(this.#spec, page))
    const keyBytes = this.#rowCount * filterKeys.length * 8
    if (keyBytes * FILTER_SHARES_OF_FREE_BYTES > this.#context.freeBytes()) {
      this.#filterColumns = undefined
      this.#filterKeys.close()
    }
    const blocks = filterKeys.map((key) => page.blocks[keyChannels[key]!]!)
    this.#filterColumns?.append({ rowCount, blocks })
  }

  /** Makes the index, in steps between which the event loop may take its turn; where nobody has, {@link finish} does. */
  *prepare(): Generator<void, void> {
    while (this.#spilled !== undefined && this.#pages.length > 0) {
      this.#spillCollected(PAGES_PER_STEP)
      yield
    }
    this.#state ??=
      this.#spilled === undefined ? yield* this.#indexed() : this.#divided(this.#spilled)
    this.#context.reserve(0)
  }

  finish(): JoinBuildState {
    for (const _ of this.prepare());
    return this.#state!
  }

  *#indexed(): Generator<void, JoinBuildState> {
    const { types, keyChannels, filterKeys, marksMatches } = this.#spec
    const rowCount = this.#rowCount
    const arena = this.#context.queryArena
    const collected = this.#context.createArena()
    const made: Block[] = []
    for (const channel of types.keys()) {
      made.push(buildColumn(this.#spec, this.#pages, channel, collected))
      if (rowCount > 0) yield
    }
    const found = yield* buildJoinIndex(
      keyChannels.map((channel) => made[channel]!),
      rowCount,
      keyChannels.map((channel) => types[channel]!),
      () => this.#context.createArena(),
    )
    yield
    const scratch = this.#context.createArena()
    const order = this.#orderOf(found, scratch)
    const index = order === undefined ? found : { ...found, heads: 0 }
    const columns = order?.moves
      ? made.map((c) => (c.rowCount === 0 ? c : moved(c, order, arena, scratch)))
      : made
    scratch.close()
    if (order?.moves) collected.close()
    if (rowCount > 0) yield
    const filters = keyFilterStates(
      keyChannels.map((channel, key) => (filterKeys.includes(key) ? columns[channel] : undefined)),
      arena,
      () => this.#context.createArena(),
    )
    const words = this.#writeWords({ rowCount, blocks: columns })
    return { index, filters, words, marks: marksMatches ? createMatchMarks(rowCount, arena) : 0 }
  }

  #orderOf(index: JoinIndexState, arena: Arena): KeyOrder | undefined {
    const heads = index.next === 0 ? headsOfKeys(index) : undefined
    return heads === undefined
      ? undefined
      : keyOrder(heads, index.rowCount, keptTypes(this.#spec), arena)
  }

  #divided(spilled: SpillPartitions): JoinBuildState {
    const { types, keyChannels, keysOnly } = this.#spec
    return {
      index: EMPTY_JOIN_INDEX,
      words: this.#writeWords({ rowCount: 0, blocks: types.map(emptyBlock) }),
      filters: this.#spilledFilters(),
      marks: 0,
      spilled: {
        partitions: spilled.seal(),
        level: this.#level,
        keyChannels,
        keysOnly,
        hasNullKey: this.#hasNullKey,
      },
    }
  }

  /** Filters of keys that were kept beside the files; else such as let every key through. */
  #spilledFilters(): readonly (KeyFilterState | undefined)[] {
    const { filterKeys, keyChannels, types } = this.#spec
    const columns = this.#filterColumns?.finish(this.#filterKeys.createArena())
    return keyChannels.map((channel, key) => {
      const place = filterKeys.indexOf(key)
      if (place < 0) return undefined
      if (columns === undefined) return openFilter(types[channel]!)
      const { queryArena } = this.#context
      return keyFilterStates([columns[place]!], queryArena, () => this.#context.createArena())[0]
    })
  }

  close(): void {
    this.#collected.close()
    this.#filterKeys.close()
  }
}
