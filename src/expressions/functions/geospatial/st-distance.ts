import { isEmpty } from '../../../values/geometry/shape.js'
import { scalarFunction } from '../../function-definition.js'
import { onlySphericalOf, shapeOf } from '../../geometry/geometry-value.js'
import { greatCircleKilometers } from '../../geometry/sphere.js'
import { distance } from '../../geometry/topology.js'

export const stDistance = scalarFunction({
  name: 'st_distance',
  displayName: 'ST_Distance',
  description:
    'The distance of two geometries in the plane, or of two points in meters on the earth',
  overloads: [
    {
      args: ['geometry', 'geometry'],
      returns: 'double',
      evaluate: (left: Uint8Array, right: Uint8Array) => {
        const [a, b] = [shapeOf(left), shapeOf(right)]
        if (isEmpty(a) || isEmpty(b)) return null
        if (a.kind === 'Point' && b.kind === 'Point') {
          const [from, to] = [a.position!, b.position!]
          return Math.sqrt((from[0] - to[0]) ** 2 + (from[1] - to[1]) ** 2)
        }
        return distance(a, b)
      },
    },
    {
      args: ['sphericalgeography', 'sphericalgeography'],
      returns: 'double',
      evaluate: (left: Uint8Array, right: Uint8Array) => {
        const [a, b] = [shapeOf(left), shapeOf(right)]
        if (isEmpty(a) || isEmpty(b)) return null
        const [x1, y1] = onlySphericalOf('ST_Distance', a, 'Point').position!
        const [x2, y2] = onlySphericalOf('ST_Distance', b, 'Point').position!
        return greatCircleKilometers(y1, x1, y2, x2) * 1000
      },
    },
  ],
})
