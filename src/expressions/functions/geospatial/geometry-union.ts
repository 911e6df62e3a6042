import { scalarFunction } from '../../function-definition.js'
import { carrierOf, shapeOf } from '../../geometry/geometry-value.js'
import { union } from '../../geometry/topology.js'

export const geometryUnion = scalarFunction({
  name: 'geometry_union',
  description: 'The points of all geometries of an array',
  overloads: [
    {
      args: ['array(geometry)'],
      returns: 'geometry',
      evaluate: (geometries: readonly (Uint8Array | null)[]) =>
        geometries.length === 0
          ? null
          : carrierOf(union(geometries.flatMap((g) => (g === null ? [] : [shapeOf(g)])))),
    },
  ],
})
