import type { TemporalType } from '../../../spi/type/type.js'
import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import {
  civilOfDays,
  floorDivide,
  floorModulo,
  PICOS_PER_DAY,
  PICOS_PER_MILLI,
  PICOS_PER_MINUTE,
} from '../../../values/civil.js'
import { localPicos } from '../../../values/temporal-text.js'
import { scalarFunction } from '../../function-definition.js'
import {
  addToTimestamp,
  badUnit,
  DAY_UNITS,
  MONTH_UNITS,
  TIME_UNITS,
  timeUnit,
} from './date-unit.js'

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

/** Hours and less count what passes, days and more what the clocks of `zone` show. */
function differenceOfZoned(
  unit: string,
  start: ZonedTimestamp,
  end: ZonedTimestamp,
  zone: string,
): bigint {
  const size = TIME_UNITS[unit.toLowerCase()]
  const from = wholeMillis(start.picos)
  const to = wholeMillis(end.picos)
  if (size !== undefined) return (to - from) / size
  return differenceOf(
    unit,
    localPicos({ picos: from, zone }),
    localPicos({ picos: to, zone }),
    'TIMESTAMP',
  )
}

/**
 * Up to milliseconds days are those of the first timestamp's zone, beyond them of UTC.
 * @source Trino DateDiff of io.trino.operator.scalar.timestamptz
 */
const MAX_SHORT_PRECISION = 3

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
      bind: ({ argumentTypes }) =>
        (argumentTypes[1] as TemporalType).precision > MAX_SHORT_PRECISION
          ? (unit: string, from: ZonedTimestamp, to: ZonedTimestamp) =>
              differenceOfZoned(unit, from, to, 'UTC')
          : (unit: string, from: ZonedTimestamp, to: ZonedTimestamp) =>
              differenceOfZoned(unit, from, to, from.zone),
    },
  ],
})
