import { type Arena, BOOLEAN, type Page } from '../spi/index.js'
import { Partitioner } from './keys/partitioner.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
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
    this.#keys = new Partitioner(spec.channels, spec.types, () => context.createArena())
    this.#arena = context.createArena()
  }

  process(page: Page): readonly Page[] {
    const { rowCount } = page
    this.#arena.reset()
    // Numbers are given in order of first appearance: a row is the first of its key where a new number begins.
    let next = this.#keys.count
    const groups = this.#keys.add(page, this.#arena)
    const values = this.#arena.allocate(rowCount)
    for (let i = 0; i < rowCount; i++) {
      const isFirst = groups[i] === next
      values[i] = isFirst ? 1 : 0
      if (isFirst) next += 1
    }
    const mark = {
      encoding: 'flat',
      storage: 'bool',
      type: BOOLEAN,
      rowCount,
      validity: null,
      values,
    } as const
    return [{ ...page, blocks: [...page.blocks, mark] }]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#keys.close()
    this.#arena.close()
  }
}
