import type { Value } from '../../../spi/type/value.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { entriesAccumulator, keyTypeOf } from './entries-accumulator.js'

const pushed = (old: Value, value: Value): Value => {
  ;(old as Value[]).push(value)
  return old
}
const joined = (old: Value, other: Value): Value => [
  ...(old as readonly Value[]),
  ...(other as readonly Value[]),
]

export const multimapAgg = aggregateFunction({
  name: 'multimap_agg',
  description: 'The map from keys to the arrays of their values',
  overloads: [
    aggregateOverload({
      args: ['K', 'V'],
      returns: 'map(K,array(V))',
      typeVariables: ['K:comparable', 'V'],
      intermediate: 'map(K,array(V))',
      nulls: 'called',
      orderSensitive: true,
      bind: ({ returnType }) =>
        entriesAccumulator(keyTypeOf(returnType), (value) => [value], pushed, joined),
    }),
  ],
})
