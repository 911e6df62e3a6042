import type { Shape } from '../../../values/geometry/shape.js'
import { scalarFunction } from '../../function-definition.js'
import { carrierOf, onlyOf, shapeFromBinary, shapeFromText } from '../../geometry/geometry-value.js'
import { readHadoopShape } from '../../geometry/hadoop-shape.js'
import { readKml } from '../../geometry/kml.js'
import { decodePolyline } from '../../geometry/polyline.js'

const reader = (
  name: string,
  displayName: string,
  description: string,
  arg: 'varchar' | 'varbinary',
  read: (input: never) => Shape,
) =>
  scalarFunction({
    name,
    displayName,
    description,
    overloads: [
      {
        args: [arg],
        returns: 'geometry',
        evaluate: (input: never) => carrierOf(read(input)),
      },
    ],
  })

/** Functions that read a geometry from a text or bytes. */
export const geometryReaders = [
  reader(
    'st_geometryfromtext',
    'ST_GeometryFromText',
    'The geometry of a well-known text',
    'varchar',
    (text: string) => shapeFromText(text),
  ),
  reader(
    'st_linefromtext',
    'ST_LineFromText',
    'The line string of a well-known text',
    'varchar',
    (text: string) => onlyOf('ST_LineFromText', shapeFromText(text), 'LineString'),
  ),
  reader(
    'st_polygon',
    'ST_Polygon',
    'The polygon of a well-known text',
    'varchar',
    (text: string) => onlyOf('ST_Polygon', shapeFromText(text), 'Polygon'),
  ),
  reader(
    'st_geomfrombinary',
    'ST_GeomFromBinary',
    'The geometry of a well-known binary',
    'varbinary',
    (bytes: Uint8Array) => shapeFromBinary(bytes),
  ),
  reader(
    'st_geomfromkml',
    'ST_GeomFromKML',
    'The geometry of an element of KML',
    'varchar',
    (text: string) => readKml(text),
  ),
  reader(
    'geometry_from_hadoop_shape',
    'geometry_from_hadoop_shape',
    'The geometry of a shape of the Spatial Framework for Hadoop',
    'varbinary',
    (bytes: Uint8Array) => readHadoopShape(bytes),
  ),
  reader(
    'from_encoded_polyline',
    'from_encoded_polyline',
    'The line string of an encoded polyline',
    'varchar',
    (text: string): Shape => ({ kind: 'LineString', path: decodePolyline(text) }),
  ),
]
