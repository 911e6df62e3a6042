import { scalarFunction } from '../../function-definition.js'
import { intersectionOf } from '../../value/set-digest.js'
import { loadSetDigest } from './set-digest.js'

export const intersectionCardinality = scalarFunction({
  name: 'intersection_cardinality',
  description: 'About the number of elements that the sets of two digests have in common',
  overloads: [
    {
      args: ['setdigest', 'setdigest'],
      returns: 'bigint',
      evaluate: (left: Uint8Array, right: Uint8Array) =>
        intersectionOf(loadSetDigest(left), loadSetDigest(right)),
    },
  ],
})
