import { compileFilter, compileProjection, usesKernels } from '../expressions/compile.js'
import type { Expression } from '../expressions/ir.js'
import { collectChannels } from '../expressions/ir-walk.js'
import type { PageFilter, PageProjection, Selection } from '../expressions/page-expression.js'
import { type Arena, assert, type Block, type Page } from '../spi/index.js'
import { gatherBlock, nullBlock } from './kernels/gather.js'
import { KeyFilter, type KeyFilterStates } from './keys/key-filter.js'
import { absorbed, NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import { memoryOf } from './operator-memory.js'
import { SmallPages } from './small-pages.js'
import type { FilterProjectSpec } from './spec.js'

/**
 * Keeps the rows for which the filter is true, and computes the projections of those. What no projection reads is never
 * gathered, and a projection of rows that were dropped is never evaluated. Where no row is waited for, small pages become larger
 * ones first.
 */
export class FilterProjectOperator implements Operator {
  readonly finished = false
  readonly #arena: Arena
  readonly #filter: PageFilter | undefined
  /** A channel that passes through, or something to compute. */
  readonly #projections: readonly (number | PageProjection)[]
  readonly #usedChannels: readonly number[]
  readonly #keyFilters: readonly { readonly channel: number; readonly filter: KeyFilter }[]
  readonly #small: SmallPages | undefined
  readonly #expressions: readonly Expression[]
  /** Whether who gets the pages may compute them, as kernels would here. */
  readonly #mayHandOn: boolean
  /** What gets the pages, where it can take rows instead. */
  #next: Operator | undefined
  /** The filter where nobody reads a value of what it keeps, as for COUNT(*). */
  readonly #counted: PageFilter | undefined

  constructor(spec: FilterProjectSpec, context: OperatorContext) {
    this.#arena = context.createArena()
    const { registry, session, expressionTarget, outputPageRows } = context.settings
    const options = {
      registry,
      session,
      ...(expressionTarget === undefined ? {} : { target: expressionTarget }),
    }
    this.#expressions = spec.projections
    this.#mayHandOn = usesKernels(options)
    this.#filter = spec.filter === undefined ? undefined : compileFilter(spec.filter, options)
    this.#projections = spec.projections.map((expression) =>
      expression.kind === 'input' ? expression.channel : compileProjection(expression, options),
    )
    this.#keyFilters = openKeyFilters(spec.keyFilters ?? [], this.#arena, context)
    this.#usedChannels = [
      ...new Set(spec.projections.flatMap((expression) => collectChannels(expression))),
    ]
    if (this.#usedChannels.length === 0 && this.#keyFilters.length === 0) {
      this.#counted = this.#filter
    }
    if (this.#counted === undefined && spec.joinsSmallPages === true) {
      this.#small = new SmallPages(this.#usedChannels, context.createArena(), outputPageRows)
    }
  }

  process(page: Page): readonly Page[] {
    this.#arena.reset()
    if (this.#counted !== undefined) {
      const rowCount = this.#counted.count(page, this.#arena)
      return rowCount === 0 ? NO_PAGES : [this.#project(rowsWithoutValues(page, rowCount))]
    }
    const selection = this.#positions(page)
    const { count, positions } = selection
    if (count === 0) return NO_PAGES
    if (this.#small === undefined) return [this.#give(page, selection)]
    if (!this.#small.isSmall(count)) {
      const own = this.#give(page, selection)
      return this.#small.isEmpty ? [own] : [this.#takeSmall(this.#small), own]
    }
    this.#small.add(page, count === page.rowCount ? null : positions, count)
    return this.#small.isFull ? [this.#takeSmall(this.#small)] : NO_PAGES
  }

  feeds(next: Operator): void {
    if (this.#mayHandOn && next.absorb !== undefined) this.#next = next
  }

  #takeSmall(small: SmallPages): Page {
    const page = small.take(this.#arena)
    return this.#give(page, { count: page.rowCount, positions: null })
  }

  /** Rows of a page, computed here unless the next operator takes them as they are. */
  #give(page: Page, selection: Selection): Page {
    const taken = this.#next?.absorb?.({ page, selection, projections: this.#expressions })
    return taken === undefined ? this.#project(this.#select(page, selection)) : absorbed(taken)
  }

  #project(selected: Page): Page {
    const blocks = this.#projections.map((projection) =>
      typeof projection === 'number'
        ? selected.blocks[projection]!
        : projection.project(selected, this.#arena),
    )
    return { rowCount: selected.rowCount, blocks }
  }

  #select(page: Page, { count, positions }: Selection): Page {
    if (positions === null || count === page.rowCount) return page
    const { blocks } = rowsWithoutValues(page, count)
    for (const channel of this.#usedChannels) {
      blocks[channel] = gatherBlock(page.blocks[channel]!, positions, count, this.#arena)
    }
    return { rowCount: count, blocks }
  }

  /** What the filter keeps; of that, what joins above may need. */
  #positions(page: Page): Selection {
    for (const { channel, filter } of this.#keyFilters) {
      if (filter.excludes(page.blocks[channel]!)) return { count: 0, positions: null }
    }
    let selection: Selection =
      this.#filter === undefined
        ? { count: page.rowCount, positions: null }
        : this.#filter.filter(page, this.#arena)
    for (const { channel, filter } of this.#keyFilters) {
      selection = filter.select(page.blocks[channel]!, selection, this.#arena)
    }
    return selection
  }

  finish(): readonly Page[] {
    if (this.#small === undefined || this.#small.isEmpty) return NO_PAGES
    this.#arena.reset()
    return [this.#takeSmall(this.#small)]
  }

  close(): void {
    this.#arena.close()
    this.#small?.close()
  }

  describe(): Readonly<Record<string, string>> {
    const engines = new Set<string>(this.#filter === undefined ? [] : [this.#filter.engine])
    for (const projection of this.#projections) {
      if (typeof projection !== 'number') engines.add(projection.engine)
    }
    return { expressions: [...engines].join(', ') || 'none' }
  }
}

/** So many rows with the channels of a page, of which none is read. */
const rowsWithoutValues = (
  page: Page,
  rowCount: number,
): { rowCount: number; blocks: Block[] } => ({
  rowCount,
  blocks: page.blocks.map((block) => nullBlock(block.type, rowCount)),
})

/** Filters that earlier pipelines have made. */
function openKeyFilters(
  refs: NonNullable<FilterProjectSpec['keyFilters']>,
  arena: Arena,
  context: OperatorContext,
): readonly { readonly channel: number; readonly filter: KeyFilter }[] {
  if (refs.length === 0) return []
  const memory = memoryOf(arena)
  return refs.map(({ pipeline, keyIndex, channel }) => {
    const [keys] = context.stateOf(pipeline) as readonly KeyFilterStates[]
    const state = keys?.filters[keyIndex]
    assert(state !== undefined, 'what filters a scan is made before')
    return { channel, filter: new KeyFilter(memory, state) }
  })
}
