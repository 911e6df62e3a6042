import type { MapValue } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'

export const transformValues = scalarFunction({
  name: 'transform_values',
  description: 'The map with values that a lambda makes of its entries',
  overloads: [
    {
      args: ['map(K,V1)', 'function(K,V1,V2)'],
      returns: 'map(K,V2)',
      typeVariables: ['K', 'V1', 'V2'],
      evaluate: ({ keys, values }: MapValue, lambda: LambdaValue) => ({
        keys,
        values: keys.map((key, i) => lambda(key, values[i]!)),
      }),
    },
  ],
})
