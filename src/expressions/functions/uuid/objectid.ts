import { randomBytes } from 'node:crypto'
import { MillraceError } from '../../../spi/error.js'
import { scalarFunction } from '../../function-definition.js'

export const OBJECT_ID_BYTES = 12
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
