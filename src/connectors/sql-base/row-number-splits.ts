import type { SqlSplit } from './handles.js'
import { allOf, binary, numberText, type SqlExpression } from './sql-tree.js'

const ROWS_PER_SPLIT = 100_000n
const SPLITS_MAX = 1024n

/**
 * Ranges of row numbers that together have every row, also those that are written meanwhile.
 * @param range the first and last row number; the last before the first where there are no rows
 */
export function rowNumberSplits(
  rowNumber: SqlExpression,
  { first, last }: { readonly first: bigint; readonly last: bigint },
  bytesPerRow: number,
): readonly SqlSplit[] {
  const span = last < first ? 0n : last - first + 1n
  const wanted = (span + ROWS_PER_SPLIT - 1n) / ROWS_PER_SPLIT
  const count = wanted > SPLITS_MAX ? SPLITS_MAX : wanted < 1n ? 1n : wanted
  const size = span / count
  const estimate = {
    estimatedRows: Number(size),
    estimatedBytes: Number(size) * bytesPerRow,
  }
  const isShort = size <= ROWS_PER_SPLIT ? ({ isShort: true } as const) : {}
  if (count === 1n) return [{ ...estimate, ...isShort }]
  return Array.from({ length: Number(count) }, (_, i) => {
    const from = binary('>=', rowNumber, numberText(String(first + BigInt(i) * size)))
    const to = binary('<', rowNumber, numberText(String(first + BigInt(i + 1) * size)))
    const condition = i === 0 ? to : i === Number(count) - 1 ? from : allOf(from, to)
    return { ...estimate, ...isShort, condition }
  })
}
