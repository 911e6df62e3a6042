import type { Arena, Block, Page } from '../spi/index.js'
import { ColumnStore } from './kernels/column-store.js'
import { gatherBlock } from './kernels/gather.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import { memoryOf } from './operator-memory.js'
import { sortPositions } from './sort/sort-positions.js'
import type { SortSpec } from './spec.js'

export const createSort = (spec: SortSpec, context: OperatorContext): Operator =>
  new SortOperator(spec, context)

/**
 * Sorts its whole input. Pages are copied as they come; at the end positions are sorted by normalised keys and pages are
 * gathered one by one. Equal rows keep the order they came in.
 * @throws EXCEEDED_LOCAL_MEMORY_LIMIT
 * @source Trino OrderByOperator
 */
class SortOperator implements Operator {
  readonly finished = false
  readonly #spec: SortSpec
  readonly #context: OperatorContext
  /** Pages as they came. */
  readonly #input: Arena
  /** Whole columns. */
  readonly #columns: Arena
  /** Keys while sorting. */
  readonly #keys: Arena
  readonly #output: Arena
  readonly #store: ColumnStore

  constructor(spec: SortSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#input = context.createArena()
    this.#columns = context.createArena()
    this.#keys = context.createArena()
    this.#output = context.createArena()
    this.#store = new ColumnStore(spec.types, this.#input)
  }

  process(page: Page): readonly Page[] {
    this.#store.append(page)
    return NO_PAGES
  }

  *finish(): Generator<Page, void> {
    const { rowCount } = this.#store
    if (rowCount === 0) return
    const blocks = this.#store.finish(this.#columns)
    this.#input.close()
    const positions = this.#sort(blocks, rowCount)
    const { outputPageRows } = this.#context.settings
    for (let from = 0; from < rowCount; from += outputPageRows) {
      if (this.#context.isCancelled()) return
      this.#output.reset()
      const count = Math.min(outputPageRows, rowCount - from)
      const picked = positions.subarray(from, from + count)
      yield {
        rowCount: count,
        blocks: blocks.map((block) => gatherBlock(block, picked, count, this.#output)),
      }
    }
  }

  /** The keys' memory is given back; only the positions stay. */
  #sort(blocks: readonly Block[], rowCount: number): Int32Array {
    const memory = memoryOf(this.#keys)
    const sorted = sortPositions(memory, blocks, this.#spec.orderBy, rowCount, this.#keys)
    const bytes = this.#columns.allocate(rowCount * 4)
    const positions = new Int32Array(bytes.buffer, bytes.byteOffset, rowCount)
    positions.set(sorted)
    this.#keys.close()
    return positions
  }

  close(): void {
    this.#input.close()
    this.#columns.close()
    this.#keys.close()
    this.#output.close()
  }
}
