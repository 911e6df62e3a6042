import type { Arena, Page } from '../spi/index.js'
import type { SharedPages } from './create-operator.js'
import { gatherBlock } from './kernels/gather.js'
import { KeyShares } from './keys/key-hash.js'
import {
  divideRanges,
  type KeyRange,
  liesIn,
  type PageExtent,
  positionsWithin,
} from './keys/key-range.js'
import { LoneKeys, type RowRange } from './keys/lone-keys.js'
import { loneRows, NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import { memoryOf } from './operator-memory.js'
import { slicePage } from './slice-pages.js'
import { SmallPages } from './small-pages.js'
import type { KeyShareSpec } from './spec.js'

export const createKeyShare = (
  spec: KeyShareSpec,
  context: OperatorContext,
  pages: Pick<SharedPages, 'boundsOf'>,
): Operator => new KeyShareOperator(spec, context, pages)

/** Of fewer rows that are alone, the others are taken too. */
const LONE_PARTS = 2

/** What a pipeline leaves that collects pages. */
interface CollectedState {
  readonly spilled?: object
  readonly pages: readonly Float64Array[]
}

/**
 * Keeps the rows whose key falls to this driver: where every driver reads all rows, each key has one driver. Keys are divided by their
 * hash; those of one column whose pages hold few neighbours each, as groups of clustered keys do, by ranges, so that of most pages all
 * rows are one driver's. Of these, rows whose key is in no other page are given as {@link loneRows} where that is less work.
 */
class KeyShareOperator implements Operator {
  readonly finished = false
  readonly #spec: KeyShareSpec
  readonly #arena: Arena
  readonly #memory: WebAssembly.Memory
  readonly #shares: KeyShares
  readonly #share: { readonly index: number; readonly count: number }
  readonly #range: KeyRange | undefined
  readonly #extents: readonly PageExtent[] | undefined
  #lone: LoneKeys | undefined
  /** Rows between those that are alone, a few a page. */
  #others: SmallPages | undefined
  readonly #context: OperatorContext

  constructor(spec: KeyShareSpec, context: OperatorContext, pages: Pick<SharedPages, 'boundsOf'>) {
    this.#spec = spec
    this.#context = context
    this.#arena = context.createArena()
    this.#memory = memoryOf(this.#arena)
    this.#shares = new KeyShares(this.#memory, () => context.createArena(), spec.keyTypes)
    this.#share = { index: context.driverIndex, count: context.driverCount }
    this.#extents = extentsOf(spec, context, pages)
    this.#range =
      this.#extents && divideRanges(this.#extents, context.driverCount)?.[context.driverIndex]
  }

  feeds(next: Operator): void {
    if (this.#range === undefined || next.knowsLoneRows !== true) return
    this.#lone = new LoneKeys(this.#memory, this.#extents!)
  }

  *process(page: Page): Generator<Page, void> {
    if (this.#share.count === 1) {
      yield page
      return
    }
    const arena = this.#arena
    arena.reset()
    const keys = page.blocks[this.#spec.keyChannels[0]!]!
    const isOwn = this.#range && liesIn(keys, this.#range)
    if (isOwn === false) return
    if (isOwn === true) {
      const lone = this.#lone?.rowsOf(keys, arena)
      if (lone === undefined || lone.count * LONE_PARTS < page.rowCount) yield page
      else yield* this.#apart(page, lone)
      return
    }
    yield* this.#own(page)
  }

  /** Rows that are alone, and the others apart from them. */
  *#apart(page: Page, { from, count }: RowRange): Generator<Page, void> {
    const arena = this.#arena
    yield loneRows(slicePage(page, from, count, arena))
    for (const [start, end] of [
      [0, from],
      [from + count, page.rowCount],
    ] as const) {
      if (end > start) yield* this.#other(slicePage(page, start, end - start, arena))
    }
  }

  *#other(page: Page): Generator<Page, void> {
    this.#others ??= new SmallPages(
      page.blocks.map((_, channel) => channel),
      this.#context.createArena(),
      this.#context.settings.outputPageRows,
    )
    if (!this.#others.isSmall(page.rowCount)) {
      yield page
      return
    }
    this.#others.add(page, null, page.rowCount)
    if (this.#others.isFull) yield this.#others.take(this.#arena)
  }

  *#own(page: Page): Generator<Page, void> {
    const arena = this.#arena
    const { positions, count } = this.#positions(page)
    if (count === 0) return
    if (count === page.rowCount) {
      yield page
      return
    }
    const blocks = page.blocks.map((block) => gatherBlock(block, positions, count, arena))
    yield { rowCount: count, blocks }
  }

  #positions(page: Page): { readonly positions: Int32Array; readonly count: number } {
    const { keyChannels } = this.#spec
    return this.#range === undefined
      ? this.#shares.positions(page, keyChannels, this.#share, this.#arena)
      : positionsWithin(this.#memory, page.blocks[keyChannels[0]!]!, this.#range, this.#arena)
  }

  finish(): readonly Page[] {
    if (this.#others === undefined || this.#others.isEmpty) return NO_PAGES
    this.#arena.reset()
    return [this.#others.take(this.#arena)]
  }

  close(): void {
    this.#shares.close()
    this.#others?.close()
    this.#arena.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    return { division: this.#range === undefined ? 'hash' : 'range' }
  }
}

/** What the keys of the pages lie between that come to all drivers; undefined where that is not known of all. */
function extentsOf(
  { keyChannels, pipelines }: KeyShareSpec,
  { driverCount, stateOf }: OperatorContext,
  { boundsOf }: Pick<SharedPages, 'boundsOf'>,
): readonly PageExtent[] | undefined {
  if (driverCount === 1 || pipelines === undefined || keyChannels.length !== 1) return undefined
  const states = pipelines.flatMap(stateOf) as readonly CollectedState[]
  // Of what is on disk nothing is known before it is read.
  if (states.some(({ spilled }) => spilled !== undefined)) return undefined
  const extents = states.flatMap(({ pages }) =>
    pages.map((words) => boundsOf(words, keyChannels[0]!)),
  )
  const known = extents.filter((extent) => extent !== undefined)
  return known.length < extents.length ? undefined : known
}
