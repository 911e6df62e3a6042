import type { Shape } from '../../../values/geometry/shape.js'
import { scalarFunction } from '../../function-definition.js'
import { carrierOf, shapeOf } from '../../geometry/geometry-value.js'
import { overlay, union } from '../../geometry/topology.js'

const operation = (
  displayName: string,
  description: string,
  compute: (left: Shape, right: Shape) => Shape,
) =>
  scalarFunction({
    name: displayName.toLowerCase(),
    displayName,
    description,
    overloads: [
      {
        args: ['geometry', 'geometry'],
        returns: 'geometry',
        evaluate: (left: Uint8Array, right: Uint8Array) =>
          carrierOf(compute(shapeOf(left), shapeOf(right))),
      },
    ],
  })

/** Set operations of two geometries. */
export const geometryOverlays = [
  operation('ST_Difference', 'The points of the first that the second has not', (left, right) =>
    overlay('difference', left, right),
  ),
  operation('ST_Intersection', 'The points that two geometries have in common', (left, right) =>
    overlay('intersection', left, right),
  ),
  operation('ST_SymDifference', 'The points that one of two geometries has', (left, right) =>
    overlay('symDifference', left, right),
  ),
  operation('ST_Union', 'The points of two geometries', (left, right) => union([left, right])),
]
