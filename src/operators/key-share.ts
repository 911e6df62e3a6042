import type { Arena, Page } from '../spi/index.js'
import { gatherBlock } from './kernels/gather.js'
import { KeyShares } from './keys/key-hash.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import { memoryOf } from './operator-memory.js'
import type { KeyShareSpec } from './spec.js'

export const createKeyShare = (spec: KeyShareSpec, context: OperatorContext): Operator =>
  new KeyShareOperator(spec, context)

/** Keeps the rows whose key falls to this driver: where every driver reads all rows, each key has one driver. */
class KeyShareOperator implements Operator {
  readonly finished = false
  readonly #spec: KeyShareSpec
  readonly #arena: Arena
  readonly #shares: KeyShares
  readonly #share: { readonly index: number; readonly count: number }

  constructor(spec: KeyShareSpec, context: OperatorContext) {
    this.#spec = spec
    this.#arena = context.createArena()
    this.#shares = new KeyShares(memoryOf(this.#arena), () => context.createArena(), spec.keyTypes)
    this.#share = { index: context.driverIndex, count: context.driverCount }
  }

  process(page: Page): readonly Page[] {
    if (this.#share.count === 1) return [page]
    const arena = this.#arena
    arena.reset()
    const { keyChannels } = this.#spec
    const { positions, count } = this.#shares.positions(page, keyChannels, this.#share, arena)
    if (count === 0) return NO_PAGES
    if (count === page.rowCount) return [page]
    const blocks = page.blocks.map((block) => gatherBlock(block, positions, count, arena))
    return [{ rowCount: count, blocks }]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#shares.close()
    this.#arena.close()
  }
}
