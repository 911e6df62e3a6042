import { isEmpty, pathsOf } from '../../../values/geometry/shape.js'
import { scalarFunction } from '../../function-definition.js'
import { onlyOf, onlySphericalOf, shapeOf } from '../../geometry/geometry-value.js'
import { pathLength } from '../../geometry/measures.js'
import { sphericalLength } from '../../geometry/sphere.js'

export const stLength = scalarFunction({
  name: 'st_length',
  displayName: 'ST_Length',
  description: 'The length of lines in the plane, or in meters on the earth',
  overloads: [
    {
      args: ['geometry'],
      returns: 'double',
      evaluate: (geometry: Uint8Array) => {
        const shape = onlyOf('ST_Length', shapeOf(geometry), 'LineString', 'MultiLineString')
        return [...pathsOf(shape)].reduce((sum, path) => sum + pathLength(path), 0)
      },
    },
    {
      args: ['sphericalgeography'],
      returns: 'double',
      evaluate: (geography: Uint8Array) => {
        const shape = shapeOf(geography)
        if (isEmpty(shape)) return null
        return sphericalLength([
          ...pathsOf(onlySphericalOf('ST_Length', shape, 'LineString', 'MultiLineString')),
        ])
      },
    },
  ],
})
