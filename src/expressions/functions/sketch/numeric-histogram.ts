import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import {
  addToHistogram,
  compactHistogram,
  createNumericHistogram,
  mergeHistograms,
  type NumericHistogram,
} from '../../value/numeric-histogram.js'
import { bucketCount } from './bucket-count.js'

type Histogram = NumericHistogram | null

const histograms = (round: (value: number) => number): Accumulator<Histogram> => ({
  create: () => null,
  add: (state, buckets, value, weight = 1) => {
    const histogram = state ?? createNumericHistogram(bucketCount(buckets!, 'numeric_histogram'))
    addToHistogram(histogram, value as number, weight as number)
    return histogram
  },
  combine: (state, other) =>
    state === null ? other : other === null ? state : mergeHistograms(state, other),
  serialize: (state) => {
    if (state === null) return null
    compactHistogram(state)
    return [BigInt(state.maxBuckets), state.values, state.weights]
  },
  deserialize: (value) => {
    if (value === null) return null
    const [maxBuckets, values, weights] = value as readonly [bigint, number[], number[]]
    return { maxBuckets: Number(maxBuckets), values: [...values], weights: [...weights] }
  },
  finish: (state) => {
    if (state === null) return null
    compactHistogram(state)
    return { keys: state.values.map(round), values: state.weights.map(round) }
  },
  byteSize: (state) => (state === null ? 0 : 16 * state.values.length),
})

export const numericHistogram = aggregateFunction({
  name: 'numeric_histogram',
  description: 'A histogram of at most so many buckets: their means and weights',
  overloads: (['double', 'real'] as const).flatMap((type) =>
    [
      ['bigint', type],
      ['bigint', type, 'double'],
    ].map((args) =>
      aggregateOverload({
        args,
        returns: `map(${type},${type})`,
        intermediate: 'row(bigint, array(double), array(double))',
        bind: () => histograms(type === 'real' ? Math.fround : (value) => value),
      }),
    ),
  ),
})
