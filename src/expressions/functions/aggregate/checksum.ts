import type { Value } from '../../../spi/value.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { typeHash } from '../../value/type-hash.js'

const PRIME = 0x9e3779b185ebca87n

const bytesOf = (sum: bigint): Uint8Array => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(sum)
  return new Uint8Array(bytes)
}

const plus = (left: bigint | null, right: bigint | null): bigint | null =>
  left === null ? right : right === null ? left : BigInt.asUintN(64, left + right)

export const checksum = aggregateFunction({
  name: 'checksum',
  description: 'A checksum of the values, whatever their order',
  overloads: [
    aggregateOverload({
      args: ['T'],
      returns: 'varbinary',
      typeVariables: ['T:comparable'],
      intermediate: 'varbinary',
      nulls: 'called',
      bind: ({ argumentTypes }) => {
        const hash = typeHash(argumentTypes[0]!)
        return {
          create: (): bigint | null => null,
          add: (state: bigint | null, value: Value | undefined) =>
            plus(state, value === null ? PRIME : BigInt.asUintN(64, hash(value!) * PRIME)),
          combine: plus,
          serialize: (state: bigint | null) => (state === null ? null : bytesOf(state)),
          deserialize: (value: Value) =>
            value === null ? null : Buffer.from(value as Uint8Array).readBigUInt64LE(0),
          finish: (state: bigint | null) => (state === null ? null : bytesOf(state)),
        }
      },
    }),
  ],
})
