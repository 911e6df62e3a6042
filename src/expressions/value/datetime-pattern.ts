import { timeZoneId, timeZoneKey, timeZoneOffsetSeconds } from '../../spi/time-zone.js'
import { invalidArgument } from '../errors.js'
import {
  addMonths,
  civilOfDays,
  dayOfWeek,
  dayOfYear,
  daysInMonth,
  daysOfCivil,
  floorDivide,
  floorModulo,
  isLeapYear,
  isoWeek,
  PICOS_PER_DAY,
  PICOS_PER_SECOND,
} from './civil.js'
import { offsetText } from './temporal-text.js'

/** Patterns of dates and times, taken apart from MySQL's or Joda's letters, that print and parse. */
export type PatternPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly field: NumberField; readonly digits: number }
  | { readonly kind: 'name'; readonly field: NameField; readonly isShort: boolean }
  | { readonly kind: 'fraction'; readonly digits: number }
  | { readonly kind: 'zone'; readonly style: 'offset' | 'colon' | 'id' | 'short' | 'long' }

export type NumberField =
  | 'year'
  | 'twoDigitYear'
  | 'yearOfEra'
  | 'century'
  | 'month'
  | 'day'
  | 'dayOfYear'
  | 'weekyear'
  | 'twoDigitWeekyear'
  | 'week'
  | 'dayOfWeek'
  | 'hour'
  | 'clockHour'
  | 'halfHour'
  | 'clockHalfHour'
  | 'minute'
  | 'second'
export type NameField = 'month' | 'dayOfWeek' | 'halfday' | 'era'

const MONTHS =
  'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ')
const HALFDAYS = ['AM', 'PM']
const ERAS = ['BC', 'AD']

const namesOf = (field: NameField): readonly string[] =>
  ({ month: MONTHS, dayOfWeek: DAYS, halfday: HALFDAYS, era: ERAS })[field]

const shortName = (field: NameField, name: string): string =>
  field === 'month' || field === 'dayOfWeek' ? name.slice(0, 3) : name

/** A local date and time with its zone. */
export interface LocalTime {
  /** Local picoseconds since the epoch. */
  readonly local: bigint
  readonly zone: string
  readonly offsetSeconds: number
}

function numberOf(field: NumberField, days: number, second: number): number {
  const date = civilOfDays(days)
  switch (field) {
    case 'year':
      return date.year
    case 'twoDigitYear':
      return Math.abs(date.year) % 100
    case 'yearOfEra':
      return date.year > 0 ? date.year : 1 - date.year
    case 'century':
      return Math.floor(Math.abs(date.year) / 100)
    case 'month':
      return date.month
    case 'day':
      return date.day
    case 'dayOfYear':
      return dayOfYear(days)
    case 'weekyear':
      return isoWeek(days).year
    case 'twoDigitWeekyear':
      return Math.abs(isoWeek(days).year) % 100
    case 'week':
      return isoWeek(days).week
    case 'dayOfWeek':
      return dayOfWeek(days)
    case 'hour':
      return Math.floor(second / 3600)
    case 'clockHour':
      return Math.floor(second / 3600) || 24
    case 'halfHour':
      return Math.floor(second / 3600) % 12
    case 'clockHalfHour':
      return Math.floor(second / 3600) % 12 || 12
    case 'minute':
      return Math.floor(second / 60) % 60
    case 'second':
      return second % 60
  }
}

function nameOf(field: NameField, days: number, second: number): string {
  switch (field) {
    case 'month':
      return MONTHS[civilOfDays(days).month - 1]!
    case 'dayOfWeek':
      return DAYS[dayOfWeek(days) - 1]!
    case 'halfday':
      return HALFDAYS[second < 43_200 ? 0 : 1]!
    case 'era':
      return ERAS[civilOfDays(days).year > 0 ? 1 : 0]!
  }
}

export function printPattern(parts: readonly PatternPart[], time: LocalTime): string {
  const days = Number(floorDivide(time.local, PICOS_PER_DAY))
  const picosOfDay = floorModulo(time.local, PICOS_PER_DAY)
  const second = Number(picosOfDay / PICOS_PER_SECOND)
  let text = ''
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
        text += part.text
        break
      case 'number': {
        const number = numberOf(part.field, days, second)
        text += (number < 0 ? '-' : '') + String(Math.abs(number)).padStart(part.digits, '0')
        break
      }
      case 'name': {
        const name = nameOf(part.field, days, second)
        text += part.isShort ? shortName(part.field, name) : name
        break
      }
      case 'fraction':
        text += (picosOfDay % PICOS_PER_SECOND)
          .toString()
          .padStart(12, '0')
          .slice(0, part.digits)
          .padEnd(part.digits, '0')
        break
      case 'zone':
        text += zoneText(part.style, time, days, second)
        break
    }
  }
  return text
}

/** Short names that the runtime's data for English leaves out. */
const SHORT_ZONES: Readonly<Record<string, string>> = {
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Kolkata': 'IST',
  UTC: 'UTC',
}

function zoneText(
  style: 'offset' | 'colon' | 'id' | 'short' | 'long',
  { zone, offsetSeconds }: LocalTime,
  days: number,
  second: number,
): string {
  const offset = offsetText(Math.trunc(offsetSeconds / 60))
  if (style === 'offset') return offset.replace(':', '')
  if (style === 'colon') return offset
  if (style === 'id' || /^[+-]/.test(zone)) return zone
  const known = style === 'short' ? SHORT_ZONES[zone] : undefined
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: style })
  const parts = format.formatToParts(new Date((days * 86_400 + second - offsetSeconds) * 1000))
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone
}

/** What was read: fields by name, `halfday` 0 or 1, `fraction` picoseconds. */
interface ParsedFields {
  numbers: Map<NumberField | NameField, number>
  fraction: bigint
  zone: string | undefined
}

export interface ParsedDateTime {
  readonly local: bigint
  readonly zone: string | undefined
}

const badFormat = (text: string, at: number): never =>
  invalidArgument(
    at >= text.length
      ? `Invalid format: "${text}" is too short`
      : at === 0
        ? `Invalid format: "${text}"`
        : `Invalid format: "${text}" is malformed at "${text.slice(at)}"`,
  )

/** Reads a text by a pattern. @throws INVALID_FUNCTION_ARGUMENT */
export function parsePattern(parts: readonly PatternPart[], text: string): ParsedDateTime {
  const fields: ParsedFields = { numbers: new Map(), fraction: 0n, zone: undefined }
  let at = 0
  for (const [i, part] of parts.entries()) {
    const next = parts[i + 1]
    const adjacent = next?.kind === 'number' || next?.kind === 'fraction'
    const read = readPart(part, text, at, adjacent, fields)
    if (read < 0) badFormat(text, at)
    at = read
  }
  if (at < text.length) badFormat(text, at)
  return { local: resolveFields(fields.numbers) + fields.fraction, zone: fields.zone }
}

/** The offset after a part, or -1 where the text does not have it. */
function readPart(
  part: PatternPart,
  text: string,
  at: number,
  adjacent: boolean,
  fields: ParsedFields,
): number {
  const rest = text.slice(at)
  switch (part.kind) {
    case 'text':
      return rest.toLowerCase().startsWith(part.text.toLowerCase()) ? at + part.text.length : -1
    case 'number': {
      const isYear =
        part.field === 'year' || part.field === 'weekyear' || part.field === 'yearOfEra'
      const most = adjacent ? Math.max(part.digits, 1) : isYear ? 9 : mostDigits(part.field)
      const match = new RegExp(`^${isYear ? '[+-]?' : ''}\\d{1,${most}}`).exec(rest)
      if (match === null) return -1
      fields.numbers.set(part.field, Number(match[0]))
      return at + match[0].length
    }
    case 'fraction': {
      const match = new RegExp(`^\\d{1,${Math.max(part.digits, 9)}}`).exec(rest)
      if (match === null) return -1
      fields.fraction = BigInt(match[0].slice(0, 12).padEnd(12, '0'))
      return at + match[0].length
    }
    case 'name': {
      const names = namesOf(part.field)
      for (const candidates of [names, names.map((name) => shortName(part.field, name))]) {
        const index = candidates.findIndex((name) =>
          rest.toLowerCase().startsWith(name.toLowerCase()),
        )
        if (index < 0) continue
        const isDate = part.field === 'month' || part.field === 'dayOfWeek'
        fields.numbers.set(part.field, isDate ? index + 1 : index)
        return at + candidates[index]!.length
      }
      return -1
    }
    case 'zone':
      return readZone(part.style, rest, at, fields)
  }
}

const mostDigits = (field: NumberField): number => (field === 'dayOfYear' ? 3 : 2)

function readZone(style: string, rest: string, at: number, fields: ParsedFields): number {
  const pattern =
    style === 'id' || style === 'short' ? /^[A-Za-z0-9_/+:-]+/ : /^(?:[+-]\d\d:?\d\d|Z)/
  const match = pattern.exec(rest)
  const key = match === null ? undefined : timeZoneKey(match[0])
  if (match === null || key === undefined) return -1
  fields.zone = timeZoneId(key)
  return at + match[0].length
}

const outOfBounds = (field: string, min: number, max: number, value: number): never =>
  invalidArgument(`Invalid value for ${field} (valid values ${min} - ${max}): ${value}`)

/** Puts fields on 1970-01-01 00:00 from the greatest to the smallest. @source Joda-Time DateTimeParserBucket */
function resolveFields(numbers: ReadonlyMap<NumberField | NameField, number>): bigint {
  const days = resolveDate(numbers)
  let hour = numbers.get('hour') ?? numbers.get('clockHour') ?? 0
  if (hour === 24 && numbers.has('clockHour')) hour = 0
  const half = numbers.get('halfHour') ?? numbers.get('clockHalfHour')
  if (half !== undefined) {
    if (numbers.has('clockHalfHour') && (half < 1 || half > 12)) {
      outOfBounds('ClockhourOfHalfday', 1, 12, half)
    }
    hour = half % 12
  }
  if (numbers.get('halfday') === 1 && hour < 12) hour += 12
  const minute = numbers.get('minute') ?? 0
  const second = numbers.get('second') ?? 0
  if (hour > 23) outOfBounds('HourOfDay', 0, 23, hour)
  if (minute > 59) outOfBounds('MinuteOfHour', 0, 59, minute)
  if (second > 59) outOfBounds('SecondOfMinute', 0, 59, second)
  const seconds = BigInt(hour * 3600 + minute * 60 + second)
  return BigInt(days) * PICOS_PER_DAY + seconds * PICOS_PER_SECOND
}

/** Two digits stand for 1970 to 2069. */
const century = (year: number): number => (year >= 70 ? 1900 + year : 2000 + year)

function resolveDate(numbers: ReadonlyMap<NumberField | NameField, number>): number {
  const twoDigits = numbers.get('twoDigitYear')
  let year =
    numbers.get('year') ??
    numbers.get('yearOfEra') ??
    (twoDigits === undefined ? 1970 : century(twoDigits))
  if (numbers.get('era') === 0) year = 1 - year
  let days = daysOfCivil(year, 1, 1)
  const month = numbers.get('month')
  if (month !== undefined) {
    if (month < 1 || month > 12) outOfBounds('MonthOfYear', 1, 12, month)
    days = addMonths(days, month - 1)
  }
  const weekyear = numbers.get('weekyear')
  const week = numbers.get('week')
  if (weekyear !== undefined) days = daysOfCivil(weekyear, 1, 4)
  if (week !== undefined) {
    if (week < 1 || week > 53) outOfBounds('WeekOfWeekyear', 1, 53, week)
    days += (week - isoWeek(days).week) * 7
  }
  const day = numbers.get('day')
  if (day !== undefined) days = withDay(days, day)
  const ordinal = numbers.get('dayOfYear')
  if (ordinal !== undefined) {
    const most = isLeapYear(civilOfDays(days).year) ? 366 : 365
    if (ordinal < 1 || ordinal > most) outOfBounds('DayOfYear', 1, most, ordinal)
    days = daysOfCivil(civilOfDays(days).year, 1, ordinal)
  }
  const weekday = numbers.get('dayOfWeek')
  if (weekday === undefined) return weekyear === undefined ? days : days - dayOfWeek(days) + 1
  return days - dayOfWeek(days) + weekday
}

function withDay(days: number, day: number): number {
  const { year, month } = civilOfDays(days)
  const most = daysInMonth(year, month)
  if (day === 29 && month === 2 && most === 28) {
    return invalidArgument(`Invalid date 'February 29' as '${year}' is not a leap year`)
  }
  if (day < 1 || day > most) outOfBounds('DayOfMonth', 1, most, day)
  return daysOfCivil(year, month, day)
}

/** The local time of an instant in a zone. */
export function localTimeOf(picos: bigint, zone: string): LocalTime {
  const second = Number(floorDivide(picos, PICOS_PER_SECOND))
  const offsetSeconds = timeZoneOffsetSeconds(zone, second)
  return { local: picos + BigInt(offsetSeconds) * PICOS_PER_SECOND, zone, offsetSeconds }
}
