import { allocateInt32 } from '../expressions/wasm/buffers.js'
import { type Arena, type Block, INTEGER, type Page, type SqlType } from '../spi/index.js'
import { integerColumn } from './integer-column.js'
import { ColumnStore } from './kernels/column-store.js'
import { gatherBlock } from './kernels/gather.js'
import { Partitioner } from './keys/partitioner.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import { memoryOf } from './operator-memory.js'
import { rowPeers } from './sort/row-order.js'
import { sortPositions } from './sort/sort-positions.js'
import type { ChannelOrder, TopNRankingSpec } from './spec.js'

export const createTopNRanking = (spec: TopNRankingSpec, context: OperatorContext): Operator =>
  new TopNRankingOperator(spec, context)

/** Rows that are kept beyond twice what was left the last time, before they are ranked again. */
const SLACK_ROWS = 65_536

/** Rows in window order that are within the limit. */
interface Ranked {
  readonly positions: Int32Array
  readonly rankings: Int32Array
}

/**
 * The rows of each partition whose row_number, rank or dense_rank is at most N, with it. Rows are kept and thinned out when
 * they have doubled, so that memory stays near what the answer needs.
 * @source Trino TopNRankingOperator
 */
class TopNRankingOperator implements Operator {
  readonly finished = false
  readonly #spec: TopNRankingSpec
  readonly #context: OperatorContext
  /** Types of the store: the input's, then the partition's number. */
  readonly #types: readonly SqlType[]
  readonly #order: readonly ChannelOrder[]
  readonly #partitions: Partitioner
  readonly #scratch: Arena
  readonly #output: Arena
  #kept: Arena
  #store: ColumnStore
  #limit = SLACK_ROWS

  constructor(spec: TopNRankingSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#types = [...spec.types, INTEGER]
    const partition = { channel: spec.types.length, ascending: true, nullsFirst: false }
    this.#order = [partition, ...spec.orderBy]
    this.#partitions = new Partitioner(spec.partitionBy, spec.types, context)
    this.#scratch = context.createArena()
    this.#output = context.createArena()
    this.#kept = context.createArena()
    this.#store = new ColumnStore(this.#types, this.#kept)
  }

  process(page: Page): readonly Page[] {
    this.#scratch.reset()
    const groups = this.#partitions.add(page, this.#scratch)
    const { rowCount, blocks } = page
    this.#store.append({ rowCount, blocks: [...blocks, integerColumn(groups, INTEGER)] })
    if (this.#store.rowCount >= this.#limit) this.#thinOut()
    return NO_PAGES
  }

  /** Drops the rows beyond the ranking; those left stand in window order before the ones to come. */
  #thinOut(): void {
    this.#scratch.reset()
    const blocks = this.#store.finish(this.#scratch)
    const { positions } = this.#rank(blocks, this.#store.rowCount)
    const kept = this.#context.createArena()
    const store = new ColumnStore(this.#types, kept)
    store.append({ rowCount: this.#store.rowCount, blocks }, positions, positions.length)
    this.#kept.close()
    this.#kept = kept
    this.#store = store
    this.#limit = 2 * store.rowCount + SLACK_ROWS
  }

  #rank(blocks: readonly Block[], rowCount: number): Ranked {
    const memory = memoryOf(this.#scratch)
    const positions = sortPositions(memory, blocks, this.#order, rowCount, this.#scratch)
    const rankings = allocateInt32(this.#scratch, rowCount)
    const isPeer = rowPeers(this.#spec.orderBy, this.#spec.types)
    const partitions = rowPeers(this.#order.slice(0, 1), this.#types)
    const { ranking, maxRanking, partitionBy } = this.#spec
    let kept = 0
    // The row before: its place among the positions may have been overwritten.
    let before = -1
    let rowNumber = 0
    let rank = 0
    let denseRank = 0
    // No later row of its partition is within the limit: none is compared with the one before it.
    let isBeyond = false
    for (let i = 0; i < rowCount; i++) {
      const at = positions[i]!
      if (partitionBy.length > 0 && (before < 0 || !partitions(blocks, before, blocks, at))) {
        rowNumber = 0
        rank = 0
        denseRank = 0
        isBeyond = false
      }
      if (isBeyond && partitionBy.length === 0) break
      rowNumber += 1
      if (!isBeyond && (rowNumber === 1 || !isPeer(blocks, before, blocks, at))) {
        rank = rowNumber
        denseRank += 1
      }
      before = at
      const value = ranking === 'row_number' ? rowNumber : ranking === 'rank' ? rank : denseRank
      isBeyond ||= value > maxRanking
      if (isBeyond) continue
      positions[kept] = at
      rankings[kept++] = value
    }
    return { positions: positions.subarray(0, kept), rankings: rankings.subarray(0, kept) }
  }

  *finish(): Generator<Page, void> {
    if (this.#store.rowCount === 0) return
    this.#scratch.reset()
    const blocks = this.#store.finish(this.#scratch)
    const { positions, rankings } = this.#rank(blocks, this.#store.rowCount)
    const { outputPageRows } = this.#context.settings
    const inputs = blocks.slice(0, this.#spec.types.length)
    for (let from = 0; from < positions.length; from += outputPageRows) {
      if (this.#context.isCancelled()) return
      this.#output.reset()
      const rowCount = Math.min(outputPageRows, positions.length - from)
      const picked = positions.subarray(from, from + rowCount)
      yield {
        rowCount,
        blocks: [
          ...inputs.map((block) => gatherBlock(block, picked, rowCount, this.#output)),
          integerColumn(rankings.subarray(from, from + rowCount)),
        ],
      }
    }
  }

  close(): void {
    this.#partitions.close()
    this.#scratch.close()
    this.#output.close()
    this.#kept.close()
  }
}
