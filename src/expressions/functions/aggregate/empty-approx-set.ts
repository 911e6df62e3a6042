import { scalarFunction } from '../../function-definition.js'
import { createHyperLogLog, serializeHyperLogLog } from '../../value/hyperloglog.js'
import { APPROX_SET_INDEX_BITS } from './hyperloglog-states.js'

export const emptyApproxSet = scalarFunction({
  name: 'empty_approx_set',
  description: 'The HyperLogLog sketch of nothing',
  overloads: [
    {
      args: [],
      returns: 'hyperloglog',
      evaluate: () => serializeHyperLogLog(createHyperLogLog(APPROX_SET_INDEX_BITS)),
    },
  ],
})
