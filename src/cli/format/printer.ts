import type { ShellRow } from '../connection/connection.js'

/** Makes the text of a result, rows as they come. */
export interface RowPrinter {
  /** Rows that are laid out together, at most; more would not make the text better. */
  readonly batchRows: number
  /** @param isLast whether no row follows these */
  print(rows: readonly ShellRow[], isLast: boolean): string
}

/** Of formats whose rows don't depend on each other. */
export const ROW_BY_ROW = 1

/** Of tables, whose columns are as wide as the widest of so many rows. @source Trino CLI 476, OutputHandler */
export const TABLE_ROWS = 10_000
