import { MillraceError, type Page } from '../../spi/index.js'
import type { RowwiseEngine } from '../rowwise.js'

/** Errors of the data, which evaluating another row or entry need not have; Trino calls some of them internal. */
export const isDataError = (error: unknown): boolean =>
  error instanceof MillraceError &&
  (error.type === 'USER_ERROR' || error.code === 'GENERIC_INTERNAL_ERROR')

/** Tells a failure that a kernel found, by evaluating its row again. @throws what the row fails with */
export function throwFailure(engine: RowwiseEngine, page: Page, position: number): never {
  engine.evaluateAt(page, position)
  throw new Error(
    `internal error: a kernel failed at position ${position}, the interpreter did not`,
  )
}
