import { envelopeOf } from '../../../values/geometry/shape.js'
import { scalarFunction } from '../../function-definition.js'
import { shapeOf } from '../../geometry/geometry-value.js'
import { checkLatitude, checkLongitude } from '../../geometry/sphere.js'

export const toSphericalGeography = scalarFunction({
  name: 'to_spherical_geography',
  description: 'A geometry in degrees of longitude and latitude as one on the earth',
  overloads: [
    {
      args: ['geometry'],
      returns: 'sphericalgeography',
      evaluate: (geometry: Uint8Array) => {
        const box = envelopeOf(shapeOf(geometry))
        if (box !== undefined) {
          checkLatitude(box.yMin)
          checkLatitude(box.yMax)
          checkLongitude(box.xMin)
          checkLongitude(box.xMax)
        }
        return geometry
      },
    },
  ],
})
