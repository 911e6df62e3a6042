import { scalarFunction } from '../../function-definition.js'
import { murmur3 } from '../../value/murmur3.js'

export const murmur3Digest = scalarFunction({
  name: 'murmur3',
  description: 'The 128-bit MurmurHash3 of bytes',
  overloads: [
    {
      args: ['varbinary'],
      returns: 'varbinary',
      neverFails: true,
      evaluate: (bytes: Uint8Array) => {
        const [first, second] = murmur3(bytes)
        const result = Buffer.alloc(16)
        result.writeBigUInt64LE(first, 0)
        result.writeBigUInt64LE(second, 8)
        return new Uint8Array(result)
      },
    },
  ],
})
