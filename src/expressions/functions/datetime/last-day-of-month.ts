import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { civilOfDays, daysInMonth, daysOfCivil } from '../../../values/civil.js'
import { localPicos } from '../../../values/temporal-text.js'
import { scalarFunction } from '../../function-definition.js'
import { dateDays } from '../../value/temporal-range.js'
import { daysOf } from './extract.js'

const lastDay = (days: number): number => {
  const { year, month } = civilOfDays(days)
  return dateDays(daysOfCivil(year, month, daysInMonth(year, month)))
}

export const lastDayOfMonth = scalarFunction({
  name: 'last_day_of_month',
  description: 'The last day of the month of a date',
  overloads: [
    { args: ['date'], returns: 'date', evaluate: lastDay },
    {
      args: ['timestamp(p)'],
      returns: 'date',
      evaluate: (picos: bigint) => lastDay(daysOf(picos)),
    },
    {
      args: ['timestamp(p) with time zone'],
      returns: 'date',
      evaluate: (value: ZonedTimestamp) => lastDay(daysOf(localPicos(value))),
    },
  ],
})
