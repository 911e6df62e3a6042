import type { SqlSplit } from './handles.js'
import { allOf, binary, numberText, type SqlExpression } from './sql-tree.js'

const SPLITS_MAX = 1024n

const dividedUp = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

/**
 * Ranges of row numbers that together have every row, also those that are written meanwhile.
 * @param range the first and last row number; the last before the first where there are no rows
 * @param rowsPerSplit what the database stores together, or finds together quickly: splits are that many rows, or a multiple
 */
export function rowNumberSplits(
  rowNumber: SqlExpression,
  { first, last }: { readonly first: bigint; readonly last: bigint },
  { rowsPerSplit, bytesPerRow }: { readonly rowsPerSplit: bigint; readonly bytesPerRow: number },
): readonly SqlSplit[] {
  const span = last < first ? 0n : last - first + 1n
  const size = rowsPerSplit * (dividedUp(dividedUp(span, rowsPerSplit), SPLITS_MAX) || 1n)
  const count = Number(dividedUp(span, size)) || 1
  const rowCount = Math.ceil(Number(span) / count)
  const estimate = { estimatedRows: rowCount, estimatedBytes: rowCount * bytesPerRow }
  const isShort = size === rowsPerSplit ? ({ isShort: true } as const) : {}
  if (count === 1) return [{ ...estimate, ...isShort }]
  return Array.from({ length: count }, (_, i) => {
    const from = binary('>=', rowNumber, numberText(String(first + BigInt(i) * size)))
    const to = binary('<', rowNumber, numberText(String(first + BigInt(i + 1) * size)))
    const condition = i === 0 ? to : i === count - 1 ? from : allOf(from, to)
    return { ...estimate, ...isShort, condition }
  })
}
