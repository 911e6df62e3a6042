import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { PICOS_PER_SECOND } from '../../../values/civil.js'
import { scalarFunction } from '../../function-definition.js'
import { OBJECT_ID_BYTES } from './objectid.js'

export const timestampObjectId = scalarFunction({
  name: 'timestamp_objectid',
  description: 'The least ObjectId of a second',
  overloads: [
    {
      args: ['timestamp(0) with time zone'],
      returns: 'objectid',
      neverFails: true,
      evaluate: ({ picos }: ZonedTimestamp) => {
        const bytes = Buffer.alloc(OBJECT_ID_BYTES)
        bytes.writeInt32BE(Number(BigInt.asIntN(32, picos / PICOS_PER_SECOND)))
        return new Uint8Array(bytes)
      },
    },
  ],
})
