import { compileFilter } from '../../expressions/compile.js'
import type { Expression } from '../../expressions/ir.js'
import { collectChannels } from '../../expressions/ir-walk.js'
import type { PageFilter, Selection } from '../../expressions/page-expression.js'
import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { sliceBlock } from '../../expressions/wasm/import.js'
import {
  type Arena,
  assert,
  type Block,
  type Page,
  readValue,
  type SqlType,
} from '../../spi/index.js'
import { concatBlocks } from '../kernels/concat.js'
import { flattenBlock, gatherBlock, nullBlock } from '../kernels/gather.js'
import { NO_ROWS, type Operator, type OperatorContext } from '../operator.js'
import type { NestedLoopJoinSpec } from '../spec.js'
import { type ConditionOfRow, conditionOfRow, isNarrow } from './condition-of-row.js'
import { PairFilter, type Pairs, pairPage } from './pairs.js'

/** Reads a page that an earlier pipeline collected. */
export type ReadPage = (words: Float64Array, types: readonly SqlType[]) => Page

/** What the collecting sink of each driver left. */
interface CollectedState {
  readonly pages: readonly Float64Array[]
}

interface RowFilter extends Pick<ConditionOfRow, 'narrowChannels'> {
  readonly filter: PageFilter
}

/** A side this long is taken whole against one row of the other, without copying; shorter ones are paired up. */
const WHOLE_SIDE_ROWS = 1024

export const createNestedLoopJoin = (
  spec: NestedLoopJoinSpec,
  context: OperatorContext,
  readPage: ReadPage,
): Operator => new NestedLoopJoinOperator(spec, context, readPage)

/**
 * Every row of the probe side against every row of the build side: cross joins, and joins whose condition has no
 * equality. Where one side is long, the other's rows become constants beside it and nothing is copied; where both are
 * short, pairs are gathered and filtered in batches. FULL needs its probe side in one driver.
 * @source Trino NestedLoopJoinOperator
 */
class NestedLoopJoinOperator implements Operator {
  readonly finished: boolean
  readonly #spec: NestedLoopJoinSpec
  readonly #context: OperatorContext
  readonly #buildArena: Arena
  /** Lives as long as an input page. */
  readonly #pageArena: Arena
  readonly #batchArena: Arena
  /** By channel; those that are not needed are nulls. */
  readonly #build: readonly Block[]
  readonly #buildRows: number
  readonly #filter: PageFilter | undefined
  readonly #pairFilter: PairFilter | undefined
  /** Of one build row, over the probe side alone. */
  readonly #rowFilter: RowFilter | undefined
  readonly #filterChannels: ReadonlySet<number>
  /** FULL: build rows that have found a match. */
  readonly #matched: Uint8Array | undefined

  constructor(spec: NestedLoopJoinSpec, context: OperatorContext, readPage: ReadPage) {
    assert(spec.type !== 'full' || context.driverCount === 1, 'a full join in one driver')
    this.#spec = spec
    this.#context = context
    this.#buildArena = context.createArena()
    this.#pageArena = context.createArena()
    this.#batchArena = context.createArena()
    const { filter, probeTypes } = spec
    if (filter !== undefined) {
      const { registry, session, expressionTarget: target } = context.settings
      this.#filter = compileFilter(filter, { registry, session, target })
      this.#pairFilter = new PairFilter(filter, probeTypes.length, context.settings)
    }
    this.#filterChannels = new Set(filter === undefined ? [] : collectChannels(filter))
    const pages = this.#collectedPages(readPage)
    this.#buildRows = pages.reduce((sum, page) => sum + page.rowCount, 0)
    this.#build = this.#joinPages(pages)
    this.finished = spec.type === 'inner' && this.#buildRows === 0
    if (filter !== undefined && this.#buildRows === 1) this.#rowFilter = this.#compileOfRow(filter)
    if (spec.type === 'full') this.#matched = new Uint8Array(this.#buildRows)
  }

  #compileOfRow(filter: Expression): RowFilter {
    const { registry, session, expressionTarget: target } = this.#context.settings
    const valueIn = (channel: number) => readValue(this.#build[channel]!, 0)
    const options = { registry, session }
    const { condition, narrowChannels } = conditionOfRow(
      filter,
      this.#spec.probeTypes.length,
      valueIn,
      options,
    )
    return { filter: compileFilter(condition, { registry, session, target }), narrowChannels }
  }

  #collectedPages(readPage: ReadPage): readonly Page[] {
    const states = this.#context.stateOf(this.#spec.buildPipeline) as readonly CollectedState[]
    return states
      .flatMap((state) => state.pages)
      .map((words) => readPage(words, this.#spec.buildTypes))
      .filter((page) => page.rowCount > 0)
  }

  /** One block a channel that is read; a build side of one page is used where it lies. */
  #joinPages(pages: readonly Page[]): Block[] {
    const { buildTypes, buildOutputs, probeTypes } = this.#spec
    return buildTypes.map((type, channel) => {
      const needed =
        buildOutputs.includes(channel) || this.#filterChannels.has(probeTypes.length + channel)
      if (!needed || pages.length === 0) return nullBlock(type, this.#buildRows)
      const blocks = pages.map((page) => page.blocks[channel]!)
      return blocks.length === 1 ? blocks[0]! : concatBlocks(blocks, type, this.#buildArena)
    })
  }

  *process(page: Page): Generator<Page, void> {
    if (page.rowCount === 0) return
    this.#pageArena.reset()
    const outer = this.#spec.type !== 'inner'
    const passed = outer ? new Uint8Array(page.rowCount) : undefined
    if (this.#buildRows > 0) {
      if (page.rowCount >= WHOLE_SIDE_ROWS || this.#buildRows === 1) {
        yield* this.#eachBuildRow(page, passed)
      } else if (this.#buildRows >= WHOLE_SIDE_ROWS) yield* this.#eachProbeRow(page, passed)
      else yield* this.#pairs(page, passed)
    }
    if (passed !== undefined) yield* this.#unmatchedProbeRows(page, passed)
  }

  /** The probe page beside each build row in turn. */
  *#eachBuildRow(page: Page, passed: Uint8Array | undefined): Generator<Page, void> {
    for (let row = 0; row < this.#buildRows; row++) {
      if (this.#context.isCancelled()) return
      this.#batchArena.reset()
      const build = this.#build.map((block) => this.#constant(block, row, page.rowCount))
      const { count, positions } = this.#select(page.blocks, build, page.rowCount)
      if (count === 0) {
        yield NO_ROWS
        continue
      }
      if (this.#matched !== undefined) this.#matched[row] = 1
      if (passed !== undefined) markAll(passed, positions, count)
      yield this.#output(page.blocks, build, positions, count)
    }
  }

  /** The build side, page-sized piece by piece, beside each probe row in turn. */
  *#eachProbeRow(page: Page, passed: Uint8Array | undefined): Generator<Page, void> {
    const { outputPageRows } = this.#context.settings
    for (let position = 0; position < page.rowCount; position++) {
      for (let from = 0; from < this.#buildRows; from += outputPageRows) {
        if (this.#context.isCancelled()) return
        this.#batchArena.reset()
        const rows = Math.min(outputPageRows, this.#buildRows - from)
        const probe = page.blocks.map((block) => this.#constant(block, position, rows))
        const build = this.#build.map((block) => sliceBlock(block, from, rows, this.#batchArena))
        const { count, positions } = this.#select(probe, build, rows)
        if (count === 0) {
          yield NO_ROWS
          continue
        }
        if (passed !== undefined) passed[position] = 1
        if (this.#matched !== undefined) markAll(this.#matched, positions, count, from)
        yield this.#output(probe, build, positions, count)
      }
    }
  }

  /** Pairs of two short sides, in batches. */
  *#pairs(page: Page, passed: Uint8Array | undefined): Generator<Page, void> {
    const limit = this.#context.settings.outputPageRows
    const total = page.rowCount * this.#buildRows
    const { probeOutputs, buildOutputs } = this.#spec
    for (let from = 0; from < total; from += limit) {
      if (this.#context.isCancelled()) return
      this.#batchArena.reset()
      const candidates = this.#pairsFrom(from, Math.min(limit, total - from))
      const pairs =
        this.#pairFilter?.select(candidates, page, this.#build, this.#batchArena) ?? candidates
      const { count, positions, buildRows } = pairs
      if (count === 0) {
        yield NO_ROWS
        continue
      }
      if (passed !== undefined) markAll(passed, positions, count)
      if (this.#matched !== undefined) markAll(this.#matched, buildRows, count)
      yield pairPage(pairs, page, probeOutputs, this.#build, buildOutputs, false, this.#batchArena)
    }
  }

  /** Pairs by their number: the build side runs faster. */
  #pairsFrom(from: number, count: number): Pairs {
    const positions = allocateInt32(this.#batchArena, count)
    const buildRows = allocateInt32(this.#batchArena, count)
    let position = Math.floor(from / this.#buildRows)
    let row = from % this.#buildRows
    for (let i = 0; i < count; i++) {
      positions[i] = position
      buildRows[i] = row
      row += 1
      if (row === this.#buildRows) {
        row = 0
        position += 1
      }
    }
    return { count, positions, buildRows }
  }

  /** A position of a block, repeated. */
  #constant(block: Block, position: number, rowCount: number): Block {
    if (block.encoding === 'constant') return { ...block, rowCount }
    if (block.encoding === 'flat' && block.storage === 'null') return { ...block, rowCount }
    const value = flattenBlock(sliceBlock(block, position, 1, this.#batchArena), this.#batchArena)
    return { encoding: 'constant', type: block.type, rowCount, value }
  }

  #select(probe: readonly Block[], build: readonly Block[], rowCount: number): Selection {
    if (this.#filter === undefined) return { count: rowCount, positions: null }
    const rowFilter = this.#rowFilter
    if (rowFilter?.narrowChannels.every((channel) => isNarrow(probe[channel]!))) {
      return rowFilter.filter.filter({ rowCount, blocks: probe }, this.#batchArena)
    }
    return this.#filter.filter({ rowCount, blocks: [...probe, ...build] }, this.#batchArena)
  }

  #output(
    probe: readonly Block[],
    build: readonly Block[],
    positions: Int32Array | null,
    rowCount: number,
  ): Page {
    const blocks = [
      ...this.#spec.probeOutputs.map((channel) => probe[channel]!),
      ...this.#spec.buildOutputs.map((channel) => build[channel]!),
    ]
    if (positions === null || rowCount === blocks[0]?.rowCount) return { rowCount, blocks }
    return {
      rowCount,
      blocks: blocks.map((block) => gatherBlock(block, positions, rowCount, this.#batchArena)),
    }
  }

  *#unmatchedProbeRows(page: Page, passed: Uint8Array): Generator<Page, void> {
    const positions = unmarked(passed, 0, page.rowCount, this.#pageArena)
    const rowCount = positions.length
    if (rowCount === 0) return
    const { probeOutputs, buildOutputs, buildTypes } = this.#spec
    const arena = this.#pageArena
    yield {
      rowCount,
      blocks: [
        ...probeOutputs.map((c) => gatherBlock(page.blocks[c]!, positions, rowCount, arena)),
        ...buildOutputs.map((c) => nullBlock(buildTypes[c]!, rowCount)),
      ],
    }
  }

  /** FULL: build rows that no probe row has matched. */
  *finish(): Generator<Page, void> {
    const matched = this.#matched
    if (matched === undefined) return
    const { probeOutputs, probeTypes, buildOutputs } = this.#spec
    const { outputPageRows } = this.#context.settings
    for (let from = 0; from < matched.length; from += outputPageRows) {
      this.#batchArena.reset()
      const to = Math.min(matched.length, from + outputPageRows)
      const rows = unmarked(matched, from, to, this.#batchArena)
      const rowCount = rows.length
      if (rowCount === 0) continue
      yield {
        rowCount,
        blocks: [
          ...probeOutputs.map((c) => nullBlock(probeTypes[c]!, rowCount)),
          ...buildOutputs.map((c) =>
            gatherBlock(this.#build[c]!, rows, rowCount, this.#batchArena),
          ),
        ],
      }
    }
  }

  close(): void {
    this.#buildArena.close()
    this.#pageArena.close()
    this.#batchArena.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    return { 'build rows': this.#buildRows }
  }
}

/** @param positions null: all `count` of them */
function markAll(marks: Uint8Array, positions: Int32Array | null, count: number, offset = 0): void {
  if (positions === null) marks.fill(1, offset, offset + count)
  else for (let i = 0; i < count; i++) marks[offset + positions[i]!] = 1
}

/** Where a mark in [from, to) is missing. */
function unmarked(marks: Uint8Array, from: number, to: number, arena: Arena): Int32Array {
  const positions = allocateInt32(arena, to - from)
  let count = 0
  for (let i = from; i < to; i++) if (marks[i] === 0) positions[count++] = i
  return positions.subarray(0, count)
}
