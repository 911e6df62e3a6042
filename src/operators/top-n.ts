import { copyBlock } from '../expressions/wasm/import.js'
import type { Arena, Block, Page, SqlType } from '../spi/index.js'
import { ColumnStore } from './kernels/column-store.js'
import { gatherBlock, nullBlock } from './kernels/gather.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import { memoryOf } from './operator-memory.js'
import { slicePages } from './slice-pages.js'
import { leadingKeyDecides, leadingKeys, selectAtMost } from './sort/leading-key.js'
import { type RowOrder, rowOrder } from './sort/row-order.js'
import type { SharedBound } from './sort/shared-bound.js'
import { sortPositions } from './sort/sort-positions.js'
import { type RowsUpTo, rowsUpTo } from './sort/threshold.js'
import type { ChannelOrder, TopNSpec } from './spec.js'

export const createTopN = (spec: TopNSpec, context: OperatorContext): Operator =>
  new TopNOperator(spec, context)

const ALL_ONES = (1n << 64n) - 1n
/** Candidates beyond twice the count that are kept before they are sorted. */
const SLACK_ROWS = 1024

/** The last of the rows that would be the answer now: rows after it are dropped. */
interface Threshold {
  readonly row: readonly Block[]
  readonly leadingKey: bigint
}

/**
 * Keeps the first rows of an order in memory for about three times their number. Once there are enough, a page loses all
 * rows after the last of them to one comparison of 64-bit keys a row. Drivers of one top-N share the least such key. Of equal rows the
 * first to come is kept.
 * @source Trino TopNOperator
 */
class TopNOperator implements Operator {
  readonly #spec: TopNSpec
  readonly #context: OperatorContext
  readonly #memory: WebAssembly.Memory
  /** Work on one page. */
  readonly #scratch: Arena
  readonly #output: Arena
  readonly #order: RowOrder
  readonly #leading: ChannelOrder
  readonly #leadingDecides: boolean
  readonly #sharedBound: SharedBound | undefined
  #candidates: Arena
  #store: ColumnStore
  #threshold: Threshold | undefined

  constructor(spec: TopNSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#scratch = context.createArena()
    this.#output = context.createArena()
    this.#candidates = context.createArena()
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
    const { types, orderBy, count } = this.#spec
    this.#scratch.reset()
    const { rowCount } = this.#store
    const blocks = this.#store.finish(this.#scratch)
    const sorted = sortPositions(this.#memory, blocks, orderBy, rowCount, this.#scratch)
    const kept = Math.min(count, rowCount)
    const candidates = this.#context.createArena()
    const first = sorted.subarray(0, kept)
    const rows = blocks.map((block) => gatherBlock(block, first, kept, this.#scratch))
    this.#candidates.close()
    this.#candidates = candidates
    this.#store = new ColumnStore(types, candidates)
    this.#store.append({ rowCount: kept, blocks: rows })
    this.#threshold = kept < count ? undefined : this.#thresholdAt(rows, kept - 1, types)
    if (this.#threshold !== undefined) this.#sharedBound?.lower(this.#threshold.leadingKey)
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
    if (this.#store.rowCount === 0) return
    this.#compact()
    const { rowCount } = this.#store
    this.#scratch.reset()
    const blocks = this.#store.finish(this.#scratch)
    yield* slicePages(blocks, rowCount, this.#context.settings.outputPageRows, this.#output)
  }

  close(): void {
    this.#scratch.close()
    this.#output.close()
    this.#candidates.close()
  }
}
