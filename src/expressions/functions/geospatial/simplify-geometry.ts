import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { carrierOf, shapeOf } from '../../geometry/geometry-value.js'
import { simplify } from '../../geometry/topology.js'

export const simplifyGeometry = scalarFunction({
  name: 'simplify_geometry',
  description: 'A geometry with fewer positions, none of it farther off than a distance',
  overloads: [
    {
      args: ['geometry', 'double'],
      returns: 'geometry',
      evaluate: (geometry: Uint8Array, tolerance: number) => {
        if (Number.isNaN(tolerance)) invalidArgument('distanceTolerance is NaN')
        if (tolerance < 0) invalidArgument('distanceTolerance is negative')
        return tolerance === 0 ? geometry : carrierOf(simplify(shapeOf(geometry), tolerance))
      },
    },
  ],
})
