/** Units of durations in milliseconds. @source Airlift Duration */
const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Units of data sizes in bytes: powers of 1024. @source Airlift DataSize */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 2 ** 10,
  mb: 2 ** 20,
  gb: 2 ** 30,
  tb: 2 ** 40,
  pb: 2 ** 50,
}

const QUANTITY = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*$/

/** Milliseconds of a duration such as `10m`, `1.5h`, `250ms`; undefined where the text is none. */
export function parseDuration(text: string): number | undefined {
  const match = QUANTITY.exec(text)
  const unit = match === null ? undefined : DURATION_UNITS[match[2]!]
  return unit === undefined ? undefined : Number(match![1]) * unit
}

/** Bytes of a data size such as `64MB`, `1.5GB`, `512kB`; undefined where the text is none. */
export function parseDataSize(text: string): number | undefined {
  const match = QUANTITY.exec(text)
  const unit = match === null ? undefined : SIZE_UNITS[match[2]!.toLowerCase()]
  return unit === undefined ? undefined : Math.round(Number(match![1]) * unit)
}

/** The text of a duration in the largest unit that it is at least one of, with two fraction digits at most. */
export function printDuration(millis: number): string {
  const units = Object.entries(DURATION_UNITS).reverse()
  const [unit, size] = units.find(([, s]) => Math.abs(millis) >= s) ?? ['ms', 1]
  return `${Number((millis / size).toFixed(2))}${unit}`
}

const SIZE_NAMES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** The text of a size, exact: in the largest unit that divides it. */
export function printDataSize(bytes: number): string {
  let unit = 0
  while (unit < SIZE_NAMES.length - 1 && bytes !== 0 && bytes % 1024 === 0) {
    bytes /= 1024
    unit++
  }
  return `${bytes}${SIZE_NAMES[unit]}`
}

/** The candidate that a misspelt name most likely means; undefined where none is near. O(candidates · length²). */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), least)
    if (distance < least) {
      least = distance
      nearest = candidate
    }
  }
  return nearest
}

/** Levenshtein's distance, or `limit` where it is not below. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substituted, previous[j]! + 1, row[j - 1]! + 1))
    }
    previous = row
  }
  return Math.min(previous[b.length]!, limit)
}
