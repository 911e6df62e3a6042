/**
 * Whether two engines gave the same rows. Types differ (AVG of a DECIMAL is a DECIMAL in Trino's dialect, a DOUBLE in
 * DuckDB's): numbers agree within what the coarser one shows. Rows may come in any order where the values before
 * them tie, so both lists are sorted by their texts.
 */
export function sameRows(left, right) {
  if (left.length !== right.length) return false
  const a = left.map(normalised).sort(compareRows)
  const b = right.map(normalised).sort(compareRows)
  return a.every((row, i) => row.every((value, c) => sameValue(value, b[i][c])))
}

const normalised = (row) =>
  row.map((value) => {
    if (value === null) return null
    const text = String(value)
    return /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text) ? Number(text) : text.trimEnd()
  })

/** Numbers round before they sort, so that the last digits do not decide. */
const sortText = (row) =>
  row.map((v) => (typeof v === 'number' ? v.toPrecision(3) : String(v))).join('\u0001')
const compareRows = (a, b) => (sortText(a) < sortText(b) ? -1 : 1)

const sameValue = (a, b) =>
  a === b ||
  (typeof a === 'number' &&
    typeof b === 'number' &&
    Math.abs(a - b) <= Math.max(0.006, 1e-4 * Math.max(Math.abs(a), Math.abs(b))))
