import type { MapValue } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { ANY_MAP } from './map-builder.js'

export const mapEntries = scalarFunction({
  name: 'map_entries',
  description: 'The entries of a map as rows of key and value',
  overloads: [
    {
      ...ANY_MAP,
      args: ['map(K,V)'],
      returns: 'array(row(K,V))',
      evaluate: ({ keys, values }: MapValue) => keys.map((key, i) => [key, values[i]!]),
    },
  ],
})
