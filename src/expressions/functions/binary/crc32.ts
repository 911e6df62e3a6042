import { scalarFunction } from '../../function-definition.js'

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
