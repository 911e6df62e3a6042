import type { SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import { createHyperLogLog } from '../../value/hyperloglog.js'
import { murmur3 } from '../../value/murmur3.js'
import {
  APPROX_SET_INDEX_BITS,
  merged,
  putHash,
  type Sketch,
  stored,
} from './hyperloglog-states.js'

function bytesOf(type: SqlType, value: Value): Uint8Array {
  if (type.kind === 'varchar') return Buffer.from(value as string)
  const bytes = Buffer.alloc(8)
  if (type.kind === 'double') bytes.writeDoubleLE(value as number)
  else bytes.writeBigInt64LE(value as bigint)
  return bytes
}

export const approxSet = aggregateFunction({
  name: 'approx_set',
  description: 'The HyperLogLog sketch of the values',
  overloads: ['bigint', 'varchar', 'double'].map((type) =>
    aggregateOverload({
      args: [type],
      returns: 'hyperloglog',
      intermediate: 'hyperloglog',
      ignoresDuplicates: true,
      bind: ({ argumentTypes }): Accumulator<Sketch> => ({
        create: () => null,
        add: (state, value) =>
          putHash(
            state ?? createHyperLogLog(APPROX_SET_INDEX_BITS),
            murmur3(bytesOf(argumentTypes[0]!, value!))[0],
          ),
        combine: merged,
        ...stored,
        finish: stored.serialize,
        byteSize: () => 4096,
      }),
    }),
  ),
})
