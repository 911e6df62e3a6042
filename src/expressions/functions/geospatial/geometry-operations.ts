import {
  EMPTY_POINT,
  isClosed,
  isEmpty,
  type Path,
  type Position,
  point,
  type Shape,
} from '../../../values/geometry/shape.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { carrierOf, onlyOf, shapeOf } from '../../geometry/geometry-value.js'
import { centroid } from '../../geometry/measures.js'
import { convexHull, invalidReason, isSimple } from '../../geometry/topology.js'

const ofOne = (
  displayName: string,
  description: string,
  returns: string,
  evaluate: (shape: Shape, geometry: Uint8Array) => Uint8Array | string | boolean | null,
) =>
  scalarFunction({
    name: displayName.toLowerCase(),
    displayName,
    description,
    overloads: [
      {
        args: ['geometry'],
        returns,
        evaluate: (geometry: Uint8Array) => evaluate(shapeOf(geometry), geometry),
      },
    ],
  })

const pointOrEmpty = (position: Position | undefined): Shape =>
  position === undefined ? EMPTY_POINT : point(position[0], position[1])

/** Ends of lines that an odd number of lines end at. @source OGC 06-103r4, 6.1.6.1: the mod-2 rule */
function lineBoundary(paths: readonly Path[]): Shape {
  const ends = new Map<string, { position: Position; isOdd: boolean }>()
  for (const path of paths) {
    if (path.length === 0 || isClosed(path)) continue
    for (const position of [path[0]!, path[path.length - 1]!]) {
      const key = position.join(' ')
      ends.set(key, { position, isOdd: !(ends.get(key)?.isOdd ?? false) })
    }
  }
  const positions = [...ends.values()].filter((e) => e.isOdd).map((e) => e.position)
  return { kind: 'MultiPoint', positions }
}

function boundary(shape: Shape): Shape {
  switch (shape.kind) {
    case 'Point':
    case 'MultiPoint':
      return { kind: 'MultiPoint', positions: [] }
    case 'LineString':
      return lineBoundary([shape.path])
    case 'MultiLineString':
      return lineBoundary(shape.paths)
    case 'Polygon':
      return { kind: 'MultiLineString', paths: shape.rings }
    case 'MultiPolygon':
      return { kind: 'MultiLineString', paths: shape.polygons.flat() }
    case 'GeometryCollection':
      return invalidArgument('ST_Boundary does not apply to GEOMETRY_COLLECTION')
  }
}

/** Functions of one geometry that make another of it, or say whether it is well formed. */
export const geometryOperations = [
  ofOne('ST_Boundary', 'The boundary of a geometry', 'geometry', (shape) =>
    carrierOf(boundary(shape)),
  ),
  ofOne('ST_Centroid', 'The center of mass', 'geometry', (shape) =>
    carrierOf(
      pointOrEmpty(
        centroid(
          onlyOf(
            'ST_Centroid',
            shape,
            'Point',
            'MultiPoint',
            'LineString',
            'MultiLineString',
            'Polygon',
            'MultiPolygon',
          ),
        ),
      ),
    ),
  ),
  ofOne('ST_ConvexHull', 'The smallest convex geometry around', 'geometry', (shape, geometry) =>
    isEmpty(shape) || shape.kind === 'Point' ? geometry : carrierOf(convexHull(shape)),
  ),
  ofOne('ST_IsSimple', 'Tells whether a geometry does not meet itself', 'boolean', isSimple),
  ofOne('ST_IsValid', 'Tells whether a geometry is well formed', 'boolean', (shape) => {
    return invalidReason(shape) === undefined
  }),
  ofOne(
    'geometry_invalid_reason',
    'Why a geometry is not well formed; NULL if it is',
    'varchar',
    (shape) => invalidReason(shape) ?? null,
  ),
]
