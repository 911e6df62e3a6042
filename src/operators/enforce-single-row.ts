import { copyBlock } from '../expressions/wasm/import.js'
import { type Arena, MillraceError, type Page } from '../spi/index.js'
import { nullBlock } from './kernels/gather.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import type { EnforceSingleRowSpec } from './spec.js'

export const createEnforceSingleRow = (
  spec: EnforceSingleRowSpec,
  context: OperatorContext,
): Operator => new EnforceSingleRowOperator(spec, context)

/**
 * A scalar subquery's value: the one row of the input, or a row of nulls where there is none.
 * @throws SUBQUERY_MULTIPLE_ROWS
 * @source Trino EnforceSingleRowOperator
 */
class EnforceSingleRowOperator implements Operator {
  readonly finished = false
  readonly #spec: EnforceSingleRowSpec
  readonly #arena: Arena
  #row: Page | undefined

  constructor(spec: EnforceSingleRowSpec, context: OperatorContext) {
    this.#spec = spec
    this.#arena = context.createArena()
  }

  process(page: Page): readonly Page[] {
    if (page.rowCount === 0) return NO_PAGES
    if (this.#row !== undefined || page.rowCount > 1) {
      throw new MillraceError(
        'SUBQUERY_MULTIPLE_ROWS',
        'Scalar sub-query has returned multiple rows',
      )
    }
    this.#row = { rowCount: 1, blocks: page.blocks.map((block) => copyBlock(block, this.#arena)) }
    return NO_PAGES
  }

  finish(): readonly Page[] {
    const { types } = this.#spec
    return [this.#row ?? { rowCount: 1, blocks: types.map((type) => nullBlock(type, 1)) }]
  }

  close(): void {
    this.#arena.close()
  }
}
