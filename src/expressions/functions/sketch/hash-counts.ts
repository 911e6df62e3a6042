import { scalarFunction } from '../../function-definition.js'
import { hashCountsOf } from '../../value/set-digest.js'
import { loadSetDigest } from './set-digest.js'

export const hashCounts = scalarFunction({
  name: 'hash_counts',
  description: 'The hashes a set digest holds with the number of times each was added',
  overloads: [
    {
      args: ['setdigest'],
      returns: 'map(bigint,smallint)',
      evaluate: (value: Uint8Array) => {
        const entries = hashCountsOf(loadSetDigest(value))
        return { keys: entries.map(([hash]) => hash), values: entries.map(([, times]) => times) }
      },
    },
  ],
})
