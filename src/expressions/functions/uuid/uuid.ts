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

export const hexOfCharacters = scalarFunction({
  name: 'char2hexint',
  description: 'The hexadecimal UTF-16 units of a string',
  overloads: [
    {
      args: ['varchar'],
      returns: 'varchar',
      neverFails: true,
      evaluate: (text: string) =>
        Array.from({ length: text.length }, (_, i) =>
          text.charCodeAt(i).toString(16).toUpperCase().padStart(4, '0'),
        ).join(''),
    },
  ],
})
