import { isEmpty } from '../../../values/geometry/shape.js'
import { scalarFunction } from '../../function-definition.js'
import { carrierOf, shapeOf } from '../../geometry/geometry-value.js'
import { nearestPoints } from '../../geometry/topology.js'

export const geometryNearestPoints = scalarFunction({
  name: 'geometry_nearest_points',
  description: 'The points of two geometries that are nearest to each other',
  overloads: [
    {
      args: ['geometry', 'geometry'],
      returns: 'row(geometry,geometry)',
      evaluate: (left: Uint8Array, right: Uint8Array) => {
        const [a, b] = [shapeOf(left), shapeOf(right)]
        return isEmpty(a) || isEmpty(b) ? null : nearestPoints(a, b).map(carrierOf)
      },
    },
  ],
})
