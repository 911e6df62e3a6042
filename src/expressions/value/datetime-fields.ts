import {
  civilOfDays,
  dayOfWeek,
  daysInMonth,
  daysOfCivil,
  isLeapYear,
  isoWeek,
  PICOS_PER_DAY,
  PICOS_PER_SECOND,
} from '../../values/civil.js'
import { invalidArgument } from '../errors.js'
import type { NameField, NumberField } from './datetime-pattern.js'

type Fields = ReadonlyMap<NumberField | NameField, number>

const outOfBounds = (field: string, min: number, max: number, value: number): never =>
  invalidArgument(`Invalid value for ${field} (valid values ${min} - ${max}): ${value}`)

function checkBounds(field: string, min: number, max: number, value: number): void {
  if (value < min || value > max) outOfBounds(field, min, max, value)
}

/**
 * Puts parsed fields, in the order of their text, on 1970-01-01 00:00, from the greatest to the smallest; the year is 2000
 * where there are only smaller fields of a date.
 * @param hasFraction the text has a fraction of a second beside the fields
 * @source Joda-Time DateTimeParserBucket.computeMillis
 */
export function resolveFields(fields: Fields, hasFraction: boolean): bigint {
  return (
    BigInt(resolveDate(fields, hasFraction)) * PICOS_PER_DAY +
    BigInt(resolveTime(fields)) * PICOS_PER_SECOND
  )
}

/** Seconds of the day: the half of the day first, then what is within a day, then within a half. */
function resolveTime(fields: Fields): number {
  let hour = (fields.get('halfday') ?? 0) * 12
  for (const [field, value] of fields) {
    if (field === 'hour') {
      checkBounds('HourOfDay', 0, 23, value)
      hour = value
    } else if (field === 'clockHour') {
      checkBounds('ClockhourOfDay', 1, 24, value)
      hour = value % 24
    }
  }
  for (const [field, value] of fields) {
    if (field === 'clockHalfHour') checkBounds('ClockhourOfHalfday', 1, 12, value)
    else if (field === 'halfHour') checkBounds('HourOfHalfday', 0, 11, value)
    else continue
    hour = Math.floor(hour / 12) * 12 + (value % 12)
  }
  const minute = fields.get('minute') ?? 0
  const second = fields.get('second') ?? 0
  checkBounds('MinuteOfHour', 0, 59, minute)
  checkBounds('SecondOfMinute', 0, 59, second)
  return hour * 3600 + minute * 60 + second
}

interface DateField {
  /** Smaller ones are set first. */
  readonly rank: number
  readonly set: (days: number, value: number) => number
  readonly floor: (days: number) => number
}

const firstOfYear = (days: number): number => daysOfCivil(civilOfDays(days).year, 1, 1)
const sameDay = (days: number): number => days
const monday = (days: number): number => days - dayOfWeek(days) + 1

const YEAR: DateField = { rank: 0, set: withYear, floor: firstOfYear }

const DATE_FIELDS: Partial<Record<NumberField | NameField, DateField>> = {
  year: YEAR,
  yearOfEra: YEAR,
  twoDigitYear: { ...YEAR, set: (days, value) => withYear(days, century(value)) },
  weekyear: {
    rank: 0,
    set: withWeekyear,
    floor: (days) => monday(daysOfCivil(isoWeek(days).year, 1, 4)),
  },
  month: {
    rank: 1,
    set: withMonth,
    floor: (days) => days - civilOfDays(days).day + 1,
  },
  week: { rank: 2, set: withWeek, floor: monday },
  dayOfYear: { rank: 3, set: withDayOfYear, floor: sameDay },
  day: { rank: 4, set: withDay, floor: sameDay },
  dayOfWeek: { rank: 5, set: (days, value) => monday(days) + value - 1, floor: sameDay },
}

const DEFAULT_YEAR = 2000

function resolveDate(fields: Fields, hasFraction: boolean): number {
  const steps = [...fields].flatMap(([name, value]) => {
    const field = DATE_FIELDS[name]
    return field === undefined ? [] : [{ field, value }]
  })
  // Of eras, years are counted in the common one whatever the text says, as in Trino; without a year there is nothing to count.
  if (fields.get('era') === 0 && !steps.some(({ field }) => field.rank === 0)) {
    return invalidArgument('Millis overflow: -9223372036854775808')
  }
  if (steps.length === 0) return 0
  if (steps.every(({ field }) => field.rank > 0)) steps.push({ field: YEAR, value: DEFAULT_YEAR })
  steps.sort((a, b) => a.field.rank - b.field.rank)
  let days = 0
  // The first time each field also clears the smaller ones; what that made of them the second time puts right.
  for (const { field, value } of steps) days = field.floor(field.set(days, value))
  for (const { field, value } of steps) days = field.set(days, value)
  const isLast =
    !hasFraction &&
    [...fields.keys()].every((name) => name === 'era' || DATE_FIELDS[name] !== undefined)
  return isLast ? steps.at(-1)!.field.floor(days) : days
}

/** Two digits stand for 1970 to 2069. */
const century = (year: number): number => (year >= 70 ? 1900 + year : 2000 + year)

function withYear(days: number, year: number): number {
  const { month, day } = civilOfDays(days)
  return daysOfCivil(year, month, Math.min(day, daysInMonth(year, month)))
}

const WEEK_DAYS = 7

function withWeekyear(days: number, weekyear: number): number {
  const first = monday(daysOfCivil(weekyear, 1, 4))
  const weeks = (monday(daysOfCivil(weekyear + 1, 1, 4)) - first) / WEEK_DAYS
  const week = Math.min(isoWeek(days).week, weeks)
  return first + (week - 1) * WEEK_DAYS + dayOfWeek(days) - 1
}

function withMonth(days: number, month: number): number {
  checkBounds('MonthOfYear', 1, 12, month)
  const { year, day } = civilOfDays(days)
  return daysOfCivil(year, month, Math.min(day, daysInMonth(year, month)))
}

function withWeek(days: number, week: number): number {
  checkBounds('WeekOfWeekyear', 1, 53, week)
  return days + (week - isoWeek(days).week) * WEEK_DAYS
}

function withDayOfYear(days: number, ordinal: number): number {
  const { year } = civilOfDays(days)
  checkBounds('DayOfYear', 1, isLeapYear(year) ? 366 : 365, ordinal)
  return daysOfCivil(year, 1, 1) + ordinal - 1
}

function withDay(days: number, day: number): number {
  const { year, month } = civilOfDays(days)
  const most = daysInMonth(year, month)
  if (day === 29 && month === 2 && most === 28) {
    return invalidArgument(`Invalid date 'February 29' as '${year}' is not a leap year`)
  }
  checkBounds('DayOfMonth', 1, most, day)
  return daysOfCivil(year, month, day)
}
