import { scalarFunction } from '../../function-definition.js'
import { carrierOf } from '../../geometry/geometry-value.js'
import { positionsOf } from './point-arrays.js'

export const stMultiPoint = scalarFunction({
  name: 'st_multipoint',
  displayName: 'ST_MultiPoint',
  description: 'The multi-point of the points of an array',
  overloads: [
    {
      args: ['array(geometry)'],
      returns: 'geometry',
      evaluate: (points: readonly (Uint8Array | null)[]) => {
        const positions = positionsOf(
          points,
          'ST_MultiPoint',
          (kind, index) =>
            `Invalid input to ST_MultiPoint: geometry is not a point: ${kind} at index ${index}`,
        )
        return positions.length === 0 ? null : carrierOf({ kind: 'MultiPoint', positions })
      },
    },
  ],
})
