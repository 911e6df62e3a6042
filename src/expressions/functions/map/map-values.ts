import type { MapValue } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { ANY_MAP } from './map-builder.js'

export const mapValues = scalarFunction({
  name: 'map_values',
  description: 'The values of a map',
  overloads: [
    {
      ...ANY_MAP,
      args: ['map(K,V)'],
      returns: 'array(V)',
      evaluate: (value: MapValue) => value.values,
    },
  ],
})
