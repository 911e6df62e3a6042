import type { MapValue } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'
import { ANY_MAP } from './map-builder.js'

export const mapFilter = scalarFunction({
  name: 'map_filter',
  description: 'The entries for which a lambda is true',
  overloads: [
    {
      ...ANY_MAP,
      args: ['map(K,V)', 'function(K,V,boolean)'],
      returns: 'map(K,V)',
      evaluate: ({ keys, values }: MapValue, lambda: LambdaValue) => {
        const kept = keys.flatMap((key, i) => (lambda(key, values[i]!) === true ? [i] : []))
        return { keys: kept.map((i) => keys[i]!), values: kept.map((i) => values[i]!) }
      },
    },
  ],
})
