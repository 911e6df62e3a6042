import type { Arena, Block, Page } from '../spi/index.js'
import { ColumnStore } from './kernels/column-store.js'
import { gatherBlock } from './kernels/gather.js'
import {
  type MemoryScope,
  NO_PAGES,
  noRows,
  type Operator,
  type OperatorContext,
} from './operator.js'
import { memoryOf } from './operator-memory.js'
import { sortBytesPerRow, sortInSteps } from './sort/sort-positions.js'
import { RUN_PAGE_ROWS, SortedRuns } from './sort/sorted-runs.js'
import type { SortSpec } from './spec.js'
import type { Steps } from './steps.js'

/** What a page of sorted rows takes. */
const OUTPUT_BYTES = 1 << 20

export const createSort = (spec: SortSpec, context: OperatorContext): Operator =>
  new SortOperator(spec, context)

/**
 * Sorts its whole input. Pages are copied as they come; at the end positions are sorted by normalised keys and pages are
 * gathered one by one. Equal rows keep the order they came in. Asked to give memory back, it writes what it has as a sorted
 * run; the runs are merged at the end.
 * @throws EXCEEDED_LOCAL_MEMORY_LIMIT
 * @source Trino OrderByOperator; Knuth, The Art of Computer Programming 3, 5.4
 */
class SortOperator implements Operator {
  readonly finished = false
  readonly #spec: SortSpec
  readonly #context: OperatorContext
  readonly #output: Arena
  readonly #runs: SortedRuns
  #rows: SortedRows

  constructor(spec: SortSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#output = context.createArena()
    this.#runs = new SortedRuns(spec, context)
    this.#rows = new SortedRows(spec, context)
  }

  get revocableBytes(): number {
    return this.#rows.heldBytes
  }

  /** Whole columns beside the pages, then keys and positions. */
  get neededBytes(): number {
    const { orderBy, types } = this.#spec
    const sortBytes = sortBytesPerRow(orderBy, types) * this.#rows.rowCount
    return this.#rows.heldBytes + sortBytes + OUTPUT_BYTES
  }

  process(page: Page): readonly Page[] {
    this.#rows.add(page)
    return NO_PAGES
  }

  *revoke(): Steps<void> {
    yield* this.#runs.add(this.#pages(RUN_PAGE_ROWS))
    this.#rows.close()
    this.#rows = new SortedRows(this.#spec, this.#context)
  }

  *finish(): Generator<Page, void> {
    if (this.#runs.count === 0) {
      yield* this.#pages(this.#context.settings.outputPageRows)
      return
    }
    yield* noRows(this.revoke())
    yield* this.#runs.merged()
  }

  *#pages(pageRows: number): Generator<Page, void> {
    for (const page of this.#rows.pages(pageRows, this.#output)) {
      if (this.#context.isCancelled()) return
      // Rows are sorted: what is left of what that could take is for who reads them.
      if (page.rowCount > 0) this.#context.reserve(0)
      yield page
    }
  }

  close(): void {
    this.#rows.close()
    this.#runs.close()
    this.#output.close()
  }

  describe(): Readonly<Record<string, number>> {
    return this.#runs.describe()
  }
}

/** Rows in memory, and their order. */
class SortedRows {
  readonly #spec: SortSpec
  readonly #scope: MemoryScope
  /** Pages as they came. */
  readonly #input: Arena
  /** Whole columns. */
  readonly #columns: Arena
  /** Keys while sorting. */
  readonly #keys: Arena
  readonly #store: ColumnStore

  constructor(spec: SortSpec, context: OperatorContext) {
    this.#spec = spec
    this.#scope = context.createScope()
    this.#input = this.#scope.createArena()
    this.#columns = this.#scope.createArena()
    this.#keys = this.#scope.createArena()
    this.#store = new ColumnStore(spec.types, this.#input)
  }

  get heldBytes(): number {
    return this.#scope.heldBytes
  }

  get rowCount(): number {
    return this.#store.rowCount
  }

  add(page: Page): void {
    this.#store.append(page)
  }

  /** @param output holds a page until the next */
  *pages(pageRows: number, output: Arena): Generator<Page, void> {
    const { rowCount } = this.#store
    if (rowCount === 0) return
    const blocks = yield* noRows(this.#store.finishInSteps(this.#columns))
    this.#input.close()
    const positions = yield* this.#sort(blocks, rowCount)
    for (let from = 0; from < rowCount; from += pageRows) {
      output.reset()
      const count = Math.min(pageRows, rowCount - from)
      const picked = positions.subarray(from, from + count)
      yield {
        rowCount: count,
        blocks: blocks.map((block) => gatherBlock(block, picked, count, output)),
      }
    }
  }

  /** The keys' memory is given back; only the positions stay. */
  *#sort(blocks: readonly Block[], rowCount: number): Generator<Page, Int32Array, void> {
    const memory = memoryOf(this.#keys)
    const steps = sortInSteps(memory, blocks, this.#spec.orderBy, rowCount, this.#keys)
    const sorted = yield* noRows(steps)
    const bytes = this.#columns.allocate(rowCount * 4)
    const positions = new Int32Array(bytes.buffer, bytes.byteOffset, rowCount)
    positions.set(sorted)
    this.#keys.close()
    return positions
  }

  close(): void {
    this.#scope.close()
  }
}
