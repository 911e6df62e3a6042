import type { TemporalType } from '../../../spi/type/type.js'
import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import { floorModulo, PICOS_PER_DAY, roundPicos } from '../../../values/civil.js'
import { localPicos } from '../../../values/temporal-text.js'
import { scalarFunction } from '../../function-definition.js'
import { instantOfLocal } from '../../value/temporal-parse.js'
import { dateDays, zonedInstant } from '../../value/temporal-range.js'
import { addToDays, addToTimestamp, TIME_UNITS, timeUnit, unitCount } from './date-unit.js'

function addToZoned(unit: string, amount: bigint, value: ZonedTimestamp): ZonedTimestamp {
  const size = TIME_UNITS[unit.toLowerCase()]
  const picos =
    size === undefined
      ? instantOfLocal(addToTimestamp(unit, amount, localPicos(value)), value.zone)
      : value.picos + BigInt(unitCount(amount)) * size
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
        dateDays(addToDays(unit, amount, days, 'DATE')),
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
