import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type Accumulator,
  type AggregateOverload,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import {
  addToQuantileDigest,
  createQuantileDigest,
  deserializeQuantileDigest,
  mergeQuantileDigest,
  type QuantileDigest,
  quantileDigestValue,
  serializeQuantileDigest,
} from '../../value/quantile-digest.js'
import { fromSortable, toSortable } from '../../value/sortable-number.js'
import {
  addToTDigest,
  createTDigest,
  mergeTDigest,
  type TDigest,
  valueAtQuantile,
  valueAtRank,
} from '../../value/tdigest.js'

interface State {
  digest: TDigest
  percentiles: Value
}

type Kind = 'bigint' | 'double' | 'real'

function checkFinite(value: number): number {
  if (!Number.isFinite(value)) invalidArgument(`value must be finite; was ${value}`)
  return value
}

function checkPercentile(value: Value): number {
  if (value === null) return invalidArgument('Percentile cannot be null')
  const percentile = value as number
  if (!(percentile >= 0 && percentile <= 1)) invalidArgument('Percentile must be between 0 and 1')
  return percentile
}

function checkWeight(value: Value): number {
  const weight = Number(value)
  if (!(weight >= 1)) invalidArgument(`weight must be >= 1, was ${weight}`)
  if (!Number.isFinite(weight)) invalidArgument(`weight must be finite, was ${weight}`)
  return weight
}

const MAX_BIGINT = 2n ** 63n - 1n

/** Doubles have no largest BIGINT: their next number is past it. */
function roundedToBigint(value: number): bigint {
  const rounded = BigInt(Math.round(value))
  return rounded > MAX_BIGINT ? MAX_BIGINT : rounded
}

function accumulator(kind: Kind, isWeighted: boolean): Accumulator<State> {
  const at = kind === 'bigint' ? valueAtRank : valueAtQuantile
  const result = (value: number): Value =>
    kind === 'bigint' ? roundedToBigint(value) : kind === 'real' ? Math.fround(value) : value
  return {
    create: () => ({ digest: createTDigest(), percentiles: null }),
    add: (state, value, ...rest) => {
      const percentiles = rest[isWeighted ? 1 : 0]!
      // Of arrays the first one counts, of numbers the last one.
      if (!Array.isArray(percentiles)) state.percentiles = percentiles
      else if (state.percentiles === null) {
        percentiles.forEach(checkPercentile)
        state.percentiles = percentiles
      }
      const weight = isWeighted ? checkWeight(rest[0]!) : 1
      addToTDigest(state.digest, checkFinite(Number(value)), weight)
      return state
    },
    combine: (state, other) => ({
      digest: mergeTDigest(state.digest, other.digest),
      percentiles: state.percentiles ?? other.percentiles,
    }),
    serialize: ({ digest, percentiles }) =>
      digest.total === 0
        ? null
        : [
            digest.means,
            digest.weights,
            digest.min,
            digest.max,
            Array.isArray(percentiles) ? percentiles : [percentiles],
            Array.isArray(percentiles),
          ],
    deserialize: (value) => {
      const digest = createTDigest()
      if (value === null) return { digest, percentiles: null }
      const [means, weights, min, max, percentiles, isArray] = value as readonly Value[]
      digest.means = [...(means as readonly number[])]
      digest.weights = [...(weights as readonly number[])]
      digest.min = min as number
      digest.max = max as number
      digest.total = digest.weights.reduce((sum, weight) => sum + weight, 0)
      digest.isMerged = false
      return {
        digest,
        percentiles: isArray === true ? percentiles! : (percentiles as readonly Value[])[0]!,
      }
    },
    finish: ({ digest, percentiles }) => {
      if (digest.total === 0) return null
      const one = (percentile: Value) => result(at(digest, checkPercentile(percentile)))
      return Array.isArray(percentiles) ? percentiles.map(one) : one(percentiles)
    },
    byteSize: ({ digest }) => digest.means.length * 16,
  }
}

const INTERMEDIATE = 'row(array(double), array(double), double, double, array(double), boolean)'

const overload = (kind: Kind, isWeighted: boolean, isArray: boolean): AggregateOverload =>
  aggregateOverload({
    args: [kind, ...(isWeighted ? ['double'] : []), isArray ? 'array(double)' : 'double'],
    returns: isArray ? `array(${kind})` : kind,
    intermediate: INTERMEDIATE,
    bind: () => accumulator(kind, isWeighted),
  })

/** With an accuracy values are kept in a quantile digest, whose error is bounded by it. */
const accurateOverload = (kind: Kind): AggregateOverload =>
  aggregateOverload({
    args: [kind, 'double', 'double', 'double'],
    returns: kind,
    intermediate: 'row(varbinary, double)',
    bind: ({ argumentTypes }): Accumulator<AccurateState> => {
      const type = argumentTypes[0]!
      return {
        create: () => ({ digest: undefined, percentile: 0 }),
        add: (state, value, weight, percentile, accuracy) => {
          if (!((accuracy as number) > 0 && (accuracy as number) < 1)) {
            invalidArgument('Percentile accuracy must be strictly between 0 and 1')
          }
          if (!((weight as number) > 0)) invalidArgument('percentile weight must be > 0')
          state.digest ??= createQuantileDigest(accuracy as number)
          addToQuantileDigest(state.digest, toSortable(type, value!), Math.trunc(weight as number))
          state.percentile = percentile as number
          return state
        },
        combine: (a, b) => {
          if (b.digest === undefined) return a
          if (a.digest === undefined) return b
          return { ...b, digest: mergeQuantileDigest(a.digest, b.digest) }
        },
        serialize: ({ digest, percentile }) =>
          digest === undefined ? null : [serializeQuantileDigest(digest), percentile],
        deserialize: (value) => {
          if (value === null) return { digest: undefined, percentile: 0 }
          const [digest, percentile] = value as readonly [Uint8Array, number]
          return { digest: deserializeQuantileDigest(digest), percentile }
        },
        finish: ({ digest, percentile }) => {
          if (digest === undefined || digest.total === 0) return null
          return fromSortable(type, quantileDigestValue(digest, checkPercentile(percentile)))
        },
        byteSize: () => 4096,
      }
    },
  })

interface AccurateState {
  digest: QuantileDigest | undefined
  percentile: number
}

export const approxPercentile = aggregateFunction({
  name: 'approx_percentile',
  description: 'About the value below which a fraction of the values are',
  overloads: (['bigint', 'double', 'real'] as const).flatMap((kind) => [
    overload(kind, false, false),
    overload(kind, true, false),
    overload(kind, false, true),
    overload(kind, true, true),
    accurateOverload(kind),
  ]),
})
