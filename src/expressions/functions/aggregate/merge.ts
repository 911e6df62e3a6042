import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import { digestMerges } from '../sketch/quantile-digests.js'
import { loadSketch, merged, type Sketch, stored } from './hyperloglog-states.js'

export const merge = aggregateFunction({
  name: 'merge',
  description: 'The sketch of all that sketches were made of',
  overloads: [
    ...digestMerges,
    aggregateOverload({
      args: ['hyperloglog'],
      returns: 'hyperloglog',
      intermediate: 'hyperloglog',
      ignoresDuplicates: true,
      bind: (): Accumulator<Sketch> => ({
        create: () => null,
        add: (state, value) => merged(state, loadSketch(value!)),
        combine: merged,
        ...stored,
        finish: stored.serialize,
        byteSize: () => 4096,
      }),
    }),
  ],
})
