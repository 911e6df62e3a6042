import { isEmpty } from '../../../values/geometry/shape.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { carrierOf, shapeOf } from '../../geometry/geometry-value.js'
import { buffer } from '../../geometry/topology.js'

export const stBuffer = scalarFunction({
  name: 'st_buffer',
  displayName: 'ST_Buffer',
  description: 'All points within a distance of a geometry',
  overloads: [
    {
      args: ['geometry', 'double'],
      returns: 'geometry',
      evaluate: (geometry: Uint8Array, distance: number) => {
        if (Number.isNaN(distance)) invalidArgument('distance is NaN')
        if (distance < 0) invalidArgument('distance is negative')
        if (distance === 0) return geometry
        const shape = shapeOf(geometry)
        return isEmpty(shape) ? null : carrierOf(buffer(shape, distance))
      },
    },
  ],
})
