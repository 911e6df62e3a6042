import type { Arena, Page } from '../../spi/index.js'
import { NO_PAGES, type Operator, type OperatorContext } from '../operator.js'
import type { PartitionOutputSpec } from '../spec.js'
import { PagePartitioner } from './page-partitioner.js'

export const createPartitionOutput = (
  spec: PartitionOutputSpec,
  context: OperatorContext,
): Operator => new PartitionOutput(spec, context.createArena())

/**
 * Cuts what a driver gives into pages of one partition each, where the driver runs: the thread that sends them only hands them on.
 * @source Trino PartitionedOutputOperator
 */
class PartitionOutput implements Operator {
  readonly finished = false
  readonly #arena: Arena
  readonly #partitioner: PagePartitioner

  constructor({ keyChannels, partitionCount, ...exceptions }: PartitionOutputSpec, arena: Arena) {
    this.#arena = arena
    this.#partitioner = new PagePartitioner(keyChannels, partitionCount, arena, exceptions)
  }

  process(page: Page): Iterable<Page> {
    return this.#partitioner.parts(page)
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#arena.close()
  }
}
