import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { floorDivide, PICOS_PER_DAY } from '../../../values/civil.js'
import { localPicos } from '../../../values/temporal-text.js'
import { invalidCast } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { parseDate } from '../../value/temporal-parse.js'
import { ZONED_TIMESTAMP } from './zone.js'

/** A DATE of any date or timestamp: the function that is written like the cast. */
export const date = scalarFunction({
  name: 'date',
  description: 'The date of a text or timestamp',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'date',
      evaluate: (text: string) =>
        parseDate(text) ?? invalidCast(`Value cannot be cast to date: ${text}`),
    },
    {
      args: ['timestamp(p)'],
      returns: 'date',
      evaluate: (picos: bigint) => Number(floorDivide(picos, PICOS_PER_DAY)),
    },
    {
      args: [ZONED_TIMESTAMP],
      returns: 'date',
      evaluate: (value: ZonedTimestamp) => Number(floorDivide(localPicos(value), PICOS_PER_DAY)),
    },
  ],
})
