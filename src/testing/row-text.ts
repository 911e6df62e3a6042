/** Digits of sums and averages of doubles that do not depend on the order of addition. */
const FLOAT_DIGITS = 10

/** Rows as texts: equal for equal rows, whichever way their values were computed. */
export const rowTexts = (rows: readonly (readonly unknown[])[]): readonly string[] =>
  rows.map((row) => row.map(valueText).join(' | '))

function valueText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? String(value) : numberText(value)
    case 'bigint':
      return String(value)
    case 'string':
      return JSON.stringify(value)
    case 'object':
      break
    default:
      return String(value)
  }
  if (value === null) return 'NULL'
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return `X'${bytes.toString('hex')}'`
  }
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${valueText(key)}: ${valueText(item)}`)
    return `{${entries.sort().join(', ')}}`
  }
  return `(${Object.entries(value)
    .map(([name, item]) => `${name}: ${valueText(item)}`)
    .join(', ')})`
}

const numberText = (value: number): string =>
  Number.isFinite(value) ? value.toPrecision(FLOAT_DIGITS) : String(value)

/** Rows without regard to their order. */
export const sorted = (rows: readonly string[]): readonly string[] => [...rows].sort()

/** The first difference of two lists of rows, in words; undefined where they are equal. */
export function difference(
  actual: readonly string[],
  expected: readonly string[],
): string | undefined {
  if (actual.length !== expected.length) {
    return `${actual.length} rows instead of ${expected.length}`
  }
  const at = actual.findIndex((row, i) => row !== expected[i])
  return at < 0 ? undefined : `row ${at} is ${actual[at]} instead of ${expected[at]}`
}

/** Whether every row of a list is one of another, as often. */
export function isPartOf(part: readonly string[], whole: readonly string[]): boolean {
  const counts = new Map<string, number>()
  for (const row of whole) counts.set(row, (counts.get(row) ?? 0) + 1)
  for (const row of part) {
    const count = counts.get(row) ?? 0
    if (count === 0) return false
    counts.set(row, count - 1)
  }
  return true
}
