/**
 * Trino's text forms of dates, times and intervals, from the integers that blocks carry.
 * @source Trino SqlDate, SqlTime, SqlTimestamp, SqlIntervalDayTime, SqlIntervalYearMonth
 */

const SECONDS_PER_DAY = 86_400
const MICROS_PER_SECOND = 1_000_000n

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`)

/** Years are at least four digits; beyond 9999 they carry a plus sign, as in ISO 8601. */
function yearText(year: number): string {
  if (year > 9999) return `+${year}`
  if (year >= 1000) return `${year}`
  return year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0')
}

/** The texts of days asked for last, at most one for each remainder by their count: 22 years next to each other. */
const KEPT_DATES = 8192
const keptDays = new Float64Array(KEPT_DATES).fill(Number.NaN)
const keptTexts: string[] = new Array(KEPT_DATES).fill('')

/** `2020-01-31` of days since 1970-01-01 in the proleptic Gregorian calendar. */
export function dateText(epochDay: number): string {
  const place = epochDay & (KEPT_DATES - 1)
  if (keptDays[place] === epochDay) return keptTexts[place]!
  const text = makeDateText(epochDay)
  keptDays[place] = epochDay
  keptTexts[place] = text
  return text
}

/**
 * @source Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days
 */
function makeDateText(epochDay: number): string {
  const shifted = epochDay + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${yearText(year)}-${two(month)}-${two(day)}`
}

/** `10:00:00` of whole seconds of a day. */
export function clockText(secondOfDay: number): string {
  const hour = Math.floor(secondOfDay / 3600)
  const minute = Math.floor(secondOfDay / 60) % 60
  return `${two(hour)}:${two(minute)}:${two(secondOfDay % 60)}`
}

/** `.123` for precision 3; nothing for precision 0. `picos` is the picosecond of the second. */
export function fractionText(picos: bigint, precision: number): string {
  if (precision === 0) return ''
  return `.${picos.toString().padStart(12, '0').slice(0, precision)}`
}

/** The instant as a local date and time: `2020-01-31 10:00:00.123`. */
export function timestampText(
  epochSecond: number,
  picosOfSecond: bigint,
  precision: number,
): string {
  const day = Math.floor(epochSecond / SECONDS_PER_DAY)
  const clock = clockText(epochSecond - day * SECONDS_PER_DAY)
  return `${dateText(day)} ${clock}${fractionText(picosOfSecond, precision)}`
}

/** Splits microseconds since the epoch into whole seconds (floor) and the picoseconds left. */
export function splitMicros(micros: bigint): { second: number; picos: bigint } {
  let second = micros / MICROS_PER_SECOND
  let rest = micros - second * MICROS_PER_SECOND
  if (rest < 0n) {
    rest += MICROS_PER_SECOND
    second -= 1n
  }
  return { second: Number(second), picos: rest * MICROS_PER_SECOND }
}

/** `+05:30` of an offset in minutes. */
export function offsetText(offsetMinutes: number): string {
  const size = Math.abs(offsetMinutes)
  return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** `1 02:03:04.005` of milliseconds. */
export function dayTimeIntervalText(millis: bigint): string {
  const negative = millis < 0n
  const size = negative ? -millis : millis
  const day = size / 86_400_000n
  const rest = Number(size - day * 86_400_000n)
  const clock = clockText(Math.floor(rest / 1000))
  return `${negative ? '-' : ''}${day} ${clock}.${String(rest % 1000).padStart(3, '0')}`
}

/** `1-2` of months. */
export function yearMonthIntervalText(months: number): string {
  const size = Math.abs(months)
  return `${months < 0 ? '-' : ''}${Math.floor(size / 12)}-${size % 12}`
}
