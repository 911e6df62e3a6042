import type { GeneratedRows, GenerationContext, IntegerColumn, RowRange } from './column.js'
import { allocateInt32, keyColumn } from './column.js'
import { commentColumn, commentStream } from './comments.js'
import { numberColumn, numberStream } from './draws.js'
import { SUPPLIERS_PER_PART, supplierKeys } from './part-facts.js'
import { scaledRowCount } from './scale.js'

export type PartSuppColumn =
  | 'partkey'
  | 'suppkey'
  | 'availqty'
  | 'supplycost'
  | 'comment'
  | 'row_number'

const AVAILABLE_QUANTITY = numberStream(1671059989, 1, 9999, SUPPLIERS_PER_PART)
const SUPPLY_COST = numberStream(1051288424, 100, 100_000, SUPPLIERS_PER_PART)
const COMMENT = commentStream(1961692154, 124, SUPPLIERS_PER_PART)

/** Four rows of partsupp for each part of the range; `supplycost` in cents. */
export function partSuppRows(
  range: RowRange,
  context: GenerationContext,
): GeneratedRows<PartSuppColumn> {
  const { startRow } = range
  const partCount = range.endRow - startRow
  const rowCount = partCount * SUPPLIERS_PER_PART
  return {
    rowCount,
    columns: {
      partkey: () => partKeyColumn(context, startRow, rowCount),
      suppkey: () => supplierKeyColumn(context, range, rowCount),
      availqty: () => numberColumn(context, AVAILABLE_QUANTITY, startRow, rowCount),
      supplycost: () => numberColumn(context, SUPPLY_COST, startRow, rowCount),
      comment: () =>
        commentColumn(
          context,
          COMMENT,
          startRow,
          new Uint8Array(partCount).fill(SUPPLIERS_PER_PART),
          rowCount,
        ),
      row_number: () => partKeyColumn(context, startRow, rowCount),
    },
  }
}

function partKeyColumn(
  context: GenerationContext,
  startRow: number,
  rowCount: number,
): IntegerColumn {
  const values = allocateInt32(context, rowCount)
  for (let i = 0; i < rowCount; i++) {
    values[i] = (i / SUPPLIERS_PER_PART) | 0
  }
  const base = startRow + 1
  const max = base + (values[rowCount - 1] ?? 0)
  return { kind: 'integers', values, base, min: base, max, ascending: true }
}

function supplierKeyColumn(
  context: GenerationContext,
  range: RowRange,
  rowCount: number,
): IntegerColumn {
  const { scaleFactor, startRow } = range
  const partKeys = new Float64Array(rowCount)
  const numbers = context.scratch.take(rowCount)
  for (let i = 0; i < rowCount; i++) {
    partKeys[i] = startRow + 1 + ((i / SUPPLIERS_PER_PART) | 0)
    numbers[i] = i % SUPPLIERS_PER_PART
  }
  const keys = supplierKeys(context.scratch, partKeys, numbers, scaleFactor)
  return keyColumn(context, keys, scaledRowCount('supplier', scaleFactor))
}
