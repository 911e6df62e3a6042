import type { RangeBound } from '../../operators/partition/range-bound.js'
import { rowOrder } from '../../operators/sort/row-order.js'
import type { PlanFragment } from '../../planner/plan/fragment.js'
import type { SortItem } from '../../planner/plan/node.js'
import { blockOf } from '../../spi/index.js'
import type { SortSample } from '../sort-sample.js'
import type { TaskStatus } from '../task/task-request.js'

/** The ranges of sorted outputs, made when every task of a stage has told of its rows. */
export class StageRanges {
  readonly #taskCount: number
  readonly #rangeCount: number
  readonly #orderBy: readonly SortItem[]
  readonly #samples = new Map<string, SortSample>()
  #isDecided = false

  private constructor(orderBy: readonly SortItem[], taskCount: number, rangeCount: number) {
    this.#orderBy = orderBy
    this.#taskCount = taskCount
    this.#rangeCount = rangeCount
  }

  /** Those of a fragment; undefined where its output is not cut into any. */
  static of(
    { output }: PlanFragment,
    taskCount: number,
    consumerCount: number,
  ): StageRanges | undefined {
    if (output.kind !== 'range') return undefined
    return new StageRanges(output.orderBy, taskCount, consumerCount)
  }

  /** @returns where all tasks cut their rows, with the last sample that was waited for */
  heard({ taskId, sortSample }: TaskStatus): readonly RangeBound[] | undefined {
    if (sortSample === undefined || this.#isDecided) return undefined
    this.#samples.set(taskId, sortSample)
    if (this.#samples.size < this.#taskCount) return undefined
    this.#isDecided = true
    return rangeBounds([...this.#samples.values()], this.#orderBy, this.#rangeCount)
  }
}

/**
 * Cuts rows of which samples are known into ranges of as many rows each. What is empty has no bounds: all of it is one range.
 * O(keys · log keys).
 * @source DeWitt et al., Parallel sorting on a shared-nothing architecture using probabilistic splitting (1991)
 */
export function rangeBounds(
  samples: readonly SortSample[],
  orderBy: readonly SortItem[],
  rangeCount: number,
): readonly RangeBound[] {
  const keys = samples.flatMap((sample) => sample.keys)
  const rows = samples.flatMap((sample) => sample.rows)
  const types = orderBy.map(({ symbol }) => symbol.type)
  const blocks = types.map((type, i) =>
    blockOf(
      type,
      keys.map((key) => key[i]!),
    ),
  )
  const channels = orderBy.map(({ ascending, nullsFirst }, channel) => ({
    channel,
    ascending,
    nullsFirst,
  }))
  const order = rowOrder(channels, types)
  const compare = (a: number, b: number): number => order(blocks, a, blocks, b)
  const sorted = keys.map((_, at) => at).sort(compare)
  const total = rows.reduce((sum, count) => sum + count, 0)
  const bounds: RangeBound[] = []
  let before = 0
  for (let from = 0; from < sorted.length; ) {
    let equal = 0
    let to = from
    for (; to < sorted.length && compare(sorted[from]!, sorted[to]!) === 0; to++) {
      equal += rows[sorted[to]!]!
    }
    while (bounds.length < rangeCount - 1) {
      const wanted = ((bounds.length + 1) * total) / rangeCount - before
      if (wanted > equal) break
      bounds.push({ key: keys[sorted[from]!]!, share: wanted / equal })
    }
    before += equal
    from = to
  }
  return bounds
}
