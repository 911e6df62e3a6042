import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { PICOS_PER_SECOND } from '../../../values/civil.js'
import { scalarFunction } from '../../function-definition.js'

export const objectIdTimestamp = scalarFunction({
  name: 'objectid_timestamp',
  description: 'When an ObjectId was made, to the second',
  overloads: [
    {
      args: ['objectid'],
      returns: 'timestamp(3) with time zone',
      neverFails: true,
      evaluate: (id: Uint8Array): ZonedTimestamp => ({
        picos: BigInt(Buffer.from(id).readInt32BE()) * PICOS_PER_SECOND,
        zone: 'UTC',
      }),
    },
  ],
})
