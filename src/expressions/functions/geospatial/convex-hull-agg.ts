import type { Shape } from '../../../values/geometry/shape.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { convexHull } from '../../geometry/topology.js'
import { gathering } from './gathered-geometries.js'

const hullOf = (shapes: readonly Shape[]): Shape =>
  convexHull(shapes.length === 1 ? shapes[0]! : { kind: 'GeometryCollection', members: shapes })

export const convexHullAgg = aggregateFunction({
  name: 'convex_hull_agg',
  description: 'The smallest convex geometry around all geometries',
  overloads: [
    aggregateOverload({
      args: ['geometry'],
      returns: 'geometry',
      intermediate: 'geometry',
      ignoresDuplicates: true,
      bind: () => gathering(hullOf),
    }),
  ],
})
