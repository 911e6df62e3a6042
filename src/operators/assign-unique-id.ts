import type { Arena } from '../spi/index.js'
import { assert, BIGINT, type Page } from '../spi/index.js'
import { NO_PAGES, type Operator, type OperatorContext } from './operator.js'
import type { AssignUniqueIdSpec } from './spec.js'

export const createAssignUniqueId = (
  _spec: AssignUniqueIdSpec,
  context: OperatorContext,
): Operator => new AssignUniqueIdOperator(context)

/** Rows that one driver can number. */
const ROWS_BITS = 40n
/** What is left of a safe integer's bits. */
const DRIVERS_MAX = 2 ** 13

/**
 * Adds a BIGINT that no other row of the plan node has: the driver's number above the row's.
 * @source Trino AssignUniqueIdOperator
 */
class AssignUniqueIdOperator implements Operator {
  readonly finished = false
  readonly #arena: Arena
  #next: number

  constructor(context: OperatorContext) {
    this.#arena = context.createArena()
    const serial = context.driverSerial ?? context.driverIndex
    assert(serial < DRIVERS_MAX, 'drivers that can be told apart')
    this.#next = Number(BigInt(serial) << ROWS_BITS)
  }

  process(page: Page): readonly Page[] {
    const { rowCount } = page
    if (rowCount === 0) return NO_PAGES
    this.#arena.reset()
    const first = this.#next
    this.#next += rowCount
    const bytes = this.#arena.allocate(rowCount * 4)
    const values = new Int32Array(bytes.buffer, bytes.byteOffset, rowCount)
    for (let i = 0; i < rowCount; i++) values[i] = i
    const ids = {
      encoding: 'flat',
      storage: 'i32',
      type: BIGINT,
      rowCount,
      validity: null,
      values,
      base: first,
      factor: 1,
      bounds: { min: first, max: first + rowCount - 1 },
      ascending: true,
    } as const
    return [{ ...page, blocks: [...page.blocks, ids] }]
  }

  finish(): readonly Page[] {
    return NO_PAGES
  }

  close(): void {
    this.#arena.close()
  }
}
