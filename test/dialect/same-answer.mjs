/** A value of the embedded API as databases' clients print it. */
export const textOf = (value) => {
  if (value === null) return null
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (Array.isArray(value)) return `{${value.map(textOf).join(',')}}`
  return String(value)
}

/** Fractions of a second that are 0 are not printed by some. */
const plainTime = (text) =>
  text
    .replace(/(?<=\d)(?: UTC|\+00)$/, '')
    .replace(/^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)\.(\d*?)0*$/, (_, time, digits) =>
      digits === '' ? time : `${time}.${digits}`,
    )

function sameValue(actual, expected) {
  if (actual === null || expected === null) return actual === expected
  if (plainTime(actual) === plainTime(expected)) return true
  // A date that is a time at midnight.
  const a = Number(actual)
  const b = Number(expected)
  if (actual.trim() === '' || expected.trim() === '' || Number.isNaN(a) || Number.isNaN(b))
    return false
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-6)
}

/** Whether two results are the same, numbers to nine digits. */
export const sameAnswer = (actual, expected) =>
  Array.isArray(actual) &&
  actual.length === expected.length &&
  actual.every(
    (row, i) =>
      row.length === expected[i].length &&
      row.every((value, j) => sameValue(value, expected[i][j])),
  )
