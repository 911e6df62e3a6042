import type { Arena, Page, SqlType } from '../../spi/index.js'
import { NO_PAGES, NO_ROWS, noRows, type Operator, type OperatorContext } from '../operator.js'
import type { Steps } from '../steps.js'
import { operatorScope } from './operator-scope.js'
import { ownedPage } from './owned-page.js'
import { SPILL_LEVELS_MAX, SpillPartitions } from './spill-partitions.js'
import { readSpilled, SPILL_PAGE_ROWS, type SpilledPages } from './spill-space.js'

export interface PartitionedInput {
  /** Rows with equal values of these have to meet; at least one. */
  readonly keyChannels: readonly number[]
  /** Makes the operator of some of the partitions. */
  create(context: OperatorContext): Operator
}

/** What is made of rows takes as much memory again as they do, and their order or index too. */
const BYTES_NEEDED_PER_BYTE = 6

/**
 * Runs an operator that needs all rows of a key over its whole input, or, where that is too much for memory, over one
 * part after another: rows are kept as they come, and divided on disk by the hash of their key once memory is asked back.
 */
export class PartitionedOperator implements Operator {
  readonly finished = false
  readonly #input: PartitionedInput
  readonly #context: OperatorContext
  readonly #level: number
  /** Rows as they came. */
  readonly #arena: Arena
  readonly #pages: Page[] = []
  readonly #kept
  #spilled: SpillPartitions | undefined
  #inner: Operator | undefined
  /** Of the channels, as the first page has them. */
  #types: readonly SqlType[] = []

  constructor(input: PartitionedInput, context: OperatorContext, level = 0) {
    this.#input = input
    this.#context = context
    this.#level = level
    this.#kept = context.createScope()
    this.#arena = this.#kept.createArena()
  }

  get revocableBytes(): number {
    return this.#level < SPILL_LEVELS_MAX ? this.#kept.heldBytes : 0
  }

  /** What the operator makes of the rows in the end. */
  get neededBytes(): number {
    return this.#kept.heldBytes * BYTES_NEEDED_PER_BYTE
  }

  process(page: Page): readonly Page[] {
    if (this.#types.length === 0) this.#types = page.blocks.map((block) => block.type)
    this.#pages.push(ownedPage(page, this.#arena))
    return NO_PAGES
  }

  *revoke(): Steps<void> {
    const { keyChannels } = this.#input
    this.#spilled ??= new SpillPartitions(this.#context, keyChannels, this.#level)
    for (const page of this.#pages) {
      if (this.#context.isCancelled()) return
      this.#spilled.append(page)
      yield
    }
    this.#pages.length = 0
    this.#arena.close()
  }

  *finish(): Generator<Page, void> {
    const { spill } = this.#context
    const isScarce = !this.#context.reserve(this.neededBytes)
    if (isScarce && this.#level < SPILL_LEVELS_MAX && spill !== undefined) {
      yield* noRows(this.revoke())
    }
    if (this.#spilled === undefined) {
      yield* this.#run(this.#pages, this.#context)
      return
    }
    yield* noRows(this.revoke())
    for (const partition of this.#spilled.seal()) {
      if (this.#context.isCancelled()) return
      if (partition.rowCount > 0) yield* this.#runPartition(partition)
    }
  }

  *#runPartition(partition: SpilledPages): Generator<Page, void> {
    const scope = operatorScope(this.#context)
    try {
      yield* this.#run(this.#read(partition), scope.context, this.#isTooLarge(partition))
    } finally {
      this.#inner?.close()
      this.#inner = undefined
      scope.close()
    }
  }

  #isTooLarge({ byteLength, rowCount }: SpilledPages): boolean {
    if (this.#level + 1 >= SPILL_LEVELS_MAX || rowCount <= SPILL_PAGE_ROWS) return false
    return !this.#context.reserve(byteLength * BYTES_NEEDED_PER_BYTE)
  }

  *#read(partition: SpilledPages): Generator<Page, void> {
    const arena = this.#context.createArena()
    try {
      yield* readSpilled(this.#context.spill!, partition, this.#types, arena)
    } finally {
      arena.close()
      this.#context.spill!.delete(partition)
    }
  }

  *#run(pages: Iterable<Page>, context: OperatorContext, divide = false): Generator<Page, void> {
    const inner = divide
      ? new PartitionedOperator(this.#input, context, this.#level + 1)
      : this.#input.create(context)
    this.#inner = inner
    for (const page of pages) {
      if (context.isCancelled()) return
      if (inner.finished) break
      yield* inner.process(page)
      if (divide && pages !== this.#pages) yield* noRows(inner.revoke!())
      yield NO_ROWS
    }
    if (pages === this.#pages) {
      this.#pages.length = 0
      this.#arena.close()
    }
    yield* inner.finish()
  }

  close(): void {
    this.#inner?.close()
    this.#spilled?.close()
    this.#kept.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    return { ...this.#inner?.describe?.(), ...(this.#spilled === undefined ? {} : { spilled: 1 }) }
  }
}
