import { timeZoneOffsetSeconds } from '../../../spi/type/time-zone.js'
import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import {
  civilOfDays,
  dayOfWeek,
  dayOfYear,
  floorDivide,
  floorModulo,
  isoWeek,
  PICOS_PER_DAY,
  PICOS_PER_MILLI,
  PICOS_PER_SECOND,
} from '../../../values/civil.js'
import { localPicos } from '../../../values/temporal-text.js'
import {
  type FunctionDefinition,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'

export const daysOf = (picos: bigint): number => Number(floorDivide(picos, PICOS_PER_DAY))

/** The overloads of a field of the date. */
const onDates = (field: (days: number) => number): ScalarOverload[] => [
  {
    args: ['date'],
    returns: 'bigint',
    neverFails: true,
    evaluate: (days: number) => BigInt(field(days)),
  },
  {
    args: ['timestamp(p)'],
    returns: 'bigint',
    neverFails: true,
    evaluate: (picos: bigint) => BigInt(field(daysOf(picos))),
  },
  {
    args: ['timestamp(p) with time zone'],
    returns: 'bigint',
    neverFails: true,
    evaluate: (value: ZonedTimestamp) => BigInt(field(daysOf(localPicos(value)))),
  },
]

/** The overloads of a field of the time of day. */
const onTimes = (field: (picosOfDay: bigint) => bigint): ScalarOverload[] => [
  { args: ['time(p)'], returns: 'bigint', neverFails: true, evaluate: field },
  {
    args: ['time(p) with time zone'],
    returns: 'bigint',
    neverFails: true,
    evaluate: (value: ZonedTime) => field(value.picos),
  },
  {
    args: ['timestamp(p)'],
    returns: 'bigint',
    neverFails: true,
    evaluate: (picos: bigint) => field(floorModulo(picos, PICOS_PER_DAY)),
  },
  {
    args: ['timestamp(p) with time zone'],
    returns: 'bigint',
    neverFails: true,
    evaluate: (value: ZonedTimestamp) => field(floorModulo(localPicos(value), PICOS_PER_DAY)),
  },
]

const onMillis = (field: (millis: bigint) => bigint): ScalarOverload => ({
  args: ['interval day to second'],
  returns: 'bigint',
  neverFails: true,
  evaluate: field,
})
const onMonths = (field: (months: number) => number): ScalarOverload => ({
  args: ['interval year to month'],
  returns: 'bigint',
  neverFails: true,
  evaluate: (months: number) => BigInt(field(months)),
})

const zoneOffset = ({ picos, zone }: ZonedTimestamp): number =>
  timeZoneOffsetSeconds(zone, Number(floorDivide(picos, PICOS_PER_SECOND)))

const onZones = (field: (offsetSeconds: number) => number): ScalarOverload[] => [
  {
    args: ['timestamp(p) with time zone'],
    returns: 'bigint',
    neverFails: true,
    evaluate: (value: ZonedTimestamp) => BigInt(field(zoneOffset(value))),
  },
  {
    args: ['time(p) with time zone'],
    returns: 'bigint',
    neverFails: true,
    evaluate: (value: ZonedTime) => BigInt(field(value.offsetMinutes * 60)),
  },
]

const field = (
  name: string,
  description: string,
  overloads: readonly ScalarOverload[],
  aliases: readonly string[] = [],
): FunctionDefinition => scalarFunction({ name, aliases, description, overloads })

/** Fields of dates, times and intervals: what EXTRACT is planned as. */
export const dateFields: readonly FunctionDefinition[] = [
  field('year', 'The year', [
    ...onDates((days) => civilOfDays(days).year),
    onMonths((months) => Math.trunc(months / 12)),
  ]),
  field('quarter', 'The quarter, from 1', [
    ...onDates((days) => Math.ceil(civilOfDays(days).month / 3)),
  ]),
  field('month', 'The month, from 1', [
    ...onDates((days) => civilOfDays(days).month),
    onMonths((months) => months % 12),
  ]),
  field(
    'week',
    'The ISO week, from 1',
    onDates((days) => isoWeek(days).week),
    ['week_of_year'],
  ),
  field(
    'day',
    'The day of the month',
    [...onDates((days) => civilOfDays(days).day), onMillis((millis) => millis / 86_400_000n)],
    ['day_of_month'],
  ),
  field('day_of_week', 'The ISO day of the week, 1 is Monday', onDates(dayOfWeek), ['dow']),
  field('day_of_year', 'The day of the year', onDates(dayOfYear), ['doy']),
  field(
    'year_of_week',
    'The year of the ISO week',
    onDates((days) => isoWeek(days).year),
    ['yow'],
  ),
]

export const timeFields: readonly FunctionDefinition[] = [
  field('hour', 'The hour of the day', [
    ...onTimes((picos) => picos / (3600n * PICOS_PER_SECOND)),
    onMillis((millis) => (millis / 3_600_000n) % 24n),
  ]),
  field('minute', 'The minute of the hour', [
    ...onTimes((picos) => (picos / (60n * PICOS_PER_SECOND)) % 60n),
    onMillis((millis) => (millis / 60_000n) % 60n),
  ]),
  field('second', 'The second of the minute', [
    ...onTimes((picos) => (picos / PICOS_PER_SECOND) % 60n),
    onMillis((millis) => (millis / 1000n) % 60n),
  ]),
  field('millisecond', 'The millisecond of the second', [
    ...onTimes((picos) => (picos / PICOS_PER_MILLI) % 1000n),
    onMillis((millis) => millis % 1000n),
  ]),
  field('timezone_hour', 'The hour of the offset from UTC', [
    ...onZones((seconds) => Math.trunc(seconds / 3600) + 0),
  ]),
  field('timezone_minute', 'The minute of the offset from UTC', [
    ...onZones((seconds) => (Math.trunc(seconds / 60) % 60) + 0),
  ]),
]
