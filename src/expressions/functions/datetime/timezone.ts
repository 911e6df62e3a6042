import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import { offsetText } from '../../../values/temporal-text.js'
import { scalarFunction } from '../../function-definition.js'
import { ZONED_TIME, ZONED_TIMESTAMP } from './zone.js'

export const timezone = scalarFunction({
  name: 'timezone',
  description: 'The zone of a timestamp or time',
  overloads: [
    {
      args: [ZONED_TIMESTAMP],
      returns: 'varchar',
      neverFails: true,
      evaluate: ({ zone }: ZonedTimestamp) => zone,
    },
    {
      args: [ZONED_TIME],
      returns: 'varchar',
      neverFails: true,
      evaluate: ({ offsetMinutes }: ZonedTime) => offsetText(offsetMinutes),
    },
  ],
})
