import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { union } from '../../geometry/topology.js'
import { gathering } from './gathered-geometries.js'

export const geometryUnionAgg = aggregateFunction({
  name: 'geometry_union_agg',
  description: 'The points of all geometries',
  overloads: [
    aggregateOverload({
      args: ['geometry'],
      returns: 'geometry',
      intermediate: 'geometry',
      ignoresDuplicates: true,
      bind: () => gathering(union),
    }),
  ],
})
