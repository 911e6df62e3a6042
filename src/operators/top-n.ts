import { copyBlock } from '../expressions/wasm/import.js'
import type { Arena, Block, Page, SqlType } from '../spi/index.js'
import { ColumnStore } from './kernels/column-store.js'
import { gatherBlock, nullBlock } from './kernels/gather.js'
import {
  type MemoryScope,
  NO_PAGES,
  noRows,
  type Operator,
  type OperatorContext,
} from './operator.js'
import { memoryOf } from './operator-memory.js'
import { slicePage, slicePages } from './slice-pages.js'
import { leadingKeyDecides, leadingKeys, selectAtMost } from './sort/leading-key.js'
import { type RowOrder, rowOrder } from './sort/row-order.js'
import type { SharedBound } from './sort/shared-bound.js'
import { sortBytesPerRow, sortPositions } from './sort/sort-positions.js'
import { RUN_PAGE_ROWS, SortedRuns } from './sort/sorted-runs.js'
import { type RowsUpTo, rowsUpTo } from './sort/threshold.js'
import type { ChannelOrder, TopNSpec } from './spec.js'
import type { Steps } from './steps.js'

export const createTopN = (spec: TopNSpec, context: OperatorContext): Operator =>
  new TopNOperator(spec, context)

const ALL_ONES = (1n << 64n) - 1n
/** Candidates beyond twice the count that are kept before they are sorted. */
const SLACK_ROWS = 1024
/** What a page of the first rows takes. */
const OUTPUT_BYTES = 1 << 20
/** What three copies of a column leave unfilled of the chunks that they lie in. */
const UNFILLED_BYTES_PER_COLUMN = 1 << 17

/** The last of the rows that would be the answer now: rows after it are dropped. */
interface Threshold {
  readonly row: readonly Block[]
  readonly leadingKey: bigint
}

/**
 * Keeps the first rows of an order in memory for about three times their number. Once there are enough, a page loses all
 * rows after the last of them to one comparison of 64-bit keys a row. Drivers of one top-N share the least such key. Of equal rows the
 * first to come is kept. Asked to give memory back, it writes the first of its rows as a sorted run and keeps the threshold; the first rows
 * of all runs are the answer.
 * @source Trino TopNOperator
 */
class TopNOperator implements Operator {
  readonly #spec: TopNSpec
  readonly #context: OperatorContext
  readonly #memory: WebAssembly.Memory
  /** Work on one page. */
  #scratch: Arena
  readonly #output: Arena
  readonly #order: RowOrder
  readonly #leading: ChannelOrder
  readonly #leadingDecides: boolean
  readonly #sharedBound: SharedBound | undefined
  readonly #runs: SortedRuns
  #scope: MemoryScope
  /** Candidates and the threshold. */
  #candidates: Arena
  #store: ColumnStore
  #threshold: Threshold | undefined

  constructor(spec: TopNSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#scratch = context.createArena()
    this.#output = context.createArena()
    this.#runs = new SortedRuns(spec, context)
    this.#scope = context.createScope()
    this.#candidates = this.#scope.createArena()
    this.#memory = memoryOf(this.#scratch)
    this.#store = new ColumnStore(spec.types, this.#candidates)
    this.#order = rowOrder(spec.orderBy, spec.types)
    this.#leading = spec.orderBy[0]!
    this.#sharedBound = spec.sharesBound === true ? context.sharedBound : undefined
    this.#leadingDecides = leadingKeyDecides(spec.types[this.#leading.channel]!)
  }

  get finished(): boolean {
    return this.#spec.count === 0
  }

  get revocableBytes(): number {
    return this.#store.rowCount === 0 ? 0 : this.#scope.heldBytes
  }

  /** Whole columns, the first rows of these and their copy, beside the candidates; then keys and positions. */
  get neededBytes(): number {
    const { orderBy, types } = this.#spec
    const sortBytes = sortBytesPerRow(orderBy, types) * this.#store.rowCount
    const unfilledBytes = UNFILLED_BYTES_PER_COLUMN * types.length
    return 3 * this.#scope.heldBytes + sortBytes + unfilledBytes + OUTPUT_BYTES
  }

  process(page: Page): readonly Page[] {
    const { count } = this.#spec
    if (count === 0) return NO_PAGES
    this.#scratch.reset()
    let positions = this.#belowThreshold(page)
    if ((positions?.length ?? page.rowCount) > count) positions = this.#firstOf(page, positions)
    this.#store.append(page, positions, positions?.length ?? page.rowCount)
    const limit = this.#threshold === undefined ? count : 2 * count + SLACK_ROWS
    if (this.#store.rowCount >= limit) this.#compact()
    return NO_PAGES
  }

  /** Positions of rows before the threshold; null: all. */
  #belowThreshold(page: Page): Int32Array | null {
    const threshold = this.#threshold
    const block = page.blocks[this.#leading.channel]!
    const sharedKey = this.#sharedBound?.key ?? ALL_ONES
    // Rows of other drivers that have this key itself may come before or after those here.
    if (sharedKey < (threshold?.leadingKey ?? ALL_ONES)) {
      return this.#rowsUpTo(block, sharedKey).positions
    }
    if (threshold === undefined) return null
    const { leadingKey, row } = threshold
    const rows = this.#rowsUpTo(block, leadingKey)
    const dropsTies = this.#isExact(leadingKey) && this.#spec.orderBy.length === 1
    const { positions } = rows
    let kept = 0
    for (const position of positions) {
      if (rows.isTie(position)) {
        if (dropsTies || this.#order(page.blocks, position, row, 0) >= 0) continue
      }
      positions[kept++] = position
    }
    return positions.subarray(0, kept)
  }

  /** Keys at the ends are those of nulls too, and of what was clamped: they decide nothing. */
  #isExact(leadingKey: bigint): boolean {
    return this.#leadingDecides && leadingKey !== 0n && leadingKey !== ALL_ONES
  }

  #rowsUpTo(block: Block, leadingKey: bigint): RowsUpTo {
    const exact = this.#isExact(leadingKey)
      ? rowsUpTo(this.#memory, block, this.#leading, leadingKey, this.#scratch)
      : undefined
    return exact ?? this.#rowsByKey(block, leadingKey)
  }

  #rowsByKey(block: Block, leadingKey: bigint): RowsUpTo {
    const keys = leadingKeys(this.#memory, block, this.#leading, this.#scratch)
    const low = Number(leadingKey & 0xffff_ffffn)
    const high = Number(leadingKey >> 32n)
    return {
      positions: selectAtMost(this.#memory, keys, block.rowCount, leadingKey, this.#scratch),
      isTie: (position) =>
        keys.words[2 * position] === low && keys.words[2 * position + 1] === high,
    }
  }

  /** The first `count` of the given positions, so that no more than those are ever copied. */
  #firstOf(page: Page, positions: Int32Array | null): Int32Array {
    const { orderBy, count } = this.#spec
    const rowCount = positions?.length ?? page.rowCount
    const blocks = [...page.blocks]
    if (positions !== null) {
      for (const { channel } of orderBy) {
        blocks[channel] = gatherBlock(page.blocks[channel]!, positions, rowCount, this.#scratch)
      }
    }
    const sorted = sortPositions(this.#memory, blocks, orderBy, rowCount, this.#scratch)
    const first = sorted.subarray(0, count)
    if (positions !== null) for (let i = 0; i < count; i++) first[i] = positions[first[i]!]!
    // In the order they came, so that equal rows of pages that follow stay behind.
    return first.sort()
  }

  /** Keeps the first `count` candidates, in order, and takes the last of them as the threshold. */
  #compact(): void {
    const { blocks, first } = this.#firstCandidates()
    const rows = blocks.map((block) => gatherBlock(block, first, first.length, this.#scratch))
    const before = this.#replaceCandidates(blocks, first)
    this.#store.append({ rowCount: first.length, blocks: rows })
    before.close()
    this.#renewScratch()
  }

  /** The candidates as whole columns in the scratch arena, and the positions of the first `count`, in order. */
  #firstCandidates(): { readonly blocks: readonly Block[]; readonly first: Int32Array } {
    this.#scratch.reset()
    const { rowCount } = this.#store
    const blocks = this.#store.finish(this.#scratch)
    const { orderBy, count } = this.#spec
    const sorted = sortPositions(this.#memory, blocks, orderBy, rowCount, this.#scratch)
    return { blocks, first: sorted.subarray(0, Math.min(count, rowCount)) }
  }

  /**
   * Begins without candidates. The threshold is the last of the first rows if these are enough: being before the one until now they
   * are never more than it. Otherwise that stays.
   * @returns the memory of the candidates until now, in which parts of `blocks` may lie
   */
  #replaceCandidates(blocks: readonly Block[], first: Int32Array): MemoryScope {
    const { types, count } = this.#spec
    const before = this.#scope
    this.#scope = this.#context.createScope()
    this.#candidates = this.#scope.createArena()
    this.#store = new ColumnStore(types, this.#candidates)
    if (first.length === count) {
      this.#threshold = this.#thresholdAt(blocks, first[count - 1]!, types)
      this.#sharedBound?.lower(this.#threshold.leadingKey)
    } else if (this.#threshold !== undefined) {
      this.#threshold = this.#thresholdAt(this.#threshold.row, 0, types)
    }
    return before
  }

  *revoke(): Steps<void> {
    if (this.#store.rowCount === 0) return
    const { blocks, first } = this.#firstCandidates()
    const before = this.#replaceCandidates(blocks, first)
    try {
      yield* this.#runs.add(this.#pages(blocks, first))
    } finally {
      before.close()
      this.#renewScratch()
    }
  }

  /** Whole columns lay here. */
  #renewScratch(): void {
    this.#scratch.close()
    this.#scratch = this.#context.createArena()
  }

  *#pages(blocks: readonly Block[], first: Int32Array): Generator<Page, void> {
    for (let from = 0; from < first.length; from += RUN_PAGE_ROWS) {
      if (this.#context.isCancelled()) return
      this.#output.reset()
      const picked = first.subarray(from, from + RUN_PAGE_ROWS)
      yield {
        rowCount: picked.length,
        blocks: blocks.map((block) => gatherBlock(block, picked, picked.length, this.#output)),
      }
    }
  }

  #thresholdAt(rows: readonly Block[], position: number, types: readonly SqlType[]): Threshold {
    const at = this.#scratch.allocate(4)
    const positions = new Int32Array(at.buffer, at.byteOffset, 1).fill(position)
    const needed = new Set(this.#spec.orderBy.map(({ channel }) => channel))
    const row = rows.map((block, channel) =>
      needed.has(channel)
        ? // Gathered, a constant would still lie in the scratch arena.
          copyBlock(gatherBlock(block, positions, 1, this.#scratch), this.#candidates)
        : nullBlock(types[channel]!, 1),
    )
    const { channel } = this.#leading
    const { words } = leadingKeys(this.#memory, row[channel]!, this.#leading, this.#scratch)
    return { row, leadingKey: (BigInt(words[1]!) << 32n) | BigInt(words[0]!) }
  }

  *finish(): Generator<Page, void> {
    if (this.#runs.count > 0) {
      yield* this.#firstOfRuns()
      return
    }
    if (this.#store.rowCount === 0) return
    this.#compact()
    const { rowCount } = this.#store
    this.#scratch.reset()
    const blocks = this.#store.finish(this.#scratch)
    yield* slicePages(blocks, rowCount, this.#context.settings.outputPageRows, this.#output)
  }

  *#firstOfRuns(): Generator<Page, void> {
    yield* noRows(this.revoke())
    this.#context.reserve(0)
    let left = this.#spec.count
    for (const page of this.#runs.merged()) {
      this.#output.reset()
      yield slicePage(page, 0, Math.min(left, page.rowCount), this.#output)
      left -= page.rowCount
      if (left <= 0) break
    }
    this.#runs.stop()
  }

  close(): void {
    this.#runs.close()
    this.#scratch.close()
    this.#output.close()
    this.#scope.close()
  }

  describe(): Readonly<Record<string, number>> {
    return this.#runs.describe()
  }
}
