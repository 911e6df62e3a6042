import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { hashKeyOf } from '../../value/comparison.js'
import { elementType } from './element-type.js'

export const arrayHistogram = scalarFunction({
  name: 'array_histogram',
  description: 'The map from distinct elements that are not NULL to their numbers',
  overloads: [
    {
      args: ['array(T)'],
      returns: 'map(T,bigint)',
      typeVariables: ['T:comparable'],
      bind: (call) => {
        const keyOf = hashKeyOf(elementType(call))
        return (array: readonly Value[]) => {
          const counts = new Map<unknown, { key: Value; count: bigint }>()
          for (const value of array) {
            if (value === null) continue
            const key = keyOf(value)
            const entry = counts.get(key)
            if (entry === undefined) counts.set(key, { key: value, count: 1n })
            else entry.count++
          }
          const entries = [...counts.values()]
          return { keys: entries.map((e) => e.key), values: entries.map((e) => e.count) }
        }
      },
    },
  ],
})
