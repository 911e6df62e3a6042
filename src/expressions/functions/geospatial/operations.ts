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
import { centroid, interpolated } from '../../geometry/measures.js'
import {
  buffer,
  convexHull,
  invalidReason,
  isSimple,
  nearestPoints,
  overlay,
  simplify,
  union,
} from '../../geometry/topology.js'

const operation = (
  displayName: string,
  description: string,
  compute: (left: Shape, right: Shape) => Shape,
) =>
  scalarFunction({
    name: displayName.toLowerCase(),
    displayName,
    description,
    overloads: [
      {
        args: ['geometry', 'geometry'],
        returns: 'geometry',
        evaluate: (left: Uint8Array, right: Uint8Array) =>
          carrierOf(compute(shapeOf(left), shapeOf(right))),
      },
    ],
  })

/** Set operations of two geometries. */
export const geometryOverlays = [
  operation('ST_Difference', 'The points of the first that the second has not', (left, right) =>
    overlay('difference', left, right),
  ),
  operation('ST_Intersection', 'The points that two geometries have in common', (left, right) =>
    overlay('intersection', left, right),
  ),
  operation('ST_SymDifference', 'The points that one of two geometries has', (left, right) =>
    overlay('symDifference', left, right),
  ),
  operation('ST_Union', 'The points of two geometries', (left, right) => union([left, right])),
]

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

export const stBuffer = scalarFunction({
  name: 'st_buffer',
  displayName: 'ST_Buffer',
  description: 'All points within a distance of a geometry',
  overloads: [
    {
      args: ['geometry', 'double'],
      returns: 'geometry',
      evaluate: (geometry: Uint8Array, distance: number) => {
        if (Number.isNaN(distance)) invalidArgument('distance is NaN')
        if (distance < 0) invalidArgument('distance is negative')
        if (distance === 0) return geometry
        const shape = shapeOf(geometry)
        return isEmpty(shape) ? null : carrierOf(buffer(shape, distance))
      },
    },
  ],
})

export const simplifyGeometry = scalarFunction({
  name: 'simplify_geometry',
  description: 'A geometry with fewer positions, none of it farther off than a distance',
  overloads: [
    {
      args: ['geometry', 'double'],
      returns: 'geometry',
      evaluate: (geometry: Uint8Array, tolerance: number) => {
        if (Number.isNaN(tolerance)) invalidArgument('distanceTolerance is NaN')
        if (tolerance < 0) invalidArgument('distanceTolerance is negative')
        return tolerance === 0 ? geometry : carrierOf(simplify(shapeOf(geometry), tolerance))
      },
    },
  ],
})

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

export const geometryNearestPoints = scalarFunction({
  name: 'geometry_nearest_points',
  description: 'The points of two geometries that are nearest to each other',
  overloads: [
    {
      args: ['geometry', 'geometry'],
      returns: 'row(geometry,geometry)',
      evaluate: (left: Uint8Array, right: Uint8Array) => {
        const [a, b] = [shapeOf(left), shapeOf(right)]
        return isEmpty(a) || isEmpty(b) ? null : nearestPoints(a, b).map(carrierOf)
      },
    },
  ],
})

const MAX_POINTS = 1_000_000

function interpolate(geometry: Uint8Array, fraction: number, isRepeated: boolean) {
  const shape = shapeOf(geometry)
  if (isEmpty(shape)) return null
  const { path } = onlyOf('line_interpolate_point', shape, 'LineString')
  if (!(fraction >= 0 && fraction <= 1)) invalidArgument('fraction must be between 0 and 1')
  if (isRepeated && fraction > 0 && 1 / fraction > MAX_POINTS) {
    invalidArgument(`fraction makes more than ${MAX_POINTS} points: ${fraction}`)
  }
  return interpolated(path, fraction, isRepeated).map(([x, y]) => carrierOf(point(x, y)))
}

export const lineInterpolatePoint = scalarFunction({
  name: 'line_interpolate_point',
  description: 'The point at a fraction of the length of a line',
  overloads: [
    {
      args: ['geometry', 'double'],
      returns: 'geometry',
      evaluate: (line: Uint8Array, fraction: number) =>
        interpolate(line, fraction, false)?.[0] ?? null,
    },
  ],
})

export const lineInterpolatePoints = scalarFunction({
  name: 'line_interpolate_points',
  description: 'The points at the multiples of a fraction of the length of a line',
  overloads: [
    {
      args: ['geometry', 'double'],
      returns: 'array(geometry)',
      evaluate: (line: Uint8Array, fraction: number) => interpolate(line, fraction, true),
    },
  ],
})
