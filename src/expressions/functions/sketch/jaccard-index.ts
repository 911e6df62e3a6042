import { scalarFunction } from '../../function-definition.js'
import { jaccardIndexOf } from '../../value/set-digest.js'
import { loadSetDigest } from './set-digest.js'

export const jaccardIndex = scalarFunction({
  name: 'jaccard_index',
  description: 'About the share of the elements of either set that both have',
  overloads: [
    {
      args: ['setdigest', 'setdigest'],
      returns: 'double',
      evaluate: (left: Uint8Array, right: Uint8Array) =>
        jaccardIndexOf(loadSetDigest(left), loadSetDigest(right)),
    },
  ],
})
