import { writeWkt } from '../../../values/geometry/wkt.js'
import { scalarFunction } from '../../function-definition.js'
import { shapeOf } from '../../geometry/geometry-value.js'

export const stAsText = scalarFunction({
  name: 'st_astext',
  displayName: 'ST_AsText',
  description: 'The well-known text of a geometry',
  overloads: [
    {
      args: ['geometry'],
      returns: 'varchar',
      evaluate: (geometry: Uint8Array) => writeWkt(shapeOf(geometry)),
    },
  ],
})
