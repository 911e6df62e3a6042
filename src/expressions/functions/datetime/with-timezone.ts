import { scalarFunction } from '../../function-definition.js'
import { instantOfLocal } from '../../value/temporal-parse.js'
import { ZONED_TIMESTAMP, zoneOf } from './zone.js'

export const withTimezone = scalarFunction({
  name: 'with_timezone',
  description: 'The instant at which the clocks of a zone show a timestamp',
  overloads: [
    {
      args: ['timestamp(p)', 'varchar(x)'],
      returns: ZONED_TIMESTAMP,
      evaluate: (picos: bigint, name: string) => {
        const zone = zoneOf(name)
        return { picos: instantOfLocal(picos, zone), zone }
      },
    },
  ],
})
