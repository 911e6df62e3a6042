/** The tables whose size follows the scale factor, by the table whose rows they are generated with. */
export type ScaledTable = 'customer' | 'orders' | 'part' | 'supplier'

const ROWS_AT_SCALE_FACTOR_1: Readonly<Record<ScaledTable, number>> = {
  customer: 150_000,
  orders: 1_500_000,
  part: 200_000,
  supplier: 10_000,
}

/** The rows of a table at a scale factor, which need not be a whole number. */
export const scaledRowCount = (table: ScaledTable, scaleFactor: number): number =>
  Math.trunc(ROWS_AT_SCALE_FACTOR_1[table] * scaleFactor)
