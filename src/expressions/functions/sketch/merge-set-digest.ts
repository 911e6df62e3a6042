import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { mergeSetDigest } from '../../value/set-digest.js'
import { loadSetDigest, setDigestAccumulator } from './set-digest.js'

export const mergeSetDigests = aggregateFunction({
  name: 'merge_set_digest',
  description: 'The set digest of all that set digests were made of',
  overloads: [
    aggregateOverload({
      args: ['setdigest'],
      returns: 'setdigest',
      intermediate: 'setdigest',
      bind: () =>
        setDigestAccumulator((state, value) => {
          const digest = loadSetDigest(value)
          return state === null ? digest : mergeSetDigest(state, digest)
        }),
    }),
  ],
})
