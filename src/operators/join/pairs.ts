import { compileFilter } from '../../expressions/compile.js'
import type { Expression } from '../../expressions/ir.js'
import { collectChannels } from '../../expressions/ir-walk.js'
import type { PageFilter } from '../../expressions/page-expression.js'
import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { Arena, Block, Page } from '../../spi/index.js'
import { gatherBlock, gatherNullableBlock, nullBlock } from '../kernels/gather.js'
import type { ExecutionSettings } from '../operator.js'
import { joinKernels } from './join-kernels.js'

/** Candidate matches: probe positions and build rows (-1: none). */
export interface Pairs {
  readonly count: number
  readonly positions: Int32Array
  readonly buildRows: Int32Array
}

/** The join's condition beyond its keys, evaluated over many pairs at once. */
export class PairFilter {
  readonly #filter: PageFilter
  readonly #probeChannels: readonly number[]
  readonly #buildChannels: readonly number[]
  readonly #probeCount: number

  /** @param probeCount channels of the probe side: the filter's later channels are the build side's */
  constructor(filter: Expression, probeCount: number, settings: ExecutionSettings) {
    this.#filter = compileFilter(filter, {
      registry: settings.registry,
      session: settings.session,
      ...(settings.expressionTarget === undefined ? {} : { target: settings.expressionTarget }),
    })
    const channels = collectChannels(filter)
    this.#probeCount = probeCount
    this.#probeChannels = channels.filter((channel) => channel < probeCount)
    this.#buildChannels = channels
      .filter((channel) => channel >= probeCount)
      .map((channel) => channel - probeCount)
  }

  /** The pairs for which the condition is true. */
  select(pairs: Pairs, probe: Page, build: readonly Block[], arena: Arena): Pairs {
    const { count, positions, buildRows } = pairs
    if (count === 0) return pairs
    const blocks: Block[] = [
      ...probe.blocks.map((block) => nullBlock(block.type, count)),
      ...build.map((block) => nullBlock(block.type, count)),
    ]
    for (const channel of this.#probeChannels) {
      blocks[channel] = gatherBlock(probe.blocks[channel]!, positions, count, arena)
    }
    for (const channel of this.#buildChannels) {
      blocks[this.#probeCount + channel] = gatherBlock(build[channel]!, buildRows, count, arena)
    }
    const selection = this.#filter.filter({ rowCount: count, blocks }, arena)
    if (selection.positions === null || selection.count === count) {
      return selection.count === 0 ? { ...pairs, count: 0 } : pairs
    }
    const kept = selection.count
    const keptPositions = allocateInt32(arena, kept)
    const keptRows = allocateInt32(arena, kept)
    for (let i = 0; i < kept; i++) {
      const pair = selection.positions[i]!
      keptPositions[i] = positions[pair]!
      keptRows[i] = buildRows[pair]!
    }
    return { count: kept, positions: keptPositions, buildRows: keptRows }
  }
}

/** Walks the chains of a page's matches in batches. */
export class PairWalk {
  readonly #memory: WebAssembly.Memory
  readonly #rows: Int32Array
  readonly #rowCount: number
  readonly #next: number
  readonly #unmatched: boolean
  readonly #status: Int32Array

  /**
   * @param rows first build row of each position, -1 for none; one more entry than positions
   * @param next address of the chains, 0 where keys are unique
   * @param unmatched gives a pair with build row -1 for positions without a match
   */
  constructor(
    memory: WebAssembly.Memory,
    rows: Int32Array,
    rowCount: number,
    next: number,
    unmatched: boolean,
    arena: Arena,
  ) {
    this.#memory = memory
    this.#rows = rows
    this.#rowCount = rowCount
    this.#next = next
    this.#unmatched = unmatched
    this.#status = allocateInt32(arena, 2)
    this.#status[0] = 0
    this.#status[1] = rowCount === 0 ? 0 : rows[0]! + 1
  }

  /** The next pairs, at most `limit`; undefined at the end. */
  take(limit: number, arena: Arena): Pairs | undefined {
    if (this.#status[0]! >= this.#rowCount) return undefined
    const positions = allocateInt32(arena, limit)
    const buildRows = allocateInt32(arena, limit)
    const count = joinKernels(this.#memory).expand(
      this.#rows.byteOffset,
      this.#rowCount,
      this.#next,
      this.#unmatched ? 1 : 0,
      limit,
      positions.byteOffset,
      buildRows.byteOffset,
      this.#status.byteOffset,
    )
    return { count, positions, buildRows }
  }
}

/** The output of pairs: columns of the probe side, then of the build side. */
export function pairPage(
  pairs: Pairs,
  probe: Page,
  probeOutputs: readonly number[],
  build: readonly Block[],
  buildOutputs: readonly number[],
  nullable: boolean,
  arena: Arena,
): Page {
  const { count, positions, buildRows } = pairs
  const gatherBuild = nullable ? gatherNullableBlock : gatherBlock
  return {
    rowCount: count,
    blocks: [
      ...probeOutputs.map((c) => gatherBlock(probe.blocks[c]!, positions, count, arena)),
      ...buildOutputs.map((c) => gatherBuild(build[c]!, buildRows, count, arena)),
    ],
  }
}
