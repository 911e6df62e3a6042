import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { counter } from './count.js'

export const countIf = aggregateFunction({
  name: 'count_if',
  description: 'The number of rows for which a condition is true',
  overloads: [
    aggregateOverload({
      args: ['boolean'],
      returns: 'bigint',
      intermediate: 'bigint',
      bind: () => ({
        ...counter(),
        add: (count: bigint, condition) => (condition === true ? count + 1n : count),
        remove: (count: bigint, condition) => (condition === true ? count - 1n : count),
      }),
    }),
  ],
})
