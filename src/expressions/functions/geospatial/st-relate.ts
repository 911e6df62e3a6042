import { scalarFunction } from '../../function-definition.js'
import { shapeOf } from '../../geometry/geometry-value.js'
import { relate } from '../../geometry/topology.js'

export const stRelate = scalarFunction({
  name: 'st_relate',
  displayName: 'ST_Relate',
  description: 'Tells whether the matrix of how two geometries intersect matches a pattern',
  overloads: [
    {
      args: ['geometry', 'geometry', 'varchar'],
      returns: 'boolean',
      evaluate: (left: Uint8Array, right: Uint8Array, pattern: string) =>
        relate(shapeOf(left), shapeOf(right), pattern),
    },
  ],
})
