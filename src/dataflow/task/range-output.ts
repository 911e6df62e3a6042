import type { OutputBuffer } from '../../exchange/output-buffer.js'
import type { RangeBound } from '../../operators/partition/range-bound.js'
import { RangePartitioner } from '../../operators/partition/range-partitioner.js'
import { rowOrder } from '../../operators/sort/row-order.js'
import type { SortItem } from '../../planner/plan/node.js'
import type { PlanSymbol } from '../../planner/plan/symbol.js'
import { type Arena, blockOf, type Page } from '../../spi/index.js'
import { channelOrder, typesOf } from '../local-plan/stream.js'
import type { SortSample } from '../sort-sample.js'

/** The sorted rows of a task on their way into its output buffer, cut by ranges that it is told of. */
export class RangeOutput {
  readonly #layout: readonly PlanSymbol[]
  readonly #orderBy: readonly SortItem[]
  readonly #buffer: OutputBuffer
  readonly #arena: Arena
  readonly #told: Promise<void>
  #tell: () => void = () => {}
  #sample: SortSample | undefined
  #partitioner: RangePartitioner | undefined

  constructor(
    layout: readonly PlanSymbol[],
    orderBy: readonly SortItem[],
    buffer: OutputBuffer,
    arena: Arena,
  ) {
    this.#layout = layout
    this.#orderBy = orderBy
    this.#buffer = buffer
    this.#arena = arena
    this.#told = new Promise((resolve) => {
      this.#tell = resolve
    })
  }

  /** What the coordinator is told, while it is of use. */
  get sample(): SortSample | undefined {
    return this.#partitioner === undefined ? this.#sample : undefined
  }

  sampled(sample: SortSample): void {
    this.#sample = sample
  }

  cutAt(bounds: readonly RangeBound[]): void {
    this.#partitioner = new RangePartitioner(
      bounds,
      equalRows(bounds, this.#sample!, this.#orderBy),
      channelOrder(this.#layout, this.#orderBy),
      typesOf(this.#layout),
      this.#arena,
    )
    this.#tell()
  }

  /** Nobody waits for the ranges any more. */
  abandon(): void {
    this.#tell()
  }

  /** Resolves when the ranges are known, or nobody wants the rows; never rejects. */
  ready(): Promise<void> {
    return this.#told
  }

  /** @returns false when the buffer is full */
  add(page: Page): boolean {
    this.#partitioner!.partition(
      page,
      (part, range) => void this.#buffer.add(part, range),
      (range) => this.#buffer.endPartition(range),
    )
    return !this.#buffer.isFull
  }
}

/** For each bound, how many rows of a task are likely to be equal to it. O(bounds · keys). */
function equalRows(
  bounds: readonly RangeBound[],
  { keys, rows }: SortSample,
  orderBy: readonly SortItem[],
): readonly number[] {
  const types = orderBy.map(({ symbol }) => symbol.type)
  const blocksOf = (list: readonly SortSample['keys'][number][]) =>
    types.map((type, i) =>
      blockOf(
        type,
        list.map((key) => key[i]!),
      ),
    )
  const boundBlocks = blocksOf(bounds.map(({ key }) => key))
  const keyBlocks = blocksOf(keys)
  const order = rowOrder(
    orderBy.map((item, channel) => ({ ...item, channel })),
    types,
  )
  return bounds.map((_, bound) =>
    keys.reduce(
      (sum, _key, at) => (order(boundBlocks, bound, keyBlocks, at) === 0 ? sum + rows[at]! : sum),
      0,
    ),
  )
}
