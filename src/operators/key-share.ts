import type { Arena, Page } from '../spi/index.js'
import type { SharedPages } from './create-operator.js'
import { gatherBlock } from './kernels/gather.js'
import { KeyShares } from './keys/key-hash.js'
import { divideRanges, type KeyRange, liesIn, positionsWithin } from './keys/key-range.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import { memoryOf } from './operator-memory.js'
import type { KeyShareSpec } from './spec.js'

export const createKeyShare = (
  spec: KeyShareSpec,
  context: OperatorContext,
  pages: Pick<SharedPages, 'boundsOf'>,
): Operator => new KeyShareOperator(spec, context, pages)

/** What a pipeline leaves that collects pages. */
interface CollectedState {
  readonly spilled?: object
  readonly pages: readonly Float64Array[]
}

/**
 * Keeps the rows whose key falls to this driver: where every driver reads all rows, each key has one driver. Keys are divided by their
 * hash; those of one column whose pages hold few neighbours each, as groups of clustered keys do, by ranges, so that of most pages all
 * rows are one driver's.
 */
class KeyShareOperator implements Operator {
  readonly finished = false
  readonly #spec: KeyShareSpec
  readonly #arena: Arena
  readonly #memory: WebAssembly.Memory
  readonly #shares: KeyShares
  readonly #share: { readonly index: number; readonly count: number }
  readonly #range: KeyRange | undefined

  constructor(spec: KeyShareSpec, context: OperatorContext, pages: Pick<SharedPages, 'boundsOf'>) {
    this.#spec = spec
    this.#arena = context.createArena()
    this.#memory = memoryOf(this.#arena)
    this.#shares = new KeyShares(this.#memory, () => context.createArena(), spec.keyTypes)
    this.#share = { index: context.driverIndex, count: context.driverCount }
    this.#range = rangesOf(spec, context, pages)?.[context.driverIndex]
  }

  process(page: Page): readonly Page[] {
    if (this.#share.count === 1) return [page]
    const isOwn = this.#range && liesIn(page.blocks[this.#spec.keyChannels[0]!]!, this.#range)
    if (isOwn !== undefined) return isOwn ? [page] : NO_PAGES
    const arena = this.#arena
    arena.reset()
    const { positions, count } = this.#positions(page)
    if (count === 0) return NO_PAGES
    if (count === page.rowCount) return [page]
    const blocks = page.blocks.map((block) => gatherBlock(block, positions, count, arena))
    return [{ rowCount: count, blocks }]
  }

  #positions(page: Page): { readonly positions: Int32Array; readonly count: number } {
    const { keyChannels } = this.#spec
    return this.#range === undefined
      ? this.#shares.positions(page, keyChannels, this.#share, this.#arena)
      : positionsWithin(this.#memory, page.blocks[keyChannels[0]!]!, this.#range, this.#arena)
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#shares.close()
    this.#arena.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    return { division: this.#range === undefined ? 'hash' : 'range' }
  }
}

/** One a driver, the same in all of them; undefined: to be divided by hash. */
function rangesOf(
  { keyChannels, pipelines }: KeyShareSpec,
  { driverCount, stateOf }: OperatorContext,
  { boundsOf }: Pick<SharedPages, 'boundsOf'>,
): readonly KeyRange[] | undefined {
  if (driverCount === 1 || pipelines === undefined || keyChannels.length !== 1) return undefined
  const states = pipelines.flatMap(stateOf) as readonly CollectedState[]
  // Of what is on disk nothing is known before it is read.
  if (states.some(({ spilled }) => spilled !== undefined)) return undefined
  const extents = states.flatMap(({ pages }) =>
    pages.map((words) => boundsOf(words, keyChannels[0]!)),
  )
  const known = extents.filter((extent) => extent !== undefined)
  return known.length < extents.length ? undefined : divideRanges(known, driverCount)
}
