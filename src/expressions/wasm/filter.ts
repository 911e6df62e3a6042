import {
  type Arena,
  assert,
  type Block,
  type DictionaryBlock,
  type FlatBlock,
  type Page,
} from '../../spi/index.js'
import type { Expression } from '../ir.js'
import { and, conjuncts } from '../ir-build.js'
import { collectChannels, isDeterministic } from '../ir-walk.js'
import type { Selection } from '../page-expression.js'
import type { FunctionRegistry } from '../registry.js'
import type { RowwiseEngine } from '../rowwise.js'
import { allocateInt32, zeroed } from './buffers.js'
import { isDataError, throwFailure } from './failure.js'
import { extendPage, freeChannels, type HoistedPart, hoist } from './hoist.js'
import { importBlock } from './import.js'
import { conditionOfRegexp } from './regexp-prefilter.js'
import { prepareRowProgram, type RowProgram, runRowFilter } from './row-kernels.js'
import { canLower } from './row-lowering.js'
import { selectByTable } from './select-kernels.js'
import { countVectorFilter, runVectorFilter } from './vector-filter.js'
import { bindVector, type PageNode, simplify } from './vector-page.js'
import { type VectorNode, vectorize } from './vector-program.js'

/** Makes the engine that runs what kernels cannot; called once an expression. */
export type FallbackOf = (expression: Expression) => RowwiseEngine

interface Conjunct {
  readonly expression: Expression
  /** With what kernels lack replaced by reads of the parts' channels. */
  readonly hoisted: Expression
  readonly parts: readonly HoistedPart[]
  readonly vector: VectorNode | undefined
  readonly lowerable: boolean
  /** The only channel of a deterministic conjunct: it is decided once a dictionary entry. */
  readonly channel: number | undefined
  /** Tables of dictionaries that have an id. */
  readonly tables: WeakMap<FlatBlock, Uint8Array>
  nullHit: boolean | undefined
}

/** A page's conjuncts: those that SIMD decides, those that dictionaries decide, and the indexes of the others. */
interface BoundFilter {
  readonly vector: PageNode
  readonly tables: readonly ((selection: Selection) => Selection)[]
  readonly rest: readonly number[]
}

/** Entries worth evaluating for one page, as a multiple of its rows; dictionaries with an id are kept. */
const NAMED_ENTRIES_PER_ROW = 16

/** Parts are evaluated for all of a page; for fewer selected rows than one in so many the fallback is faster. */
const SPARSE_FACTOR = 16

/**
 * A filter that runs its conjuncts over a shrinking selection: first what SIMD decides, then what dictionaries decide,
 * then row kernels and, for what kernels lack, the fallback. A conjunct that can fail sees only rows that all earlier
 * ones, in the order written, let through.
 */
export class WasmFilter {
  readonly #conjuncts: readonly Conjunct[]
  readonly #fallbackOf: FallbackOf
  readonly #fallbacks = new Map<Expression, RowwiseEngine>()
  /** Row programs of runs of conjuncts, by their indexes. */
  readonly #programs = new Map<string, { row: RowProgram; original: Expression }>()

  constructor(expression: Expression, registry: FunctionRegistry, fallbackOf: FallbackOf) {
    this.#fallbackOf = fallbackOf
    const newChannel = freeChannels(expression)
    const all = conjuncts(expression).flatMap((conjunct) => {
      const needed = conditionOfRegexp(conjunct, registry)
      return needed === undefined ? [conjunct] : [needed, conjunct]
    })
    this.#conjuncts = all.map((conjunct) => {
      const channels = collectChannels(conjunct)
      const single = channels.length === 1 && isDeterministic(conjunct)
      const hoisted = hoist(conjunct, newChannel, registry, fallbackOf)
      return {
        expression: conjunct,
        hoisted: hoisted.expression,
        parts: hoisted.parts,
        vector: hoisted.parts.length === 0 ? vectorize(conjunct) : undefined,
        lowerable: canLower(hoisted.expression),
        channel: single ? channels[0] : undefined,
        tables: new WeakMap(),
        nullHit: undefined,
      }
    })
  }

  /** `wasm` where kernels know some conjunct. */
  get engine(): 'wasm' | 'js' {
    return this.#conjuncts.some((c) => c.lowerable || c.vector !== undefined) ? 'wasm' : 'js'
  }

  filter(page: Page, arena: Arena): Selection {
    const bound = this.#bind(page, arena)
    return bound === undefined ? none(arena) : this.#run(bound, page, arena)
  }

  count(page: Page, arena: Arena): number {
    const bound = this.#bind(page, arena)
    if (bound === undefined) return 0
    return bound.tables.length === 0 && bound.rest.length === 0
      ? countVectorFilter(bound.vector, page.rowCount, arena)
      : this.#run(bound, page, arena).count
  }

  #run(bound: BoundFilter, page: Page, arena: Arena): Selection {
    let selection = runVectorFilter(bound.vector, page.rowCount, arena)
    for (const table of bound.tables) {
      if (selection.count === 0) return selection
      selection = table(selection)
    }
    return this.#runRest(bound.rest, page, arena, selection)
  }

  /** How the conjuncts are decided for a page; undefined where no row is left. */
  #bind(page: Page, arena: Arena): BoundFilter | undefined {
    if (page.rowCount === 0) return undefined
    const vectors: PageNode[] = []
    const tables: ((selection: Selection) => Selection)[] = []
    const rest: number[] = []
    const blockOf = (channel: number) => importBlock(page.blocks[channel]!, arena)
    for (const [index, conjunct] of this.#conjuncts.entries()) {
      const decided = this.#decideConstant(conjunct, page, arena)
      if (decided === false) return undefined
      if (decided === true) continue
      const bound = conjunct.vector === undefined ? undefined : bindVector(conjunct.vector, blockOf)
      if (bound !== undefined) {
        vectors.push(bound)
        continue
      }
      const table = this.#tableOf(conjunct, page, arena)
      if (table === undefined) rest.push(index)
      else tables.push(table)
    }
    return { vector: simplify('and', vectors), tables, rest }
  }

  /** What a conjunct over a constant block is for every row; undefined where it is not, or fails. */
  #decideConstant(conjunct: Conjunct, page: Page, arena: Arena): boolean | undefined {
    if (conjunct.channel === undefined) return undefined
    const block = page.blocks[conjunct.channel]!
    if (block.encoding !== 'constant') return undefined
    const hits = this.#hits(conjunct, block.value, arena)
    return hits === undefined ? undefined : hits[0] === 1
  }

  /** The conjunct for each position of a block: 0 or 1; undefined where it fails for one. */
  #hits(conjunct: Conjunct, block: FlatBlock, arena: Arena): Uint8Array | undefined {
    const hits = zeroed(arena.allocate(block.rowCount))
    const inner: Page = {
      rowCount: block.rowCount,
      blocks: new Array<Block>(conjunct.channel! + 1).fill(block),
    }
    let selection: Selection
    try {
      selection = this.#filterFlat(conjunct, inner, arena)
    } catch (error) {
      // Entries that no row uses may fail; rows that do fail again where they are evaluated.
      if (isDataError(error)) return undefined
      throw error
    }
    if (selection.positions === null) return hits.fill(1)
    for (let i = 0; i < selection.count; i++) hits[selection.positions[i]!] = 1
    return hits
  }

  #filterFlat(conjunct: Conjunct, page: Page, arena: Arena): Selection {
    if (conjunct.vector !== undefined) {
      const bound = bindVector(conjunct.vector, (channel) =>
        importBlock(page.blocks[channel]!, arena),
      )
      if (bound !== undefined) return runVectorFilter(bound, page.rowCount, arena)
    }
    const index = this.#conjuncts.indexOf(conjunct)
    return this.#runRest([index], page, arena, { count: page.rowCount, positions: null })
  }

  /** How to select by a dictionary's entries; undefined where that is not worth it. */
  #tableOf(
    conjunct: Conjunct,
    page: Page,
    arena: Arena,
  ): ((selection: Selection) => Selection) | undefined {
    if (conjunct.channel === undefined) return undefined
    const block = page.blocks[conjunct.channel]!
    if (block.encoding !== 'dictionary') return undefined
    const { dictionary, dictionaryId } = block
    const named = dictionaryId !== undefined
    if (dictionary.rowCount > page.rowCount * (named ? NAMED_ENTRIES_PER_ROW : 1)) return undefined
    let table = named ? conjunct.tables.get(dictionary) : undefined
    if (table === undefined) {
      table = this.#hits(conjunct, dictionary, arena)
      if (table === undefined) return undefined
      // Arena memory ends with the page; what is kept is copied out of it.
      if (named) conjunct.tables.set(dictionary, table.slice())
    } else {
      const copy = arena.allocate(table.length)
      copy.set(table)
      table = copy
    }
    const nullHit = block.validity !== null && this.#nullHit(conjunct, block, arena)
    if (nullHit === undefined) return undefined
    const bytes = table
    return (selection) => {
      const imported = importBlock({ ...block, dictionary: EMPTY(block) }, arena)
      assert(imported.encoding === 'dictionary')
      return selectByTable(imported, bytes, nullHit, selection, arena)
    }
  }

  /** Whether the conjunct selects NULL; undefined where it fails for it. */
  #nullHit(conjunct: Conjunct, block: DictionaryBlock, arena: Arena): boolean | undefined {
    if (conjunct.nullHit === undefined) {
      const nothing = { ...EMPTY(block), rowCount: 1 }
      const hits = this.#hits(conjunct, nothing, arena)
      if (hits === undefined) return undefined
      conjunct.nullHit = hits[0] === 1
    }
    return conjunct.nullHit
  }

  /** Runs of conjuncts that kernels know are one kernel; what needs parts evaluated is run alone. */
  #runRest(rest: readonly number[], page: Page, arena: Arena, from: Selection): Selection {
    let selection = from
    for (let i = 0; i < rest.length && selection.count > 0; ) {
      const run = [rest[i++]!]
      const first = this.#conjuncts[run[0]!]!
      while (isPlain(first) && i < rest.length && isPlain(this.#conjuncts[rest[i]!]!)) {
        run.push(rest[i++]!)
      }
      const isSparse = selection.count * SPARSE_FACTOR < page.rowCount && first.parts.length > 0
      selection =
        first.lowerable && !isSparse
          ? this.#runKernel(run, page, arena, selection)
          : this.#runFallback(first.expression, page, arena, selection)
    }
    return selection
  }

  #runKernel(run: readonly number[], page: Page, arena: Arena, selection: Selection): Selection {
    const key = run.join()
    const chosen = run.map((index) => this.#conjuncts[index]!)
    let program = this.#programs.get(key)
    if (program === undefined) {
      const original = and(chosen.map((conjunct) => conjunct.expression))
      program = { row: prepareRowProgram(and(chosen.map((c) => c.hoisted))), original }
      this.#programs.set(key, program)
    }
    const extended = extendPage(page, chosen[0]!.parts, arena)
    const outcome = runRowFilter(program.row, extended, arena, selection)
    if (outcome.kind === 'done') return outcome.value
    if (outcome.kind === 'failed') {
      throwFailure(this.#fallback(program.original), page, outcome.position)
    }
    return this.#runFallback(program.original, page, arena, selection)
  }

  #runFallback(expression: Expression, page: Page, arena: Arena, selection: Selection): Selection {
    const result = this.#fallback(expression).filter(page, arena, selection)
    return selection.positions === null || result.positions !== null
      ? result
      : { count: result.count, positions: selection.positions }
  }

  #fallback(expression: Expression): RowwiseEngine {
    let fallback = this.#fallbacks.get(expression)
    if (fallback === undefined) {
      fallback = this.#fallbackOf(expression)
      this.#fallbacks.set(expression, fallback)
    }
    return fallback
  }
}

const isPlain = (conjunct: Conjunct): boolean => conjunct.lowerable && conjunct.parts.length === 0

const none = (arena: Arena): Selection => ({ count: 0, positions: allocateInt32(arena, 0) })

const EMPTY = (block: Block) =>
  ({ encoding: 'flat', storage: 'null', type: block.type, rowCount: 0, validity: null }) as const
