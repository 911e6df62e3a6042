import type { MapValue, Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { sketchCardinality } from '../aggregate/hyperloglog-states.js'
import { setDigestCardinality } from '../sketch/set-digest.js'

export const cardinality = scalarFunction({
  name: 'cardinality',
  description: 'The number of elements of an array or entries of a map',
  overloads: [
    {
      args: ['array(e)'],
      returns: 'bigint',
      typeVariables: ['E'],
      neverFails: true,
      evaluate: (array: readonly Value[]) => BigInt(array.length),
    },
    { args: ['hyperloglog'], returns: 'bigint', evaluate: sketchCardinality },
    { args: ['setdigest'], returns: 'bigint', evaluate: setDigestCardinality },
    {
      args: ['map(k,v)'],
      returns: 'bigint',
      typeVariables: ['K', 'V'],
      neverFails: true,
      evaluate: (map: MapValue) => BigInt(map.keys.length),
    },
  ],
})
