import { civilOfDays, floorDivide, PICOS_PER_DAY } from '../../values/civil.js'
import { dateText, timestampText } from '../../values/temporal-text.js'

const isOfFourDigits = (days: number): boolean => {
  const { year } = civilOfDays(days)
  return year >= 1 && year <= 9999
}

/** A day since 1970-01-01 as `2024-02-29`, which sorts as days do; undefined outside of the years 1 to 9999. */
export const isoDate = (days: number): string | undefined =>
  isOfFourDigits(days) ? dateText(days) : undefined

/** Picoseconds since 1970-01-01 as `2024-02-29 23:59:59.000`, cut to `precision` digits; undefined outside of the years 1 to 9999. */
export const isoTimestamp = (picos: bigint, precision: number): string | undefined =>
  isOfFourDigits(Number(floorDivide(picos, PICOS_PER_DAY)))
    ? timestampText(picos, precision)
    : undefined
