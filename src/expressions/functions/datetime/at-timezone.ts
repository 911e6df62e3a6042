import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { ZONED_TIMESTAMP, zoneOf } from './zone.js'

export const atTimezone = scalarFunction({
  name: 'at_timezone',
  description: 'The same instant, shown in another zone',
  overloads: [
    {
      args: [ZONED_TIMESTAMP, 'varchar(x)'],
      returns: ZONED_TIMESTAMP,
      evaluate: ({ picos }: ZonedTimestamp, zone: string) => ({ picos, zone: zoneOf(zone) }),
    },
  ],
})
