import { allocateInt32 } from '../expressions/wasm/buffers.js'
import type { Arena, Page } from '../spi/index.js'
import { gatherBlock } from './kernels/gather.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import type { SampleSpec } from './spec.js'

export const createSample = (
  spec: SampleSpec,
  context: OperatorContext,
  random: () => number = Math.random,
): Operator => new SampleOperator(spec, context, random)

/** TABLESAMPLE BERNOULLI: keeps each row with the given probability. */
class SampleOperator implements Operator {
  readonly #ratio: number
  readonly #random: () => number
  readonly #arena: Arena

  /** @param random gives numbers from 0 to below 1 */
  constructor(spec: SampleSpec, context: OperatorContext, random: () => number) {
    this.#ratio = spec.ratio
    this.#random = random
    this.#arena = context.createArena()
  }

  get finished(): boolean {
    return this.#ratio <= 0
  }

  process(page: Page): readonly Page[] {
    if (this.#ratio >= 1) return [page]
    this.#arena.reset()
    const positions = allocateInt32(this.#arena, page.rowCount)
    let rowCount = 0
    for (let i = 0; i < page.rowCount; i++) {
      if (this.#random() < this.#ratio) positions[rowCount++] = i
    }
    if (rowCount === 0) return NO_PAGES
    if (rowCount === page.rowCount) return [page]
    const blocks = page.blocks.map((block) => gatherBlock(block, positions, rowCount, this.#arena))
    return [{ rowCount, blocks }]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#arena.close()
  }
}
