import { MillraceError } from '../../../spi/error.js'
import { isShortDecimal, type SqlType, typeName } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
  scalarFunction,
} from '../../function-definition.js'
import { murmur3 } from '../../value/murmur3.js'
import {
  addToSetDigest,
  createSetDigest,
  deserializeSetDigest,
  hashCountsOf,
  intersectionOf,
  jaccardIndexOf,
  mergeSetDigest,
  type SetDigest,
  serializeSetDigest,
  setCardinality,
} from '../../value/set-digest.js'

type State = SetDigest | null

const load = (value: Value): SetDigest =>
  deserializeSetDigest(value as Uint8Array) ?? invalidArgument('Invalid SetDigest')

const write = (state: State): Value => (state === null ? null : serializeSetDigest(state))

const accumulator = (add: (state: State, value: Value) => State): Accumulator<State> => ({
  create: () => null,
  add: (state, value) => add(state, value!),
  combine: (state, other) =>
    state === null ? other : other === null ? state : mergeSetDigest(state, other),
  serialize: write,
  deserialize: (value) => (value === null ? null : load(value)),
  finish: write,
  byteSize: (state) => (state === null ? 0 : 4096 + 64 * state.hashes.size),
})

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
        return accumulator((state, value) => {
          const digest = state ?? createSetDigest()
          addToSetDigest(digest, murmur3(bytes(value))[0])
          return digest
        })
      },
    }),
  ],
})

export const mergeSetDigests = aggregateFunction({
  name: 'merge_set_digest',
  description: 'The set digest of all that set digests were made of',
  overloads: [
    aggregateOverload({
      args: ['setdigest'],
      returns: 'setdigest',
      intermediate: 'setdigest',
      bind: () =>
        accumulator((state, value) => {
          const digest = load(value)
          return state === null ? digest : mergeSetDigest(state, digest)
        }),
    }),
  ],
})

/** cardinality(setdigest): part of the definition of cardinality. */
export const setDigestCardinality = (value: Uint8Array): bigint => setCardinality(load(value))

export const intersectionCardinality = scalarFunction({
  name: 'intersection_cardinality',
  description: 'About the number of elements that the sets of two digests have in common',
  overloads: [
    {
      args: ['setdigest', 'setdigest'],
      returns: 'bigint',
      evaluate: (left: Uint8Array, right: Uint8Array) => intersectionOf(load(left), load(right)),
    },
  ],
})

export const jaccardIndex = scalarFunction({
  name: 'jaccard_index',
  description: 'About the share of the elements of either set that both have',
  overloads: [
    {
      args: ['setdigest', 'setdigest'],
      returns: 'double',
      evaluate: (left: Uint8Array, right: Uint8Array) => jaccardIndexOf(load(left), load(right)),
    },
  ],
})

export const hashCounts = scalarFunction({
  name: 'hash_counts',
  description: 'The hashes a set digest holds with the number of times each was added',
  overloads: [
    {
      args: ['setdigest'],
      returns: 'map(bigint,smallint)',
      evaluate: (value: Uint8Array) => {
        const entries = hashCountsOf(load(value))
        return { keys: entries.map(([hash]) => hash), values: entries.map(([, times]) => times) }
      },
    },
  ],
})
