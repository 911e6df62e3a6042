import type { MapValue } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { ANY_MAP } from './map-builder.js'

export const mapKeys = scalarFunction({
  name: 'map_keys',
  description: 'The keys of a map',
  overloads: [
    {
      ...ANY_MAP,
      args: ['map(K,V)'],
      returns: 'array(K)',
      evaluate: (value: MapValue) => value.keys,
    },
  ],
})
