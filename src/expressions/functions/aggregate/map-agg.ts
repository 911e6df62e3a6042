import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { entriesAccumulator, itself, keep, keyTypeOf } from './entries-accumulator.js'

export const mapAgg = aggregateFunction({
  name: 'map_agg',
  description: 'The map of keys and values; of a key that comes again the first value stays',
  overloads: [
    aggregateOverload({
      args: ['K', 'V'],
      returns: 'map(K,V)',
      typeVariables: ['K:comparable', 'V'],
      intermediate: 'map(K,V)',
      nulls: 'called',
      orderSensitive: true,
      bind: ({ returnType }) => entriesAccumulator(keyTypeOf(returnType), itself, keep),
    }),
  ],
})
