import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import { type Arena, type Block, BOOLEAN, isNull, type Page } from '../../spi/index.js'
import { gatherBlock } from '../kernels/gather.js'
import { NO_PAGES, NO_ROWS, noRows, type Operator, type OperatorContext } from '../operator.js'
import type { SemiJoinSpec } from '../spec.js'
import type { Steps } from '../steps.js'
import type { JoinIndexReader } from './join-index.js'
import { joinKernels } from './join-kernels.js'
import { openBuild, type ReadBuildPage } from './open-build.js'
import { type PairFilter, PairWalk } from './pairs.js'

/** IN and EXISTS: marks, keeps or drops probe rows by whether the build side has a match. */
export class SemiJoinOperator implements Operator {
  readonly finished = false
  readonly #spec: SemiJoinSpec
  readonly #context: OperatorContext
  readonly #reader: JoinIndexReader
  readonly #build: readonly Block[]
  readonly #filter: PairFilter | undefined
  readonly #arena: Arena
  readonly #batchArena: Arena
  readonly #memory: WebAssembly.Memory

  constructor(spec: SemiJoinSpec, context: OperatorContext, readPage: ReadBuildPage) {
    this.#spec = spec
    this.#context = context
    this.#arena = context.createArena()
    this.#batchArena = context.createArena()
    const build = openBuild(spec, context, this.#arena, readPage)
    this.#memory = build.memory
    this.#reader = build.reader
    this.#build = build.columns
    this.#filter = build.filter
  }

  *process(page: Page): Generator<Page> {
    this.#arena.reset()
    const keys = this.#spec.probeKeys.map((channel) => page.blocks[channel]!)
    const found = this.#reader.find(keys, page.rowCount, this.#arena)
    const rows =
      this.#filter === undefined ? found : yield* noRows(this.#filtered(page, found, this.#filter))
    if (this.#spec.mode === 'mark') yield this.#marked(page, rows, keys)
    else yield this.#kept(page, rows, keys)
  }

  #kept(page: Page, rows: Int32Array, keys: readonly Block[]): Page {
    const kept = allocateInt32(this.#arena, page.rowCount + 1)
    const count = this.#select(page, rows, keys, kept)
    if (count === 0) return NO_ROWS
    if (count === page.rowCount) return page
    const blocks = page.blocks.map((block) => gatherBlock(block, kept, count, this.#arena))
    return { rowCount: count, blocks }
  }

  /** rows[i] is -1 where no match passes the condition, else 0. A page may have any number of pairs: a step looks at some. */
  *#filtered(page: Page, found: Int32Array, filter: PairFilter): Steps<Int32Array> {
    const rows = allocateInt32(this.#arena, page.rowCount + 1).fill(-1)
    const { next } = this.#reader.state
    const walk = new PairWalk(this.#memory, found, page.rowCount, next, false, this.#arena)
    for (;;) {
      this.#batchArena.reset()
      const candidates = walk.take(this.#context.settings.outputPageRows, this.#batchArena)
      if (candidates === undefined) return rows
      const pairs = filter.select(candidates, page, this.#build, this.#batchArena)
      for (let i = 0; i < pairs.count; i++) rows[pairs.positions[i]!] = 0
      yield
    }
  }

  /** IN is unknown where there is no match but a null on either side, unless the build side is empty. */
  #isUnknown(keys: readonly Block[], position: number): boolean {
    const { rowCount, hasNullKey } = this.#reader.state
    return rowCount > 0 && (hasNullKey || keys.some((key) => isNull(key, position)))
  }

  #marked(page: Page, rows: Int32Array, keys: readonly Block[]): Page {
    const { rowCount } = page
    const values = this.#arena.allocate(rowCount)
    for (let i = 0; i < rowCount; i++) values[i] = rows[i]! >= 0 ? 1 : 0
    const mark: Block = {
      encoding: 'flat',
      storage: 'bool',
      type: BOOLEAN,
      rowCount,
      values,
      validity: this.#spec.nullAware ? this.#knownBits(rows, keys, rowCount) : null,
    }
    return { rowCount, blocks: [...page.blocks, mark] }
  }

  #knownBits(rows: Int32Array, keys: readonly Block[], rowCount: number): Uint8Array | null {
    const bits = zeroed(this.#arena.allocate((rowCount + 7) >> 3))
    let unknown = 0
    for (let i = 0; i < rowCount; i++) {
      if (rows[i]! < 0 && this.#isUnknown(keys, i)) unknown += 1
      else bits[i >> 3]! |= 1 << (i & 7)
    }
    return unknown === 0 ? null : bits
  }

  #select(page: Page, rows: Int32Array, keys: readonly Block[], kept: Int32Array): number {
    const { mode, nullAware } = this.#spec
    const kernels = joinKernels(this.#memory)
    if (mode === 'semi') {
      return kernels.select(rows.byteOffset, page.rowCount, 1, kept.byteOffset)
    }
    const count = kernels.select(rows.byteOffset, page.rowCount, 0, kept.byteOffset)
    if (!nullAware) return count
    let known = 0
    for (let i = 0; i < count; i++) {
      const position = kept[i]!
      if (!this.#isUnknown(keys, position)) kept[known++] = position
    }
    return known
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#reader.close()
    this.#arena.close()
    this.#batchArena.close()
  }
}
