import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import {
  civilOfDays,
  dayOfWeek,
  daysOfCivil,
  floorDivide,
  floorModulo,
  PICOS_PER_DAY,
} from '../../../values/civil.js'
import { localPicos } from '../../../values/temporal-text.js'
import { scalarFunction } from '../../function-definition.js'
import { instantOfLocal } from '../../value/temporal-parse.js'
import { badUnit, MONTH_UNITS, TIME_UNITS, timeUnit } from './date-unit.js'

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
