import { samePosition } from '../../../values/geometry/shape.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { carrierOf } from '../../geometry/geometry-value.js'
import { positionsOf } from './point-arrays.js'

export const stLineString = scalarFunction({
  name: 'st_linestring',
  displayName: 'ST_LineString',
  description: 'The line string through the points of an array',
  overloads: [
    {
      args: ['array(geometry)'],
      returns: 'geometry',
      evaluate: (points: readonly (Uint8Array | null)[]) => {
        const path = positionsOf(
          points,
          'ST_LineString',
          (kind) => `ST_LineString takes only an array of valid points, ${kind} was passed`,
        )
        const twice = path.findIndex((p, i) => i > 0 && samePosition(p, path[i - 1]!))
        if (twice > 0) {
          invalidArgument(
            `Invalid input to ST_LineString: consecutive duplicate points at index ${twice + 1}`,
          )
        }
        // A single point makes no line.
        return carrierOf({ kind: 'LineString', path: path.length < 2 ? [] : path })
      },
    },
  ],
})
