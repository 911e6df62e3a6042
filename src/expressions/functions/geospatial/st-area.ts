import { isEmpty } from '../../../values/geometry/shape.js'
import { scalarFunction } from '../../function-definition.js'
import { onlySphericalOf, shapeOf } from '../../geometry/geometry-value.js'
import { areaOf } from '../../geometry/measures.js'
import { sphericalArea } from '../../geometry/sphere.js'

export const stArea = scalarFunction({
  name: 'st_area',
  displayName: 'ST_Area',
  description: 'The area of a geometry in the plane, or in square meters of the earth',
  overloads: [
    {
      args: ['geometry'],
      returns: 'double',
      evaluate: (geometry: Uint8Array) => areaOf(shapeOf(geometry)),
    },
    {
      args: ['sphericalgeography'],
      returns: 'double',
      evaluate: (geography: Uint8Array) => {
        const shape = shapeOf(geography)
        if (isEmpty(shape)) return null
        return sphericalArea(onlySphericalOf('ST_Area', shape, 'Polygon', 'MultiPolygon'))
      },
    },
  ],
})
