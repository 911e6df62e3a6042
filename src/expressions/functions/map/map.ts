import type { MapType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { checkKey, mapBuilder } from './map-builder.js'

export const map = scalarFunction({
  name: 'map',
  description: 'The map of an array of keys and one of values; an empty map of nothing',
  overloads: [
    { args: [], returns: 'map(unknown,unknown)', evaluate: () => ({ keys: [], values: [] }) },
    {
      args: ['array(K)', 'array(V)'],
      returns: 'map(K,V)',
      typeVariables: ['K:comparable', 'V'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (keys: readonly Value[], values: readonly Value[]) => {
          if (keys.length !== values.length) {
            return invalidArgument('Key and value arrays must be the same length')
          }
          const builder = mapBuilder(keyType)
          for (const [i, key] of keys.entries()) {
            checkKey(key)
            builder.insert(key, values[i]!)
          }
          return builder.build()
        }
      },
    },
  ],
})
