import { type Arena, type Block, BOOLEAN, type Page } from '../spi/index.js'
import { rowChoiceKernels } from './aggregation/row-choice-kernels.js'
import { Partitioner } from './keys/partitioner.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import { memoryOf } from './operator-memory.js'
import type { MarkDistinctSpec } from './spec.js'

export const createMarkDistinct = (spec: MarkDistinctSpec, context: OperatorContext): Operator =>
  new MarkDistinctOperator(spec, context)

/**
 * Adds a BOOLEAN that is true at the first row of each distinct key.
 * @source Trino MarkDistinctOperator
 */
class MarkDistinctOperator implements Operator {
  readonly finished = false
  readonly #keys: Partitioner
  readonly #arena: Arena

  constructor(spec: MarkDistinctSpec, context: OperatorContext) {
    this.#keys = new Partitioner(spec.channels, spec.types, context)
    this.#arena = context.createArena()
  }

  process(page: Page): readonly Page[] {
    const { rowCount } = page
    this.#arena.reset()
    // Numbers are given in order of first appearance: a row is the first of its key where a new number begins.
    const next = this.#keys.count
    const groups = this.#keys.add(page, this.#arena)
    const mark = this.#keys.count === next ? this.#noMarks(rowCount) : this.#marks(groups, next)
    return [{ ...page, blocks: [...page.blocks, mark] }]
  }

  #marks(groups: Int32Array, next: number): Block {
    const rowCount = groups.length
    const values = this.#arena.allocate(rowCount)
    const { mark } = rowChoiceKernels(memoryOf(this.#arena))
    mark(groups.byteOffset, rowCount, next, values.byteOffset)
    return { encoding: 'flat', storage: 'bool', type: BOOLEAN, rowCount, validity: null, values }
  }

  /** Of pages without a new key, which most are where keys are few. */
  #noMarks(rowCount: number): Block {
    const values = this.#arena.allocate(1).fill(0)
    const flat = { encoding: 'flat', storage: 'bool', type: BOOLEAN, rowCount: 1 } as const
    return {
      encoding: 'constant',
      type: BOOLEAN,
      rowCount,
      value: { validity: null, values, ...flat },
    }
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#keys.close()
    this.#arena.close()
  }
}
