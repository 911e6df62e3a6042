import type { MapValue, Value } from '../../../spi/type/value.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import {
  createStreamSummary,
  mostFrequent,
  offer,
  type StreamSummary,
} from '../../value/stream-summary.js'
import { bucketCount } from './bucket-count.js'

interface Frequencies {
  readonly buckets: number
  readonly summary: StreamSummary<Value>
}

const frequencies: Accumulator<Frequencies | null> = {
  create: () => null,
  add: (state, buckets, value, capacity) => {
    const { buckets: limit, summary } = state ?? {
      buckets: bucketCount(buckets!, 'approx_most_frequent'),
      summary: createStreamSummary<Value>(Math.max(1, Number(capacity))),
    }
    offer(summary, value!)
    return state ?? { buckets: limit, summary }
  },
  combine: (state, other) => {
    if (state === null || other === null) return state ?? other
    for (const [key, count] of mostFrequent(other.summary, other.summary.capacity)) {
      offer(state.summary, key, count)
    }
    return state
  },
  serialize: (state) => {
    if (state === null) return null
    const { buckets, summary } = state
    return [BigInt(buckets), BigInt(summary.capacity), toMap(summary, summary.capacity)]
  },
  deserialize: (value) => {
    if (value === null) return null
    const [buckets, capacity, counts] = value as readonly [bigint, bigint, MapValue]
    const summary = createStreamSummary<Value>(Number(capacity))
    counts.keys.forEach((key, i) => {
      offer(summary, key, Number(counts.values[i]))
    })
    return { buckets: Number(buckets), summary }
  },
  finish: (state) => (state === null ? null : toMap(state.summary, state.buckets)),
  byteSize: (state) => (state === null ? 0 : 160 * state.summary.counts.size),
}

function toMap(summary: StreamSummary<Value>, limit: number): MapValue {
  const entries = mostFrequent(summary, limit)
  return {
    keys: entries.map(([key]) => key),
    values: entries.map(([, count]) => BigInt(count)),
  }
}

export const approxMostFrequent = aggregateFunction({
  name: 'approx_most_frequent',
  description: 'About the most frequent values with their counts, counting so many at a time',
  overloads: ['bigint', 'varchar'].map((type) =>
    aggregateOverload({
      args: ['bigint', type, 'bigint'],
      returns: `map(${type},bigint)`,
      intermediate: `row(bigint, bigint, map(${type},bigint))`,
      bind: () => frequencies,
    }),
  ),
})
