import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import { offsetText } from '../../../values/temporal-text.js'
import { scalarFunction } from '../../function-definition.js'
import { TIME, TIMESTAMP } from './zone.js'

export const timezone = scalarFunction({
  name: 'timezone',
  description: 'The zone of a timestamp or time',
  overloads: [
    {
      args: [TIMESTAMP],
      returns: 'varchar',
      neverFails: true,
      evaluate: ({ zone }: ZonedTimestamp) => zone,
    },
    {
      args: [TIME],
      returns: 'varchar',
      neverFails: true,
      evaluate: ({ offsetMinutes }: ZonedTime) => offsetText(offsetMinutes),
    },
  ],
})
