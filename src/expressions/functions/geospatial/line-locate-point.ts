import { isEmpty } from '../../../values/geometry/shape.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { shapeOf } from '../../geometry/geometry-value.js'
import { locateOnLine } from '../../geometry/topology.js'

export const lineLocatePoint = scalarFunction({
  name: 'line_locate_point',
  description: 'The place of a line nearest to a point, as a fraction of its length',
  overloads: [
    {
      args: ['geometry', 'geometry'],
      returns: 'double',
      evaluate: (lineGeometry: Uint8Array, pointGeometry: Uint8Array) => {
        const [line, point] = [shapeOf(lineGeometry), shapeOf(pointGeometry)]
        if (isEmpty(line) || isEmpty(point)) return null
        if (line.kind !== 'LineString' && line.kind !== 'MultiLineString') {
          return invalidArgument(
            `First argument to line_locate_point must be a LineString or a MultiLineString. Got: ${line.kind}`,
          )
        }
        if (point.kind !== 'Point') {
          return invalidArgument(
            `Second argument to line_locate_point must be a Point. Got: ${point.kind}`,
          )
        }
        return locateOnLine(line, point.position![0], point.position![1])
      },
    },
  ],
})
