import {
  MAX_OFFSET_MINUTES,
  timeZoneId,
  timeZoneKey,
  timeZoneOffsetSeconds,
  timeZoneOffsetsOfLocal,
} from '../../spi/type/time-zone.js'
import {
  daysInMonth,
  daysOfCivil,
  floorDivide,
  PICOS_PER_DAY,
  PICOS_PER_SECOND,
} from '../../values/civil.js'

/** What a literal or a text to cast may say; each parser gives undefined for what it does not read. */
export interface ParsedTime {
  readonly picos: bigint
  /** Number of fraction digits written. */
  readonly precision: number
}

/** DATE: `2020-2-9`, `-0001-01-01`, with white space around; a year has at least four digits or fewer are read too. */
export function parseDate(text: string): number | undefined {
  const match = /^\s*([+-]?\d{1,9})-(\d{1,2})-(\d{1,2})\s*$/.exec(text)
  return match === null ? undefined : daysOfParts(match[1]!, match[2]!, match[3]!)
}

function daysOfParts(yearText: string, monthText: string, dayText: string): number | undefined {
  const year = Number(yearText)
  const month = Number(monthText)
  const day = Number(dayText)
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  const days = daysOfCivil(year, month, day)
  return days >= -2_147_483_648 && days <= 2_147_483_647 ? days : undefined
}

function picosOfParts(
  hourText: string,
  minuteText: string,
  secondText: string | undefined,
  fraction = '',
): ParsedTime | undefined {
  const hour = Number(hourText)
  const minute = Number(minuteText)
  const second = Number(secondText ?? 0)
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const seconds = BigInt(hour * 3600 + minute * 60 + second)
  return {
    picos: seconds * PICOS_PER_SECOND + BigInt(fraction.padEnd(12, '0')),
    precision: fraction.length,
  }
}

const TIME = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?$/
const TIME_WITH_ZONE = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?\s*([+-])(\d\d):(\d\d)$/
const TIMESTAMP =
  /^([+-]?\d{4,9})-(\d{1,2})-(\d{1,2})(?: (?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?)?)?(?:\s*(.+))?$/

/** TIME without a zone. */
export function parseTime(text: string): ParsedTime | undefined {
  const match = TIME.exec(text)
  return match === null ? undefined : picosOfParts(match[1]!, match[2]!, match[3], match[4])
}

export interface ParsedZonedTime extends ParsedTime {
  readonly offsetMinutes: number
}

/** TIME with an offset, `+hh:mm`. */
export function parseTimeWithZone(text: string): ParsedZonedTime | undefined {
  const match = TIME_WITH_ZONE.exec(text)
  if (match === null) return undefined
  const time = picosOfParts(match[1]!, match[2]!, match[3], match[4])
  const size = Number(match[6]) * 60 + Number(match[7])
  if (time === undefined || size > MAX_OFFSET_MINUTES || Number(match[7]) > 59) return undefined
  return { ...time, offsetMinutes: match[5] === '-' ? -size : size }
}

export interface ParsedTimestamp extends ParsedTime {
  /** Canonical zone id; undefined where none is written. `picos` are local. */
  readonly zone: string | undefined
}

/** TIMESTAMP with or without a zone: `2020-02-29`, `2020-02-29 10:11`, `… 10:11:12.345 Europe/Berlin`. */
export function parseTimestamp(text: string): ParsedTimestamp | undefined {
  const match = TIMESTAMP.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, zoneText] = match
  const days = daysOfParts(year!, month!, day!)
  const time = picosOfParts(hour ?? '0', minute ?? '0', second, fraction)
  if (days === undefined || time === undefined) return undefined
  let zone: string | undefined
  if (zoneText !== undefined) {
    const key = timeZoneKey(zoneText)
    if (key === undefined) return undefined
    zone = timeZoneId(key)
  }
  return { picos: BigInt(days) * PICOS_PER_DAY + time.picos, precision: time.precision, zone }
}

/**
 * The instant at which a zone's clocks show a local time: the earlier of two; in a gap, as many hours later as the gap
 * is long. Picoseconds.
 * @source java.time ZonedDateTime.ofLocal
 */
export function instantOfLocal(local: bigint, zone: string): bigint {
  const second = Number(floorDivide(local, PICOS_PER_SECOND))
  const [first] = timeZoneOffsetsOfLocal(zone, second)
  const offset = first ?? timeZoneOffsetSeconds(zone, second - 86_400)
  return local - BigInt(offset) * PICOS_PER_SECOND
}
