import { timeZoneOffsetSeconds } from '../../spi/type/time-zone.js'
import type { ZonedTime, ZonedTimestamp } from '../../spi/type/value.js'
import { civilOfDays, floorDivide, floorModulo, PICOS_PER_DAY, PICOS_PER_SECOND } from './civil.js'

const two = (value: number): string => String(value).padStart(2, '0')

/** `2020-02-29`; years before 0 with a minus, beyond 9999 with a plus. */
export function dateText(days: number): string {
  const { year, month, day } = civilOfDays(days)
  const digits = String(Math.abs(year)).padStart(4, '0')
  const sign = year < 0 ? '-' : year > 9999 ? '+' : ''
  return `${sign}${digits}-${two(month)}-${two(day)}`
}

/** `10:11:12.345` with `precision` fraction digits; picos of the day. */
export function timeText(picosOfDay: bigint, precision: number): string {
  const seconds = Number(picosOfDay / PICOS_PER_SECOND)
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  if (precision === 0) return text
  const fraction = (picosOfDay % PICOS_PER_SECOND).toString().padStart(12, '0')
  return `${text}.${fraction.slice(0, precision)}`
}

/** `2020-02-29 10:11:12.345` of local picoseconds since the epoch. */
export function timestampText(picos: bigint, precision: number, separator = ' '): string {
  const days = Number(floorDivide(picos, PICOS_PER_DAY))
  return dateText(days) + separator + timeText(floorModulo(picos, PICOS_PER_DAY), precision)
}

/** `+05:30` */
export function offsetText(minutes: number): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

export const timeWithZoneText = (value: ZonedTime, precision: number): string =>
  timeText(value.picos, precision) + offsetText(value.offsetMinutes)

/** Picoseconds since the epoch that the zone's clocks show at an instant. */
export function localPicos(value: ZonedTimestamp): bigint {
  const second = Number(floorDivide(value.picos, PICOS_PER_SECOND))
  return value.picos + BigInt(timeZoneOffsetSeconds(value.zone, second)) * PICOS_PER_SECOND
}

export const timestampWithZoneText = (value: ZonedTimestamp, precision: number): string =>
  `${timestampText(localPicos(value), precision)} ${value.zone}`

/** `-0-3`, `1-2` */
export function yearToMonthText(months: number): string {
  const size = Math.abs(months)
  return `${months < 0 ? '-' : ''}${Math.floor(size / 12)}-${size % 12}`
}

/** `1 00:00:01.500` of milliseconds. */
export function dayToSecondText(millis: bigint): string {
  const size = millis < 0n ? -millis : millis
  const days = size / 86_400_000n
  const rest = Number(size % 86_400_000n)
  const time = `${two(Math.floor(rest / 3_600_000))}:${two(Math.floor(rest / 60_000) % 60)}:${two(Math.floor(rest / 1000) % 60)}`
  return `${millis < 0n ? '-' : ''}${days} ${time}.${String(rest % 1000).padStart(3, '0')}`
}
