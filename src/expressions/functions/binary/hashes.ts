import { createHash, createHmac } from 'node:crypto'
import { MillraceError } from '../../../spi/error.js'
import { hashBytes, hashHigh, hashLow } from '../../../values/xxhash64.js'
import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'
import { murmur3 } from '../../value/murmur3.js'
import { spookyHash } from '../../value/spooky-hash.js'

const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha512'] as const

const digest = (name: string, evaluate: (bytes: Uint8Array) => Uint8Array): FunctionDefinition =>
  scalarFunction({
    name,
    description: `The ${name} hash of bytes`,
    overloads: [{ args: ['varbinary'], returns: 'varbinary', neverFails: true, evaluate }],
  })

function bigEndian(hash: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, hash)
  return bytes
}

export const digests: readonly FunctionDefinition[] = [
  ...ALGORITHMS.map((name) =>
    digest(name, (bytes) => new Uint8Array(createHash(name).update(bytes).digest())),
  ),
  digest('xxhash64', (bytes) => {
    hashBytes(bytes)
    const result = Buffer.alloc(8)
    result.writeUInt32BE(hashHigh(), 0)
    result.writeUInt32BE(hashLow(), 4)
    return new Uint8Array(result)
  }),
  digest('spooky_hash_v2_32', (bytes) => bigEndian(spookyHash(bytes)).subarray(4)),
  digest('spooky_hash_v2_64', (bytes) => bigEndian(spookyHash(bytes))),
]

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

export const hmacs: readonly FunctionDefinition[] = ALGORITHMS.map((name) =>
  scalarFunction({
    name: `hmac_${name}`,
    description: `The HMAC of bytes with a key, by ${name}`,
    overloads: [
      {
        args: ['varbinary', 'varbinary'],
        returns: 'varbinary',
        evaluate: (bytes: Uint8Array, key: Uint8Array) => {
          if (key.length === 0) throw new MillraceError('GENERIC_INTERNAL_ERROR', 'Empty key')
          return new Uint8Array(createHmac(name, key).update(bytes).digest())
        },
      },
    ],
  }),
)

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

export const crc32 = scalarFunction({
  name: 'crc32',
  description: 'The CRC-32 of bytes',
  overloads: [
    {
      args: ['varbinary'],
      returns: 'bigint',
      neverFails: true,
      evaluate: (bytes: Uint8Array) => BigInt(crcOf(bytes)),
    },
  ],
})
