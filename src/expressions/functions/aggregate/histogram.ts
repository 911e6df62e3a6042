import type { Value } from '../../../spi/type/value.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { entriesAccumulator, keyTypeOf } from './entries-accumulator.js'

const plus = (old: Value, count: Value): Value => (old as bigint) + (count as bigint)

export const histogram = aggregateFunction({
  name: 'histogram',
  description: 'The map from distinct values to their numbers',
  overloads: [
    aggregateOverload({
      args: ['T'],
      returns: 'map(T,bigint)',
      typeVariables: ['T:comparable'],
      intermediate: 'map(T,bigint)',
      bind: ({ returnType }) =>
        entriesAccumulator(
          keyTypeOf(returnType),
          () => 1n,
          (old) => (old as bigint) + 1n,
          plus,
        ),
    }),
  ],
})
