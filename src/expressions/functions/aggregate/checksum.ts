import type { SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { addToChecksum, setHash } from '../../../values/xxhash64.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import { typeHash, wordHash } from '../../value/type-hash.js'

/** A 64-bit sum in halves; the upper first. */
interface State {
  readonly sum: Uint32Array
  isEmpty: boolean
}

/** NULL counts as the prime itself: a hash of 1. */
const NULL_HASH = 1n

function bytesOf({ sum, isEmpty }: State): Value {
  if (isEmpty) return null
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(sum[1]!, 0)
  bytes.writeUInt32LE(sum[0]!, 4)
  return new Uint8Array(bytes)
}

function accumulator(type: SqlType): Accumulator<State> {
  const fast = type.kind === 'unknown' ? undefined : wordHash(type)
  const slow = fast === undefined && type.kind !== 'unknown' ? typeHash(type) : undefined
  const hash = fast ?? ((value: Value) => setHash(slow!(value)))
  return {
    create: () => ({ sum: new Uint32Array(2), isEmpty: true }),
    add: (state, value) => {
      if (value === null) setHash(NULL_HASH)
      else hash(value!)
      addToChecksum(state.sum)
      state.isEmpty = false
      return state
    },
    combine: (state, other) => {
      const low = state.sum[1]! + other.sum[1]!
      state.sum[0] = state.sum[0]! + other.sum[0]! + (low > 0xffffffff ? 1 : 0)
      state.sum[1] = low
      state.isEmpty &&= other.isEmpty
      return state
    },
    serialize: bytesOf,
    deserialize: (value) => {
      if (value === null) return { sum: new Uint32Array(2), isEmpty: true }
      const bytes = Buffer.from(value as Uint8Array)
      const sum = Uint32Array.of(bytes.readUInt32LE(4), bytes.readUInt32LE(0))
      return { sum, isEmpty: false }
    },
    finish: bytesOf,
  }
}

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
      bind: ({ argumentTypes }) => accumulator(argumentTypes[0]!),
    }),
  ],
})
