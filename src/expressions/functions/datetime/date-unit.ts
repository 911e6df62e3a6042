import type { TemporalType } from '../../../spi/type/type.js'
import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import {
  addMonths,
  civilOfDays,
  dayOfWeek,
  daysOfCivil,
  floorDivide,
  floorModulo,
  PICOS_PER_DAY,
  PICOS_PER_MILLI,
  PICOS_PER_MINUTE,
  PICOS_PER_SECOND,
  roundPicos,
} from '../../../values/civil.js'
import { localPicos } from '../../../values/temporal-text.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { instantOfLocal } from '../../value/temporal-parse.js'
import { timestampPicos, zonedInstant } from '../../value/temporal-range.js'

/** Units of the time of day in picoseconds; of dates in days or months. */
const TIME_UNITS: Readonly<Record<string, bigint>> = {
  millisecond: PICOS_PER_MILLI,
  second: PICOS_PER_SECOND,
  minute: PICOS_PER_MINUTE,
  hour: 60n * PICOS_PER_MINUTE,
}
const DAY_UNITS: Readonly<Record<string, number>> = { day: 1, week: 7 }
const MONTH_UNITS: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 }

const badUnit = (unit: string, type: string): never =>
  invalidArgument(`'${unit}' is not a valid ${type} field`)

function timeUnit(unit: string, type: string): bigint {
  return TIME_UNITS[unit.toLowerCase()] ?? badUnit(unit, type)
}

function truncateDays(unit: string, days: number, type: string): number {
  const name = unit.toLowerCase()
  if (name === 'day') return days
  if (name === 'week') return days - dayOfWeek(days) + 1
  const months = MONTH_UNITS[name] ?? badUnit(unit, type)
  const { year, month } = civilOfDays(days)
  return daysOfCivil(year, Math.floor((month - 1) / months) * months + 1, 1)
}

function truncateTimestamp(unit: string, picos: bigint): bigint {
  const size = TIME_UNITS[unit.toLowerCase()]
  if (size !== undefined) return picos - floorModulo(picos, size)
  const days = Number(floorDivide(picos, PICOS_PER_DAY))
  return BigInt(truncateDays(unit, days, 'TIMESTAMP')) * PICOS_PER_DAY
}

/** Up to hours the offset stays; from days on the local midnight is looked up. */
function truncateZoned(unit: string, value: ZonedTimestamp): ZonedTimestamp {
  const local = localPicos(value)
  const truncated = truncateTimestamp(unit, local)
  const picos =
    TIME_UNITS[unit.toLowerCase()] === undefined
      ? instantOfLocal(truncated, value.zone)
      : value.picos - (local - truncated)
  return { picos, zone: value.zone }
}

const truncateTime = (unit: string, picos: bigint): bigint =>
  picos - (picos % timeUnit(unit, 'TIME'))

export const dateTrunc = scalarFunction({
  name: 'date_trunc',
  description: 'Truncates a date or time to a unit',
  overloads: [
    {
      args: ['varchar(x)', 'date'],
      returns: 'date',
      evaluate: (unit: string, days: number) => truncateDays(unit, days, 'DATE'),
    },
    { args: ['varchar(x)', 'time(p)'], returns: 'time(p)', evaluate: truncateTime },
    {
      args: ['varchar(x)', 'time(p) with time zone'],
      returns: 'time(p) with time zone',
      evaluate: (unit: string, { picos, offsetMinutes }: ZonedTime) => ({
        picos: truncateTime(unit, picos),
        offsetMinutes,
      }),
    },
    { args: ['varchar(x)', 'timestamp(p)'], returns: 'timestamp(p)', evaluate: truncateTimestamp },
    {
      args: ['varchar(x)', 'timestamp(p) with time zone'],
      returns: 'timestamp(p) with time zone',
      evaluate: truncateZoned,
    },
  ],
})

function asInt(value: bigint): number {
  if (value > 2_147_483_647n || value < -2_147_483_648n) {
    return invalidArgument('integer overflow')
  }
  return Number(value)
}

function addToDays(unit: string, amount: bigint, days: number, type: string): number {
  const name = unit.toLowerCase()
  const size = DAY_UNITS[name]
  if (size !== undefined) return days + asInt(amount) * size
  const months = MONTH_UNITS[name] ?? badUnit(unit, type)
  return addMonths(days, asInt(amount) * months)
}

function addToTimestamp(unit: string, amount: bigint, picos: bigint): bigint {
  const size = TIME_UNITS[unit.toLowerCase()]
  if (size !== undefined) return timestampPicos(picos + amount * size)
  const days = Number(floorDivide(picos, PICOS_PER_DAY))
  const sum = addToDays(unit, amount, days, 'TIMESTAMP')
  return timestampPicos(BigInt(sum) * PICOS_PER_DAY + floorModulo(picos, PICOS_PER_DAY))
}

function addToZoned(unit: string, amount: bigint, value: ZonedTimestamp): ZonedTimestamp {
  const size = TIME_UNITS[unit.toLowerCase()]
  const picos =
    size === undefined
      ? instantOfLocal(addToTimestamp(unit, amount, localPicos(value)), value.zone)
      : value.picos + amount * size
  return zonedInstant({ picos, zone: value.zone })
}

const addToTime = (unit: string, amount: bigint, picos: bigint): bigint =>
  floorModulo(picos + amount * timeUnit(unit, 'TIME'), PICOS_PER_DAY)

const precision = (type: unknown): number => (type as TemporalType).precision

export const dateAdd = scalarFunction({
  name: 'date_add',
  description: 'Adds a number of units to a date or time',
  overloads: [
    {
      args: ['varchar(x)', 'bigint', 'date'],
      returns: 'date',
      evaluate: (unit: string, amount: bigint, days: number) =>
        addToDays(unit, amount, days, 'DATE'),
    },
    {
      args: ['varchar(x)', 'bigint', 'time(p)'],
      returns: 'time(p)',
      bind:
        ({ returnType }) =>
        (unit: string, amount: bigint, picos: bigint) =>
          roundPicos(addToTime(unit, amount, picos), precision(returnType)) % PICOS_PER_DAY,
    },
    {
      args: ['varchar(x)', 'bigint', 'time(p) with time zone'],
      returns: 'time(p) with time zone',
      bind:
        ({ returnType }) =>
        (unit: string, amount: bigint, { picos, offsetMinutes }: ZonedTime) => ({
          picos: roundPicos(addToTime(unit, amount, picos), precision(returnType)) % PICOS_PER_DAY,
          offsetMinutes,
        }),
    },
    {
      args: ['varchar(x)', 'bigint', 'timestamp(p)'],
      returns: 'timestamp(p)',
      bind:
        ({ returnType }) =>
        (unit: string, amount: bigint, picos: bigint) =>
          roundPicos(addToTimestamp(unit, amount, picos), precision(returnType)),
    },
    {
      args: ['varchar(x)', 'bigint', 'timestamp(p) with time zone'],
      returns: 'timestamp(p) with time zone',
      bind:
        ({ returnType }) =>
        (unit: string, amount: bigint, value: ZonedTimestamp) => {
          const { picos, zone } = addToZoned(unit, amount, value)
          return { picos: roundPicos(picos, precision(returnType)), zone }
        },
    },
  ],
})

/** Whole months between two times: the most that, added to the first, do not pass the second. */
function monthsBetween(from: bigint, to: bigint): number {
  if (to < from) return -monthsBetween(to, from)
  const a = civilOfDays(Number(floorDivide(from, PICOS_PER_DAY)))
  const b = civilOfDays(Number(floorDivide(to, PICOS_PER_DAY)))
  const months = (b.year - a.year) * 12 + b.month - a.month
  const reached = addToTimestamp('month', BigInt(months), from)
  return reached > to ? months - 1 : months
}

function differenceOf(unit: string, from: bigint, to: bigint, type: string): bigint {
  const name = unit.toLowerCase()
  const days = DAY_UNITS[name]
  if (days !== undefined) return (to - from) / (BigInt(days) * PICOS_PER_DAY)
  const months = MONTH_UNITS[name] ?? badUnit(unit, type)
  return BigInt(Math.trunc(monthsBetween(from, to) / months) + 0)
}

const wholeMillis = (picos: bigint): bigint => picos - floorModulo(picos, PICOS_PER_MILLI)

/** What is below milliseconds does not count. */
const differenceOfTimestamps = (unit: string, start: bigint, end: bigint): bigint => {
  const size = TIME_UNITS[unit.toLowerCase()]
  const from = wholeMillis(start)
  const to = wholeMillis(end)
  return size === undefined ? differenceOf(unit, from, to, 'TIMESTAMP') : (to - from) / size
}

/** Hours and less count what passes, days and more what the clocks show. */
function differenceOfZoned(unit: string, start: ZonedTimestamp, end: ZonedTimestamp): bigint {
  const size = TIME_UNITS[unit.toLowerCase()]
  const from = wholeMillis(start.picos)
  const to = wholeMillis(end.picos)
  if (size !== undefined) return (to - from) / size
  const { zone } = start
  return differenceOf(
    unit,
    localPicos({ picos: from, zone }),
    localPicos({ picos: to, zone }),
    'TIMESTAMP',
  )
}

const utc = ({ picos, offsetMinutes }: ZonedTime): bigint =>
  floorModulo(picos - BigInt(offsetMinutes) * PICOS_PER_MINUTE, PICOS_PER_DAY)

export const dateDiff = scalarFunction({
  name: 'date_diff',
  description: 'The number of whole units from one date or time to another',
  overloads: [
    {
      args: ['varchar(x)', 'date', 'date'],
      returns: 'bigint',
      evaluate: (unit: string, from: number, to: number) =>
        differenceOf(unit, BigInt(from) * PICOS_PER_DAY, BigInt(to) * PICOS_PER_DAY, 'DATE'),
    },
    {
      args: ['varchar(x)', 'time(p)', 'time(p)'],
      returns: 'bigint',
      evaluate: (unit: string, from: bigint, to: bigint) => (to - from) / timeUnit(unit, 'TIME'),
    },
    {
      args: ['varchar(x)', 'time(p) with time zone', 'time(p) with time zone'],
      returns: 'bigint',
      evaluate: (unit: string, from: ZonedTime, to: ZonedTime) =>
        (utc(to) - utc(from)) / timeUnit(unit, 'TIME'),
    },
    {
      args: ['varchar(x)', 'timestamp(p)', 'timestamp(p)'],
      returns: 'bigint',
      evaluate: differenceOfTimestamps,
    },
    {
      args: ['varchar(x)', 'timestamp(p) with time zone', 'timestamp(p) with time zone'],
      returns: 'bigint',
      evaluate: differenceOfZoned,
    },
  ],
})
