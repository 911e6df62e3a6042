import { compileFilter, compileProjection } from '../expressions/compile.js'
import { collectChannels } from '../expressions/ir-walk.js'
import type { PageFilter, PageProjection } from '../expressions/page-expression.js'
import type { Arena, Block, Page } from '../spi/index.js'
import { gatherBlock, nullBlock } from './kernels/gather.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import type { FilterProjectSpec } from './spec.js'

/**
 * Keeps the rows for which the filter is true, and computes the projections of those. What no projection reads is never
 * gathered, and a projection of rows that were dropped is never evaluated.
 */
export class FilterProjectOperator implements Operator {
  readonly finished = false
  readonly #arena: Arena
  readonly #filter: PageFilter | undefined
  /** A channel that passes through, or something to compute. */
  readonly #projections: readonly (number | PageProjection)[]
  readonly #usedChannels: readonly number[]

  constructor(spec: FilterProjectSpec, context: OperatorContext) {
    this.#arena = context.createArena()
    const { registry, session, expressionTarget } = context.settings
    const options = {
      registry,
      session,
      ...(expressionTarget === undefined ? {} : { target: expressionTarget }),
    }
    this.#filter = spec.filter === undefined ? undefined : compileFilter(spec.filter, options)
    this.#projections = spec.projections.map((expression) =>
      expression.kind === 'input' ? expression.channel : compileProjection(expression, options),
    )
    this.#usedChannels = [
      ...new Set(spec.projections.flatMap((expression) => collectChannels(expression))),
    ]
  }

  process(page: Page): readonly Page[] {
    this.#arena.reset()
    const selected = this.#select(page)
    if (selected.rowCount === 0) return NO_PAGES
    const blocks = this.#projections.map((projection) =>
      typeof projection === 'number'
        ? selected.blocks[projection]!
        : projection.project(selected, this.#arena),
    )
    return [{ rowCount: selected.rowCount, blocks }]
  }

  #select(page: Page): Page {
    if (this.#filter === undefined) return page
    const { count, positions } = this.#filter.filter(page, this.#arena)
    if (positions === null || count === page.rowCount) return page
    if (count === 0) return { rowCount: 0, blocks: [] }
    const blocks: Block[] = page.blocks.map((block) => nullBlock(block.type, count))
    for (const channel of this.#usedChannels) {
      blocks[channel] = gatherBlock(page.blocks[channel]!, positions, count, this.#arena)
    }
    return { rowCount: count, blocks }
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#arena.close()
  }

  describe(): Readonly<Record<string, string>> {
    const engines = new Set<string>(this.#filter === undefined ? [] : [this.#filter.engine])
    for (const projection of this.#projections) {
      if (typeof projection !== 'number') engines.add(projection.engine)
    }
    return { expressions: [...engines].join(', ') || 'none' }
  }
}
