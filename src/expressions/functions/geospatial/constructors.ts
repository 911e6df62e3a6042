import {
  envelopeOf,
  type Path,
  type Position,
  type Shape,
  samePosition,
} from '../../../values/geometry/shape.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { readGeoJson } from '../../geometry/geojson.js'
import {
  carrierOf,
  onlyOf,
  pointCarrier,
  shapeFromBinary,
  shapeFromText,
  shapeOf,
} from '../../geometry/geometry-value.js'
import { readHadoopShape } from '../../geometry/hadoop-shape.js'
import { readKml } from '../../geometry/kml.js'
import { decodePolyline } from '../../geometry/polyline.js'
import { checkLatitude, checkLongitude } from '../../geometry/sphere.js'

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

export const stPoint = scalarFunction({
  name: 'st_point',
  displayName: 'ST_Point',
  description: 'The point with two coordinates',
  overloads: [{ args: ['double', 'double'], returns: 'geometry', evaluate: pointCarrier }],
})

/** The positions of an array of points, none NULL or empty. */
function positionsOf(
  points: readonly (Uint8Array | null)[],
  name: string,
  wrongKind: (kind: string, index: number) => string,
): Path {
  return points.map((point, i): Position => {
    const at = `at index ${i + 1}`
    if (point === null) {
      return invalidArgument(
        `Invalid input to ${name}: null ${name === 'ST_LineString' ? 'point ' : ''}${at}`,
      )
    }
    const shape = shapeOf(point)
    if (shape.kind !== 'Point') return invalidArgument(wrongKind(shape.kind, i + 1))
    return shape.position ?? invalidArgument(`Invalid input to ${name}: empty point ${at}`)
  })
}

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

export const stMultiPoint = scalarFunction({
  name: 'st_multipoint',
  displayName: 'ST_MultiPoint',
  description: 'The multi-point of the points of an array',
  overloads: [
    {
      args: ['array(geometry)'],
      returns: 'geometry',
      evaluate: (points: readonly (Uint8Array | null)[]) => {
        const positions = positionsOf(
          points,
          'ST_MultiPoint',
          (kind, index) =>
            `Invalid input to ST_MultiPoint: geometry is not a point: ${kind} at index ${index}`,
        )
        return positions.length === 0 ? null : carrierOf({ kind: 'MultiPoint', positions })
      },
    },
  ],
})

export const toSphericalGeography = scalarFunction({
  name: 'to_spherical_geography',
  description: 'A geometry in degrees of longitude and latitude as one on the earth',
  overloads: [
    {
      args: ['geometry'],
      returns: 'sphericalgeography',
      evaluate: (geometry: Uint8Array) => {
        const box = envelopeOf(shapeOf(geometry))
        if (box !== undefined) {
          checkLatitude(box.yMin)
          checkLatitude(box.yMax)
          checkLongitude(box.xMin)
          checkLongitude(box.xMax)
        }
        return geometry
      },
    },
  ],
})

export const toGeometry = scalarFunction({
  name: 'to_geometry',
  description: 'A geography as a geometry in the plane of longitude and latitude',
  overloads: [
    {
      args: ['sphericalgeography'],
      returns: 'geometry',
      neverFails: true,
      evaluate: (geography: Uint8Array) => geography,
    },
  ],
})

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
