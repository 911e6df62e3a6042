import type { SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
  scalarFunction,
} from '../../function-definition.js'
import {
  addHash,
  cardinalityOf,
  createHyperLogLog,
  deserializeHyperLogLog,
  type HyperLogLog,
  indexBitsFor,
  mergeHyperLogLog,
  serializeHyperLogLog,
} from '../../value/hyperloglog.js'
import { murmur3 } from '../../value/murmur3.js'
import { typeHash } from '../../value/type-hash.js'
import { digestMerges } from '../sketch/quantiles.js'

const DEFAULT_STANDARD_ERROR = 0.023
const APPROX_SET_INDEX_BITS = 12

function load(value: Value): HyperLogLog {
  const hll = deserializeHyperLogLog(value as Uint8Array)
  return hll ?? invalidArgument('Invalid HyperLogLog')
}

const put = (hll: HyperLogLog, hash: bigint): HyperLogLog => {
  addHash(hll, Number(hash >> 32n), Number(hash & 0xffffffffn))
  return hll
}

function checkError(error: number): number {
  if (!(error >= 0.0040625 && error <= 0.26)) {
    invalidArgument(`Max standard error must be in [0.0040625, 0.26]: ${error}`)
  }
  return indexBitsFor(error)
}

type Sketch = HyperLogLog | null

const merged = (state: Sketch, other: Sketch): Sketch =>
  state === null ? other : other === null ? state : mergeHyperLogLog(state, other)

const stored = {
  serialize: (state: Sketch): Value => (state === null ? null : serializeHyperLogLog(state)),
  deserialize: (value: Value): Sketch => (value === null ? null : load(value)),
}

function counter(type: SqlType): Accumulator<Sketch> {
  const hash = type.kind === 'unknown' ? () => 0n : typeHash(type)
  return {
    create: () => null,
    add: (state, value, error) => {
      const wanted = type.kind === 'boolean' ? undefined : (error as number | undefined)
      const bits = checkError(wanted ?? DEFAULT_STANDARD_ERROR)
      return put(state ?? createHyperLogLog(bits), hash(value!))
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
          put(
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

export const merge = aggregateFunction({
  name: 'merge',
  description: 'The sketch of all that sketches were made of',
  overloads: [
    ...digestMerges,
    aggregateOverload({
      args: ['hyperloglog'],
      returns: 'hyperloglog',
      intermediate: 'hyperloglog',
      ignoresDuplicates: true,
      bind: (): Accumulator<Sketch> => ({
        create: () => null,
        add: (state, value) => merged(state, load(value!)),
        combine: merged,
        ...stored,
        finish: stored.serialize,
        byteSize: () => 4096,
      }),
    }),
  ],
})

export const emptyApproxSet = scalarFunction({
  name: 'empty_approx_set',
  description: 'The HyperLogLog sketch of nothing',
  overloads: [
    {
      args: [],
      returns: 'hyperloglog',
      evaluate: () => serializeHyperLogLog(createHyperLogLog(APPROX_SET_INDEX_BITS)),
    },
  ],
})

/** cardinality(hyperloglog): called by the definition of cardinality. */
export const sketchCardinality = (value: Uint8Array): bigint => cardinalityOf(load(value))
