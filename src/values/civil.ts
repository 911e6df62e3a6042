/** Calendar arithmetic in the proleptic Gregorian calendar. Days count from 1970-01-01. */
export interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

export const PICOS_PER_SECOND = 1_000_000_000_000n
export const PICOS_PER_MILLI = 1_000_000_000n
export const PICOS_PER_MICRO = 1_000_000n
export const PICOS_PER_MINUTE = 60n * PICOS_PER_SECOND
export const PICOS_PER_DAY = 86_400n * PICOS_PER_SECOND
export const MILLIS_PER_DAY = 86_400_000n

/** @source H. Hinnant, chrono-Compatible Low-Level Date Algorithms */
export function daysOfCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  return era * 146_097 + dayOfEra + dayOfYear - 719_468
}

/** @source H. Hinnant, chrono-Compatible Low-Level Date Algorithms */
export function civilOfDays(days: number): CivilDate {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const mp = Math.floor((5 * dayOfYear + 2) / 153)
  const month = mp < 10 ? mp + 3 : mp - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1,
  }
}

export const isLeapYear = (year: number): boolean =>
  (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
export const daysInMonth = (year: number, month: number): number =>
  month === 2 && isLeapYear(year) ? 29 : MONTH_DAYS[month - 1]!

/** The day some months later; past the end of a month it is the month's last day. */
export function addMonths(days: number, months: number): number {
  const { year, month, day } = civilOfDays(days)
  const index = year * 12 + month - 1 + months
  const newYear = Math.floor(index / 12)
  const newMonth = index - newYear * 12 + 1
  return daysOfCivil(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)))
}

/** 1 is Monday, 7 Sunday. */
export const dayOfWeek = (days: number): number => ((((days + 3) % 7) + 7) % 7) + 1
export const dayOfYear = (days: number): number =>
  days - daysOfCivil(civilOfDays(days).year, 1, 1) + 1

/** ISO week and the year it belongs to. */
export function isoWeek(days: number): { readonly year: number; readonly week: number } {
  const thursday = days - dayOfWeek(days) + 4
  const { year } = civilOfDays(thursday)
  return { year, week: Math.floor((thursday - daysOfCivil(year, 1, 1)) / 7) + 1 }
}

export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}
export const floorModulo = (dividend: bigint, divisor: bigint): bigint => {
  const remainder = dividend % divisor
  return remainder < 0n ? remainder + divisor : remainder
}

/** Rounds picoseconds to a number of fraction digits, halves up (towards later). */
export function roundPicos(picos: bigint, precision: number): bigint {
  if (precision >= 12) return picos
  const unit = 10n ** BigInt(12 - precision)
  return floorDivide(picos + unit / 2n, unit) * unit
}
