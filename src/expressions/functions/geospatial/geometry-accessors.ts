import type { Value } from '../../../spi/type/value.js'
import {
  dimensionOf,
  EMPTY_POLYGON,
  type Envelope,
  envelopeOf,
  envelopeShape,
  isClosed,
  isEmpty,
  type Path,
  pathsOf,
  point,
  type Shape,
  type ShapeKind,
} from '../../../values/geometry/shape.js'
import { type ScalarEvaluator, scalarFunction } from '../../function-definition.js'
import { carrierOf, onlyOf, shapeOf } from '../../geometry/geometry-value.js'
import { pointCount } from '../../geometry/measures.js'
import { isSimple } from '../../geometry/topology.js'

const accessor = (
  displayName: string,
  description: string,
  returns: string,
  read: (shape: Shape) => Value,
) =>
  scalarFunction({
    name: displayName.toLowerCase(),
    displayName,
    description,
    overloads: [
      { args: ['geometry'], returns, evaluate: (geometry: Uint8Array) => read(shapeOf(geometry)) },
    ],
  })

const nth = (
  displayName: string,
  description: string,
  read: (shape: Shape, index: number) => Shape | undefined,
) =>
  scalarFunction({
    name: displayName.toLowerCase(),
    displayName,
    description,
    overloads: [
      {
        args: ['geometry', 'integer'],
        returns: 'geometry',
        evaluate: ((geometry: Uint8Array, index: number) => {
          const found = index < 1 ? undefined : read(shapeOf(geometry), index - 1)
          return found === undefined ? null : carrierOf(found)
        }) satisfies ScalarEvaluator,
      },
    ],
  })

const ofEnvelope = (displayName: string, description: string, read: (box: Envelope) => number) =>
  accessor(displayName, description, 'double', (shape) => {
    const box = envelopeOf(shape)
    return box === undefined ? null : read(box)
  })

const TYPE_TEXTS: Readonly<Record<ShapeKind, string>> = {
  Point: 'ST_Point',
  LineString: 'ST_LineString',
  Polygon: 'ST_Polygon',
  MultiPoint: 'ST_MultiPoint',
  MultiLineString: 'ST_MultiLineString',
  MultiPolygon: 'ST_MultiPolygon',
  GeometryCollection: 'ST_GeomCollection',
}

const line = (path: Path): Shape => ({ kind: 'LineString', path })

/** The members of what may have several; a simple geometry is its only one. */
function partsOf(shape: Shape): readonly Shape[] {
  switch (shape.kind) {
    case 'MultiPoint':
      return shape.positions.map(([x, y]) => point(x, y))
    case 'MultiLineString':
      return shape.paths.map(line)
    case 'MultiPolygon':
      return shape.polygons.map((rings) => ({ kind: 'Polygon', rings }))
    case 'GeometryCollection':
      return shape.members
    default:
      return [shape]
  }
}

const end = (name: string, shape: Shape, index: 0 | -1): Value => {
  const position = onlyOf(name, shape, 'LineString').path.at(index)
  return position === undefined ? null : carrierOf(point(position[0], position[1]))
}

/** All positions, rings the other way round than in texts, as Trino gives them. */
const pointsOf = (shape: Shape): Value => {
  if (isEmpty(shape)) return null
  return orderedPaths(shape).flatMap((path) => path.map(([x, y]) => carrierOf(point(x, y))))
}

const orderedPaths = (shape: Shape): readonly Path[] => {
  if (shape.kind === 'GeometryCollection') return shape.members.flatMap(orderedPaths)
  const isArea = shape.kind === 'Polygon' || shape.kind === 'MultiPolygon'
  return [...pathsOf(shape)].map((path) => (isArea ? path.toReversed() : path))
}

/** Functions that read a part or a property of one geometry. */
export const geometryAccessors = [
  accessor('ST_X', 'The first coordinate of a point', 'double', (shape) => {
    return onlyOf('ST_X', shape, 'Point').position?.[0] ?? null
  }),
  accessor('ST_Y', 'The second coordinate of a point', 'double', (shape) => {
    return onlyOf('ST_Y', shape, 'Point').position?.[1] ?? null
  }),
  ofEnvelope('ST_XMin', 'The smallest first coordinate', (box) => box.xMin),
  ofEnvelope('ST_XMax', 'The largest first coordinate', (box) => box.xMax),
  ofEnvelope('ST_YMin', 'The smallest second coordinate', (box) => box.yMin),
  ofEnvelope('ST_YMax', 'The largest second coordinate', (box) => box.yMax),
  accessor('ST_CoordDim', 'The number of coordinates of a position', 'tinyint', () => 2),
  accessor(
    'ST_Dimension',
    'The dimension: 0 for points, 1 for lines, 2 for areas',
    'tinyint',
    dimensionOf,
  ),
  accessor('ST_GeometryType', 'The kind of a geometry', 'varchar', ({ kind }) => TYPE_TEXTS[kind]),
  accessor('ST_IsEmpty', 'Tells whether a geometry has no position', 'boolean', isEmpty),
  accessor('ST_IsClosed', 'Tells whether lines end where they begin', 'boolean', (shape) =>
    [...pathsOf(onlyOf('ST_IsClosed', shape, 'LineString', 'MultiLineString'))].every(isClosed),
  ),
  accessor(
    'ST_IsRing',
    'Tells whether a line is closed and does not meet itself',
    'boolean',
    (shape) => isClosed(onlyOf('ST_IsRing', shape, 'LineString').path) && isSimple(shape),
  ),
  accessor('ST_NumPoints', 'The number of positions', 'bigint', (shape) =>
    BigInt(pointCount(shape)),
  ),
  accessor('ST_NumGeometries', 'The number of members', 'integer', (shape) =>
    isEmpty(shape) ? 0 : partsOf(shape).length,
  ),
  accessor('ST_NumInteriorRing', 'The number of holes of a polygon', 'bigint', (shape) => {
    const { rings } = onlyOf('ST_NumInteriorRing', shape, 'Polygon')
    return rings.length === 0 ? null : BigInt(rings.length - 1)
  }),
  accessor('ST_InteriorRings', 'The holes of a polygon', 'array(geometry)', (shape) => {
    const { rings } = onlyOf('ST_InteriorRings', shape, 'Polygon')
    return rings.length === 0 ? null : rings.slice(1).map((ring) => carrierOf(line(ring)))
  }),
  accessor('ST_ExteriorRing', 'The outer ring of a polygon', 'geometry', (shape) => {
    const [ring] = onlyOf('ST_ExteriorRing', shape, 'Polygon').rings
    return ring === undefined ? null : carrierOf(line(ring))
  }),
  accessor('ST_Geometries', 'The members of a collection', 'array(geometry)', (shape) =>
    isEmpty(shape) ? null : partsOf(shape).map(carrierOf),
  ),
  accessor('ST_Points', 'All positions as points', 'array(geometry)', pointsOf),
  accessor('ST_StartPoint', 'The first point of a line', 'geometry', (shape) =>
    end('ST_StartPoint', shape, 0),
  ),
  accessor('ST_EndPoint', 'The last point of a line', 'geometry', (shape) =>
    end('ST_EndPoint', shape, -1),
  ),
  accessor('ST_Envelope', 'The bounding box as a polygon', 'geometry', (shape) => {
    const box = envelopeOf(shape)
    return carrierOf(box === undefined ? EMPTY_POLYGON : envelopeShape(box))
  }),
  accessor(
    'ST_EnvelopeAsPts',
    'The lower left and the upper right corner of the bounding box',
    'array(geometry)',
    (shape) => {
      const box = envelopeOf(shape)
      if (box === undefined) return null
      return [point(box.xMin, box.yMin), point(box.xMax, box.yMax)].map(carrierOf)
    },
  ),
  nth('ST_GeometryN', 'A member of a collection, counted from 1', (shape, index) =>
    isEmpty(shape) ? undefined : partsOf(shape)[index],
  ),
  nth('ST_PointN', 'A point of a line, counted from 1', (shape, index) => {
    const position = onlyOf('ST_PointN', shape, 'LineString').path[index]
    return position && point(position[0], position[1])
  }),
  nth('ST_InteriorRingN', 'A hole of a polygon, counted from 1', (shape, index) => {
    const ring = onlyOf('ST_InteriorRingN', shape, 'Polygon').rings[index + 1]
    return ring && line(ring)
  }),
]
