import { type Arena, BIGINT, type Page } from '../spi/index.js'
import { integerConstant } from './integer-column.js'
import { nullBlock } from './kernels/gather.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import type { GroupIdSpec } from './spec.js'

export const createGroupId = (spec: GroupIdSpec, context: OperatorContext): Operator =>
  new GroupIdOperator(spec, context)

/**
 * Repeats each page once a grouping set: its keys, NULL where they are not of the set, then the arguments of aggregates,
 * then the set's number. Nothing is copied.
 * @source Trino GroupIdOperator
 */
class GroupIdOperator implements Operator {
  readonly finished = false
  readonly #spec: GroupIdSpec
  readonly #arena: Arena

  constructor(spec: GroupIdSpec, context: OperatorContext) {
    this.#spec = spec
    this.#arena = context.createArena()
  }

  *process(page: Page): Generator<Page, void> {
    const { sets, keyTypes, argumentChannels } = this.#spec
    const { rowCount } = page
    const args = argumentChannels.map((channel) => page.blocks[channel]!)
    for (const [id, set] of sets.entries()) {
      this.#arena.reset()
      const keys = set.map((channel, key) =>
        channel < 0 ? nullBlock(keyTypes[key]!, rowCount) : page.blocks[channel]!,
      )
      const number = integerConstant(id, rowCount, BIGINT, this.#arena)
      yield { rowCount, blocks: [...keys, ...args, number] }
    }
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#arena.close()
  }
}
