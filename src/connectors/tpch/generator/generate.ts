import type { GeneratedColumn, GeneratedRows, GenerationContext, RowRange } from './column.js'
import { customerRows } from './customer.js'
import { lineItemRows } from './lineitem.js'
import { NATION_COUNT, nationRows, REGION_COUNT, regionRows } from './nation.js'
import { LINES_PER_ORDER_MAX, orderRangeEnd } from './order-lines.js'
import { ordersRows } from './orders.js'
import { partRows } from './part.js'
import { SUPPLIERS_PER_PART } from './part-facts.js'
import { partSuppRows } from './partsupp.js'
import { scaledRowCount } from './scale.js'
import { supplierRows } from './supplier.js'

export type TpchTable =
  | 'customer'
  | 'lineitem'
  | 'nation'
  | 'orders'
  | 'part'
  | 'partsupp'
  | 'region'
  | 'supplier'

interface TableGenerator {
  readonly baseRowCount: (scaleFactor: number) => number
  /** The rows that a base row makes; for lineitem on the average. */
  readonly rowsPerBaseRow: number
  readonly rows: (range: RowRange, context: GenerationContext) => GeneratedRows<string>
}

const GENERATORS: Readonly<Record<TpchTable, TableGenerator>> = {
  customer: table((scaleFactor) => scaledRowCount('customer', scaleFactor), 1, customerRows),
  lineitem: table(
    (scaleFactor) => scaledRowCount('orders', scaleFactor),
    (1 + LINES_PER_ORDER_MAX) / 2,
    lineItemRows,
  ),
  nation: table(() => NATION_COUNT, 1, nationRows),
  orders: table((scaleFactor) => scaledRowCount('orders', scaleFactor), 1, ordersRows),
  part: table((scaleFactor) => scaledRowCount('part', scaleFactor), 1, partRows),
  partsupp: table(
    (scaleFactor) => scaledRowCount('part', scaleFactor),
    SUPPLIERS_PER_PART,
    partSuppRows,
  ),
  region: table(() => REGION_COUNT, 1, regionRows),
  supplier: table((scaleFactor) => scaledRowCount('supplier', scaleFactor), 1, supplierRows),
}

function table(
  baseRowCount: (scaleFactor: number) => number,
  rowsPerBaseRow: number,
  rows: TableGenerator['rows'],
): TableGenerator {
  return { baseRowCount, rowsPerBaseRow, rows }
}

/** The base rows of a table: its orders for lineitem, its parts for partsupp, else its rows. */
export const baseRowCount = (tableName: TpchTable, scaleFactor: number): number =>
  GENERATORS[tableName].baseRowCount(scaleFactor)

/** The rows that a base row of a table makes; for lineitem on the average. */
export const rowsPerBaseRow = (tableName: TpchTable): number => GENERATORS[tableName].rowsPerBaseRow

/**
 * The end of the longest range of base rows from `startRow` on, not beyond `endRow`, that makes at most
 * `rowCountMax` rows; one base row at least.
 */
export function rangeEnd(
  tableName: TpchTable,
  startRow: number,
  endRow: number,
  rowCountMax: number,
): number {
  if (tableName === 'lineitem') {
    return orderRangeEnd(startRow, endRow, rowCountMax)
  }
  const baseRowCountMax = Math.floor(rowCountMax / GENERATORS[tableName].rowsPerBaseRow)
  return Math.min(endRow, startRow + Math.max(baseRowCountMax, 1))
}

/**
 * Generates columns of a table, by their names of SIMPLIFIED column naming (as `orderkey`), for a range of base
 * rows. A column that is not asked for is not drawn, as every field has a random stream of its own.
 */
export function generateColumns(
  tableName: TpchTable,
  range: RowRange,
  columnNames: readonly string[],
  context: GenerationContext,
): { rowCount: number; columns: GeneratedColumn[] } {
  context.scratch.reset()
  const { rowCount, columns } = GENERATORS[tableName].rows(range, context)
  return { rowCount, columns: columnNames.map((name) => columns[name]!()) }
}
