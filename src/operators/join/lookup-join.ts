import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { type Arena, assert, type Block, type Page } from '../../spi/index.js'
import { gatherBlock, gatherNullableBlock, nullBlock } from '../kernels/gather.js'
import { NO_ROWS, type Operator, type OperatorContext } from '../operator.js'
import type { LookupJoinSpec } from '../spec.js'
import type { JoinIndexReader } from './join-index.js'
import { joinKernels } from './join-kernels.js'
import { keepsBuild } from './keeps-build.js'
import type { MatchMarks } from './match-marks.js'
import { openBuild, type ReadBuildPage } from './open-build.js'
import { type PairFilter, type Pairs, PairWalk, pairPage } from './pairs.js'

/**
 * Looks each probe row up in the index of the build side. Where keys are unique and there is no further condition, a page
 * gives one page; otherwise pairs are walked, filtered and emitted in batches.
 */
export class LookupJoinOperator implements Operator {
  readonly finished = false
  readonly #spec: LookupJoinSpec
  readonly #context: OperatorContext
  readonly #reader: JoinIndexReader
  readonly #build: readonly Block[]
  readonly #filter: PairFilter | undefined
  /** Keys and matches of the page being joined. */
  readonly #pageArena: Arena
  /** One batch of output. */
  readonly #batchArena: Arena
  /** RIGHT and FULL: which build rows have found a match. */
  readonly #marks: MatchMarks | undefined
  /** LEFT and FULL: probe rows without a match are kept. */
  readonly #keepsProbe: boolean
  readonly #memory: WebAssembly.Memory

  constructor(spec: LookupJoinSpec, context: OperatorContext, readPage: ReadBuildPage) {
    this.#spec = spec
    this.#context = context
    this.#pageArena = context.createArena()
    this.#batchArena = context.createArena()
    const build = openBuild(spec, context, this.#pageArena, readPage)
    this.#memory = build.memory
    this.#reader = build.reader
    this.#build = build.columns
    this.#filter = build.filter
    this.#marks = build.marks
    this.#keepsProbe = spec.type === 'left' || spec.type === 'full'
    assert(
      keepsBuild(spec.type) === (build.marks !== undefined),
      'an index has the marks that its join needs',
    )
  }

  *process(page: Page): Generator<Page> {
    this.#pageArena.reset()
    this.#batchArena.reset()
    const keys = this.#spec.probeKeys.map((channel) => page.blocks[channel]!)
    const rows = this.#reader.find(keys, page.rowCount, this.#pageArena)
    if (this.#reader.state.next === 0 && this.#filter === undefined) {
      const joined = this.#joinUnique(page, rows)
      if (joined !== undefined) yield joined
    } else yield* this.#joinPairs(page, rows)
  }

  #joinUnique(page: Page, rows: Int32Array): Page | undefined {
    const { probeOutputs, buildOutputs } = this.#spec
    const arena = this.#batchArena
    const { rowCount } = page
    this.#marks?.set(rows, rowCount)
    if (this.#keepsProbe) {
      const probe = probeOutputs.map((c) => page.blocks[c]!)
      const build = buildOutputs.map((c) =>
        gatherNullableBlock(this.#build[c]!, rows, rowCount, arena),
      )
      return { rowCount, blocks: [...probe, ...build] }
    }
    const kernels = joinKernels(this.#memory)
    if (kernels.allFound(rows.byteOffset, rowCount) === 1) {
      // The probe side passes through as it is.
      const probe = probeOutputs.map((c) => page.blocks[c]!)
      const build = buildOutputs.map((c) => gatherBlock(this.#build[c]!, rows, rowCount, arena))
      return { rowCount, blocks: [...probe, ...build] }
    }
    const positions = allocateInt32(arena, rowCount + 1)
    const buildRows = allocateInt32(arena, rowCount + 1)
    const count = kernels.compact(
      rows.byteOffset,
      rowCount,
      positions.byteOffset,
      buildRows.byteOffset,
    )
    if (count === 0) return undefined
    const pairs = { count, positions, buildRows }
    return pairPage(pairs, page, probeOutputs, this.#build, buildOutputs, false, arena)
  }

  *#joinPairs(page: Page, rows: Int32Array): Generator<Page> {
    const outer = this.#keepsProbe
    const filter = this.#filter
    const walk = new PairWalk(
      this.#memory,
      rows,
      page.rowCount,
      this.#reader.state.next,
      outer && filter === undefined,
      this.#pageArena,
    )
    /** Positions with a pair that passed the filter. */
    const passed = outer && filter !== undefined ? new Uint8Array(page.rowCount) : undefined
    for (;;) {
      this.#batchArena.reset()
      const candidates = walk.take(this.#context.settings.outputPageRows, this.#batchArena)
      if (candidates === undefined) break
      const pairs =
        filter === undefined
          ? candidates
          : filter.select(candidates, page, this.#build, this.#batchArena)
      if (pairs.count === 0) {
        yield NO_ROWS
        continue
      }
      if (passed !== undefined) {
        for (let i = 0; i < pairs.count; i++) passed[pairs.positions[i]!] = 1
      }
      this.#marks?.set(pairs.buildRows, pairs.count)
      yield this.#pairPage(pairs, page, outer && filter === undefined)
    }
    if (passed !== undefined) yield* this.#unmatchedProbeRows(page, passed)
  }

  #pairPage(pairs: Pairs, page: Page, nullable: boolean): Page {
    const { probeOutputs, buildOutputs } = this.#spec
    return pairPage(
      pairs,
      page,
      probeOutputs,
      this.#build,
      buildOutputs,
      nullable,
      this.#batchArena,
    )
  }

  *#unmatchedProbeRows(page: Page, passed: Uint8Array): Generator<Page> {
    this.#batchArena.reset()
    const positions = allocateInt32(this.#batchArena, page.rowCount)
    let count = 0
    for (let i = 0; i < page.rowCount; i++) if (passed[i] === 0) positions[count++] = i
    if (count === 0) return
    const buildRows = allocateInt32(this.#batchArena, count).fill(-1)
    yield this.#pairPage({ count, positions, buildRows }, page, true)
  }

  /** RIGHT and FULL: build rows that no probe row of any driver has matched, in the driver that ends last. */
  *finish(): Generator<Page> {
    const marks = this.#marks
    if (marks === undefined || !marks.endDriver(this.#context.driverCount)) return
    const { probeOutputs, probeTypes, buildOutputs } = this.#spec
    const arena = this.#batchArena
    const room = () => {
      arena.reset()
      return arena
    }
    for (const rows of marks.unmatched(this.#context.settings.outputPageRows, room)) {
      const rowCount = rows.length
      yield {
        rowCount,
        blocks: [
          ...probeOutputs.map((c) => nullBlock(probeTypes[c]!, rowCount)),
          ...buildOutputs.map((c) => gatherBlock(this.#build[c]!, rows, rowCount, arena)),
        ],
      }
    }
  }

  close(): void {
    this.#reader.close()
    this.#pageArena.close()
    this.#batchArena.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    const { rowCount, ranks, table, next } = this.#reader.state
    return {
      'build rows': rowCount,
      addressing: table !== undefined ? 'hash' : ranks !== undefined ? 'rank' : 'direct',
      keys: next === 0 ? 'unique' : 'repeated',
    }
  }
}
