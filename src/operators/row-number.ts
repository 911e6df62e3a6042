import { allocateInt32 } from '../expressions/wasm/buffers.js'
import type { Arena, Page } from '../spi/index.js'
import { integerColumn } from './integer-column.js'
import { gatherBlock } from './kernels/gather.js'
import { GrowableBuffer } from './keys/growable.js'
import { Partitioner } from './keys/partitioner.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import type { RowNumberSpec } from './spec.js'

export const createRowNumber = (spec: RowNumberSpec, context: OperatorContext): Operator =>
  new RowNumberOperator(spec, context)

const FIRST_COUNTS = 1024

/**
 * Numbers the rows of each partition in the order they come, from 1, and drops those beyond a limit: row_number() over a
 * window without an order, which needs no rows to be kept.
 * @source Trino RowNumberOperator
 */
class RowNumberOperator implements Operator {
  readonly #limit: number
  readonly #isSingle: boolean
  readonly #partitions: Partitioner
  readonly #counts: GrowableBuffer
  readonly #arena: Arena

  constructor(spec: RowNumberSpec, context: OperatorContext) {
    this.#limit = spec.maxRowsPerPartition ?? Number.POSITIVE_INFINITY
    this.#isSingle = spec.partitionBy.length === 0
    const createArena = () => context.createArena()
    this.#partitions = new Partitioner(spec.partitionBy, spec.types, context)
    this.#counts = new GrowableBuffer(createArena, FIRST_COUNTS * 4)
    this.#arena = context.createArena()
  }

  get finished(): boolean {
    return this.#isSingle && this.#counts.int32()[0]! >= this.#limit
  }

  process(page: Page): readonly Page[] {
    const { rowCount } = page
    this.#arena.reset()
    const groups = this.#partitions.add(page, this.#arena)
    this.#counts.reserve(this.#partitions.count * 4)
    const counts = this.#counts.int32()
    const numbers = allocateInt32(this.#arena, rowCount)
    const positions = allocateInt32(this.#arena, rowCount)
    let kept = 0
    for (let i = 0; i < rowCount; i++) {
      const group = groups[i]!
      const number = counts[group]! + 1
      if (number > this.#limit) continue
      counts[group] = number
      numbers[kept] = number
      positions[kept++] = i
    }
    if (kept === 0) return NO_PAGES
    const blocks =
      kept === rowCount
        ? page.blocks
        : page.blocks.map((block) => gatherBlock(block, positions, kept, this.#arena))
    return [{ rowCount: kept, blocks: [...blocks, integerColumn(numbers.subarray(0, kept))] }]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#partitions.close()
    this.#counts.close()
    this.#arena.close()
  }
}
