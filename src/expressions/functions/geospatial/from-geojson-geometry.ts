import { scalarFunction } from '../../function-definition.js'
import { readGeoJson } from '../../geometry/geojson.js'
import { carrierOf } from '../../geometry/geometry-value.js'

export const fromGeoJson = scalarFunction({
  name: 'from_geojson_geometry',
  description: 'The geography of a geometry of GeoJSON',
  overloads: [
    {
      args: ['varchar'],
      returns: 'sphericalgeography',
      evaluate: (text: string) => carrierOf(readGeoJson(text)),
    },
  ],
})
