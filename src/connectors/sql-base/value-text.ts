const MILLIS_PER_DAY = 86_400_000
const PICOS_PER_SECOND = 1_000_000_000_000n
const PICOS_PER_DAY = 86_400n * PICOS_PER_SECOND

const pad = (value: number | bigint, length: number): string => String(value).padStart(length, '0')

/** A day since 1970-01-01 as `2024-02-29`, which sorts as days do; undefined outside of the years 1 to 9999. */
export function isoDate(days: number): string | undefined {
  const date = new Date(days * MILLIS_PER_DAY)
  const year = date.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) return undefined
  return `${pad(year, 4)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`
}

/** Picoseconds since 1970-01-01 as `2024-02-29 23:59:59.000`, cut to `precision` digits; undefined outside of the years 1 to 9999. */
export function isoTimestamp(picos: bigint, precision: number): string | undefined {
  const ofDay = ((picos % PICOS_PER_DAY) + PICOS_PER_DAY) % PICOS_PER_DAY
  const date = isoDate(Number((picos - ofDay) / PICOS_PER_DAY))
  if (date === undefined) return undefined
  const seconds = ofDay / PICOS_PER_SECOND
  const time = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((n) => pad(n, 2))
  const fraction = pad(ofDay % PICOS_PER_SECOND, 12).slice(0, precision)
  return `${date} ${time.join(':')}${precision === 0 ? '' : `.${fraction}`}`
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const digits = pad(unscaled < 0n ? -unscaled : unscaled, scale + 1)
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
