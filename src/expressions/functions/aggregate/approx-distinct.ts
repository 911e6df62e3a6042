import type { SqlType } from '../../../spi/type/type.js'
import { invalidArgument } from '../../errors.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import { cardinalityOf, createHyperLogLog, indexBitsFor } from '../../value/hyperloglog.js'
import { typeHash } from '../../value/type-hash.js'
import { merged, putHash, type Sketch, stored } from './hyperloglog-states.js'

const DEFAULT_STANDARD_ERROR = 0.023

function checkError(error: number): number {
  if (!(error >= 0.0040625 && error <= 0.26)) {
    invalidArgument(`Max standard error must be in [0.0040625, 0.26]: ${error}`)
  }
  return indexBitsFor(error)
}

function counter(type: SqlType): Accumulator<Sketch> {
  const hash = type.kind === 'unknown' ? () => 0n : typeHash(type)
  return {
    create: () => null,
    add: (state, value, error) => {
      const wanted = type.kind === 'boolean' ? undefined : (error as number | undefined)
      const bits = checkError(wanted ?? DEFAULT_STANDARD_ERROR)
      return putHash(state ?? createHyperLogLog(bits), hash(value!))
    },
    combine: merged,
    ...stored,
    finish: (state) => (state === null ? 0n : cardinalityOf(state)),
    byteSize: () => 4096,
  }
}

export const approxDistinct = aggregateFunction({
  name: 'approx_distinct',
  description: 'About the number of distinct values',
  overloads: [
    ...['boolean', 'unknown', 'T'].flatMap((type) =>
      [[type], [type, 'double']].map((args) =>
        aggregateOverload({
          args,
          returns: 'bigint',
          ...(type === 'T' ? { typeVariables: ['T:comparable'] } : {}),
          intermediate: 'hyperloglog',
          ignoresDuplicates: true,
          bind: ({ argumentTypes }) => counter(argumentTypes[0]!),
        }),
      ),
    ),
  ],
})
