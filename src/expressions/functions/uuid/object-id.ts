import { randomBytes } from 'node:crypto'
import { MillraceError } from '../../../spi/error.js'
import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'

const OBJECT_ID_BYTES = 12
const PICOS_PER_SECOND = 1_000_000_000_000n
const COUNTER_MAX = 0xff_ff_ff

/** Of the process: five random bytes, and a counter that starts anywhere. */
const processBytes = randomBytes(5)
let counter = randomBytes(3).readUIntBE(0, 3)

/** Four bytes of seconds since 1970, five of the process, three that count. @source MongoDB's ObjectId */
function createObjectId(): Uint8Array {
  const bytes = Buffer.alloc(OBJECT_ID_BYTES)
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000) >>> 0)
  bytes.set(processBytes, 4)
  bytes.writeUIntBE(counter, 9, 3)
  counter = (counter + 1) & COUNTER_MAX
  return new Uint8Array(bytes)
}

function parseObjectId(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '')
  if (!/^[0-9a-f]{24}$/i.test(digits)) {
    throw new MillraceError(
      'GENERIC_INTERNAL_ERROR',
      'state should be: hexString has 24 characters',
    )
  }
  return new Uint8Array(Buffer.from(digits, 'hex'))
}

export const objectId = scalarFunction({
  name: 'objectid',
  description: "A new ObjectId of MongoDB's, or that of 24 hexadecimal digits",
  overloads: [
    { args: [], returns: 'objectid', deterministic: false, evaluate: createObjectId },
    { args: ['varchar'], returns: 'objectid', evaluate: parseObjectId },
  ],
})

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
