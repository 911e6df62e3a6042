import { randomBytes } from 'node:crypto'
import { scalarFunction } from '../../function-definition.js'

export const uuid = scalarFunction({
  name: 'uuid',
  description: 'A random UUID of version 4',
  overloads: [
    {
      args: [],
      returns: 'uuid',
      deterministic: false,
      evaluate: () => {
        const bytes = new Uint8Array(randomBytes(16))
        bytes[6] = (bytes[6]! & 0x0f) | 0x40
        bytes[8] = (bytes[8]! & 0x3f) | 0x80
        return bytes
      },
    },
  ],
})
