import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'

interface Logs {
  sum: number
  count: number
}

export const geometricMean = aggregateFunction({
  name: 'geometric_mean',
  description: 'The geometric mean of the values',
  overloads: ['bigint', 'double', 'real'].map((type) =>
    aggregateOverload({
      args: [type],
      returns: type === 'real' ? 'real' : 'double',
      intermediate: 'row(bigint, double)',
      bind: (): Accumulator<Logs> => ({
        create: () => ({ sum: 0, count: 0 }),
        add: (state, value) => {
          state.sum += Math.log(Number(value))
          state.count++
          return state
        },
        combine: (state, other) => ({
          sum: state.sum + other.sum,
          count: state.count + other.count,
        }),
        serialize: ({ sum, count }) => [BigInt(count), sum],
        deserialize: (value) => {
          const [count, sum] = value as readonly [bigint, number]
          return { count: Number(count), sum }
        },
        finish: ({ sum, count }) => {
          if (count === 0) return null
          const mean = Math.exp(sum / count)
          return type === 'real' ? Math.fround(mean) : mean
        },
      }),
    }),
  ),
})
