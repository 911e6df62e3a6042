import { scalarFunction } from '../../function-definition.js'
import { onlyOf, shapeOf } from '../../geometry/geometry-value.js'
import { encodePolyline } from '../../geometry/polyline.js'

export const toEncodedPolyline = scalarFunction({
  name: 'to_encoded_polyline',
  description: 'The encoded polyline of a line string or multi-point',
  overloads: [
    {
      args: ['geometry'],
      returns: 'varchar',
      evaluate: (geometry: Uint8Array) => {
        const shape = onlyOf('encode_polyline', shapeOf(geometry), 'MultiPoint', 'LineString')
        return encodePolyline(shape.kind === 'LineString' ? shape.path : shape.positions)
      },
    },
  ],
})
