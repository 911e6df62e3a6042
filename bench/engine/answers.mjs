/**
 * Whether two engines gave the same rows. Types differ (AVG of a DECIMAL is a DECIMAL in Trino's dialect, a DOUBLE in
 * DuckDB's): numbers of a column that has fractions agree within what the coarser one shows. Rows may come in any order
 * where the values before them tie: lists that differ as they are get sorted, by what is exact before what is not.
 */
export function sameRows(left, right) {
  if (left.length !== right.length) return false
  const a = left.map(normalised)
  const b = right.map(normalised)
  const columns = Array.from(a[0] ?? [], (_, c) => c)
  const isExact = columns.map((c) => isExactColumn(a, c) && isExactColumn(b, c))
  const same = () =>
    a.every((row, i) => columns.every((c) => sameValue(row[c], b[i][c], isExact[c])))
  if (same()) return true
  const order = [...columns.filter((c) => isExact[c]), ...columns.filter((c) => !isExact[c])]
  const compareRows = (x, y) => {
    for (const c of order) {
      const compared = compareValues(x[c], y[c])
      if (compared !== 0) return compared
    }
    return 0
  }
  a.sort(compareRows)
  b.sort(compareRows)
  return same()
}

const normalised = (row) =>
  row.map((value) => {
    if (value === null) return null
    // CHAR is padded in Trino's dialect.
    const text = String(value).trimEnd()
    return /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text) ? Number(text) : text
  })

/** Texts and whole numbers. */
const isExactColumn = (rows, c) =>
  rows.every((row) => typeof row[c] !== 'number' || Number.isInteger(row[c]))

/** NULLs, then numbers, then texts. */
function compareValues(a, b) {
  const rank = kindRank(a) - kindRank(b)
  if (rank !== 0 || a === b) return rank
  return a < b ? -1 : 1
}
const kindRank = (value) => (value === null ? 0 : typeof value === 'number' ? 1 : 2)

const sameValue = (a, b, isExact) =>
  a === b ||
  (!isExact &&
    typeof a === 'number' &&
    typeof b === 'number' &&
    Math.abs(a - b) <= Math.max(0.011, 1e-4 * Math.max(Math.abs(a), Math.abs(b))))
