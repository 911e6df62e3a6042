import { createHash } from 'node:crypto'
import { hashBytes, hashHigh, hashLow } from '../../../values/xxhash64.js'
import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'
import { spookyHash } from '../../value/spooky-hash.js'

export const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha512'] as const

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
