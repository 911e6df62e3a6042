/**
 * Trino's text forms of dates, times and intervals, from the integers that blocks carry.
 * @source Trino SqlDate, SqlTime, SqlTimestamp, SqlIntervalDayTime, SqlIntervalYearMonth
 */

import { timeZoneOffsetSeconds, type ZonedTime, type ZonedTimestamp } from '../spi/index.js'
import { civilOfDays, floorDivide, PICOS_PER_MICRO, PICOS_PER_SECOND } from './civil.js'

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

function makeDateText(epochDay: number): string {
  const { year, month, day } = civilOfDays(epochDay)
  return `${yearText(year)}-${two(month)}-${two(day)}`
}

/** `10:00:00` of whole seconds of a day. */
export function clockText(secondOfDay: number): string {
  const hour = Math.floor(secondOfDay / 3600)
  const minute = Math.floor(secondOfDay / 60) % 60
  return `${two(hour)}:${two(minute)}:${two(secondOfDay % 60)}`
}

/** `.123` for precision 3; nothing for precision 0. `picos` is the picosecond of the second. */
function fractionText(picos: bigint, precision: number): string {
  if (precision === 0) return ''
  return `.${picos.toString().padStart(12, '0').slice(0, precision)}`
}

/** `10:00:00.123` of picoseconds of a day. */
export function timeText(picosOfDay: bigint, precision: number): string {
  const second = picosOfDay / PICOS_PER_SECOND
  const fraction = fractionText(picosOfDay - second * PICOS_PER_SECOND, precision)
  return clockText(Number(second) % SECONDS_PER_DAY) + fraction
}

export const timeWithZoneText = (value: ZonedTime, precision: number): string =>
  timeText(value.picos, precision) + offsetText(value.offsetMinutes)

/** `2020-01-31 10:00:00.123` of local picoseconds since the epoch. */
export function timestampText(picos: bigint, precision: number, separator = ' '): string {
  const { second, rest } = splitPicos(picos)
  return secondText(second, rest, precision, separator)
}

/** Picoseconds since the epoch that the zone's clocks show at an instant. */
export function localPicos(value: ZonedTimestamp): bigint {
  const { second } = splitPicos(value.picos)
  return value.picos + BigInt(timeZoneOffsetSeconds(value.zone, second)) * PICOS_PER_SECOND
}

/** `2020-01-31 10:00:00.123 Europe/Paris` */
export function timestampWithZoneText({ picos, zone }: ZonedTimestamp, precision: number): string {
  const { second, rest } = splitPicos(picos)
  const local = second + timeZoneOffsetSeconds(zone, second)
  return `${secondText(local, rest, precision)} ${zone}`
}

/** `2020-01-31 10:00:00.123` of whole local seconds since the epoch and the picosecond of the second. */
export function secondText(
  epochSecond: number,
  picosOfSecond: bigint,
  precision: number,
  separator = ' ',
): string {
  const day = Math.floor(epochSecond / SECONDS_PER_DAY)
  const clock = clockText(epochSecond - day * SECONDS_PER_DAY)
  return `${dateText(day)}${separator}${clock}${fractionText(picosOfSecond, precision)}`
}

/** Splits microseconds since the epoch into whole seconds, rounded down, and the picosecond of the second. */
export function splitMicros(micros: bigint): { second: number; rest: bigint } {
  const second = floorDivide(micros, MICROS_PER_SECOND)
  return { second: Number(second), rest: (micros - second * MICROS_PER_SECOND) * PICOS_PER_MICRO }
}

/** Splits picoseconds since the epoch into whole seconds, rounded down, and the picosecond of the second. */
function splitPicos(picos: bigint): { second: number; rest: bigint } {
  const second = floorDivide(picos, PICOS_PER_SECOND)
  return { second: Number(second), rest: picos - second * PICOS_PER_SECOND }
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
