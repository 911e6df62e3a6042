import { MillraceError } from '../../../spi/error.js'
import { isShortDecimal, type SqlType, typeName } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { murmur3 } from '../../value/murmur3.js'
import { addToSetDigest, createSetDigest } from '../../value/set-digest.js'
import { setDigestAccumulator } from './set-digest.js'

const word = Buffer.alloc(8)
function eightBytes(value: bigint): Uint8Array {
  word.writeBigInt64LE(BigInt.asIntN(64, value))
  return word
}
const PICOS_PER_MICRO = 1_000_000n

/** The bytes that Trino's value of a type is hashed by. */
function bytesOf(type: SqlType): (value: Value) => Uint8Array {
  switch (type.kind) {
    case 'varbinary':
      return (value) => value as Uint8Array
    case 'varchar':
    case 'char':
    case 'json':
      return (value) => Buffer.from(value as string)
    case 'real':
      return (value) => {
        word.writeFloatLE(value as number)
        return eightBytes(BigInt(word.readInt32LE()))
      }
    case 'timestamp':
      return (value) => eightBytes((value as bigint) / PICOS_PER_MICRO)
    default:
      return (value) => {
        if (value instanceof Uint8Array) return value
        if (typeof value === 'bigint' || typeof value === 'number') return eightBytes(BigInt(value))
        return invalidArgument(`make_set_digest does not take values of type ${type.kind}`)
      }
  }
}

/** Types whose values Trino has as longs or slices. */
function isDigestible(type: SqlType): boolean {
  switch (type.kind) {
    case 'boolean':
    case 'double':
    case 'unknown':
    case 'array':
    case 'map':
    case 'row':
      return false
    case 'decimal':
      return isShortDecimal(type)
    case 'timestamp':
      return type.precision <= 6
    case 'timestamp with time zone':
      return type.precision <= 3
    case 'time with time zone':
      return type.precision <= 9
    default:
      return true
  }
}

export const makeSetDigest = aggregateFunction({
  name: 'make_set_digest',
  description: 'The set digest of the values',
  overloads: [
    aggregateOverload({
      args: ['T'],
      returns: 'setdigest',
      typeVariables: ['T'],
      intermediate: 'setdigest',
      bind: ({ argumentTypes }) => {
        const [type] = argumentTypes as [SqlType]
        if (!isDigestible(type)) {
          throw new MillraceError(
            'FUNCTION_IMPLEMENTATION_MISSING',
            `Unsupported type parameters (system.builtin.make_set_digest(${typeName(type)}):SetDigest) for <T>(t):setdigest`,
          )
        }
        const bytes = bytesOf(type)
        return setDigestAccumulator((state, value) => {
          const digest = state ?? createSetDigest()
          addToSetDigest(digest, murmur3(bytes(value))[0])
          return digest
        })
      },
    }),
  ],
})
