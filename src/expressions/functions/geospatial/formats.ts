import { writeWkt } from '../../../values/geometry/wkt.js'
import { scalarFunction } from '../../function-definition.js'
import { writeGeoJson } from '../../geometry/geojson.js'
import { onlyOf, shapeOf } from '../../geometry/geometry-value.js'
import { encodePolyline } from '../../geometry/polyline.js'

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

export const stAsBinary = scalarFunction({
  name: 'st_asbinary',
  displayName: 'ST_AsBinary',
  description: 'The well-known binary of a geometry, little endian',
  overloads: [
    { args: ['geometry'], returns: 'varbinary', evaluate: (geometry: Uint8Array) => geometry },
  ],
})

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
