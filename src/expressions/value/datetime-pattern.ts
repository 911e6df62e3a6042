import { timeZoneId, timeZoneKey, timeZoneOffsetSeconds } from '../../spi/type/time-zone.js'
import {
  civilOfDays,
  dayOfWeek,
  dayOfYear,
  floorDivide,
  floorModulo,
  isoWeek,
  PICOS_PER_DAY,
  PICOS_PER_SECOND,
} from '../../values/civil.js'
import { offsetText } from '../../values/temporal-text.js'
import { invalidArgument } from '../errors.js'
import { resolveFields } from './datetime-fields.js'
import { ZONE_ABBREVIATIONS } from './zone-abbreviations.js'

/** Patterns of dates and times, taken apart from MySQL's or Joda's letters, that print and parse. */
export type PatternPart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'number'
      readonly field: NumberField
      readonly digits: number
      /** The most digits that are read; by default as many as the field can have. */
      readonly most?: number
    }
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

/** A zone as a pattern writes it. */
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
  const instant = new Date((days * 86_400 + second - offsetSeconds) * 1000)
  const abbreviation =
    style === 'short' ? ZONE_ABBREVIATIONS[zoneName(zone, 'long', instant)] : undefined
  if (abbreviation !== undefined) return abbreviation
  const name = zoneName(zone, style, instant)
  // What Intl shortens to GMT+5:45 or GMT+11.
  const short = /^GMT([+-])(\d{1,2})(:\d\d)?$/.exec(name)
  return short === null ? name : `GMT${short[1]}${short[2]!.padStart(2, '0')}${short[3] ?? ':00'}`
}

function zoneName(zone: string, style: 'short' | 'long', instant: Date): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: style })
  const parts = format.formatToParts(instant)
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
  const hasFraction = parts.some((part) => part.kind === 'fraction')
  return {
    local: resolveFields(fields.numbers, hasFraction) + fields.fraction,
    zone: fields.zone,
  }
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
      const most = adjacent
        ? Math.max(part.digits, 1)
        : (part.most ?? (isYear ? 9 : mostDigits(part.field)))
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

/** Abbreviations that are read. @source Joda-Time DateTimeUtils.buildDefaultTimeZoneNames */
const READ_ABBREVIATIONS: Readonly<Record<string, string>> = {
  EST: 'America/New_York',
  EDT: 'America/New_York',
  CST: 'America/Chicago',
  CDT: 'America/Chicago',
  MST: 'America/Denver',
  MDT: 'America/Denver',
  PST: 'America/Los_Angeles',
  PDT: 'America/Los_Angeles',
}

function readZone(style: string, rest: string, at: number, fields: ParsedFields): number {
  const pattern =
    style === 'id' || style === 'short' ? /^[A-Za-z0-9_/+:-]+/ : /^(?:[+-]\d\d:?\d\d|Z)/
  const match = pattern.exec(rest)
  const name =
    match === null ? undefined : (style === 'short' && READ_ABBREVIATIONS[match[0]]) || match[0]
  const key = name === undefined ? undefined : timeZoneKey(name)
  if (match === null || key === undefined) return -1
  fields.zone = timeZoneId(key)
  return at + match[0].length
}

/** The local time of an instant in a zone. */
export function localTimeOf(picos: bigint, zone: string): LocalTime {
  const second = Number(floorDivide(picos, PICOS_PER_SECOND))
  const offsetSeconds = timeZoneOffsetSeconds(zone, second)
  return { local: picos + BigInt(offsetSeconds) * PICOS_PER_SECOND, zone, offsetSeconds }
}
