import { scalarFunction } from '../../function-definition.js'
import { writeGeoJson } from '../../geometry/geojson.js'
import { shapeOf } from '../../geometry/geometry-value.js'

export const toGeoJson = scalarFunction({
  name: 'to_geojson_geometry',
  description: 'The GeoJSON of a geography',
  overloads: [
    {
      args: ['sphericalgeography'],
      returns: 'varchar',
      evaluate: (geography: Uint8Array) => writeGeoJson(shapeOf(geography)),
    },
  ],
})
