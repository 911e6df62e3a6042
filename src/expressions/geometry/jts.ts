import { createRequire } from 'node:module'
import { MillraceError } from '../../spi/error.js'
import {
  doubleArea,
  orientRings,
  type Path,
  type Position,
  type Shape,
} from '../../values/geometry/shape.js'

/** What is used of a geometry of jsts. */
export interface JtsGeometry {
  getGeometryType(): string
  getNumGeometries(): number
  getGeometryN(index: number): JtsGeometry
  isEmpty(): boolean
  getLength(): number
  getCoordinates(): readonly JtsCoordinate[]
}
interface JtsPolygon extends JtsGeometry {
  getExteriorRing(): JtsGeometry
  getNumInteriorRing(): number
  getInteriorRingN(index: number): JtsGeometry
}
export interface JtsCoordinate {
  readonly x: number
  readonly y: number
}
interface GeometryFactory {
  createPoint(position?: JtsCoordinate): JtsGeometry
  createLineString(path: readonly JtsCoordinate[]): JtsGeometry
  createLinearRing(path: readonly JtsCoordinate[]): JtsGeometry
  createPolygon(shell: JtsGeometry, holes: readonly JtsGeometry[]): JtsGeometry
  createMultiPoint(points: readonly JtsGeometry[]): JtsGeometry
  createMultiLineString(lines: readonly JtsGeometry[]): JtsGeometry
  createMultiPolygon(polygons: readonly JtsGeometry[]): JtsGeometry
  createGeometryCollection(members: readonly JtsGeometry[]): JtsGeometry
}
type Predicate = (left: JtsGeometry, right: JtsGeometry) => boolean
type Overlay = (left: JtsGeometry, right: JtsGeometry) => JtsGeometry

/** The classes of jsts that are used, under their names there. */
export interface Jts {
  readonly factory: GeometryFactory
  readonly Coordinate: new (x: number, y: number) => JtsCoordinate
  readonly RelateOp: {
    readonly contains: Predicate
    readonly crosses: Predicate
    readonly equalsTopo: Predicate
    readonly intersects: Predicate
    readonly overlaps: Predicate
    readonly touches: Predicate
    relate(left: JtsGeometry, right: JtsGeometry): { matches(pattern: string): boolean }
  }
  readonly Overlay: Readonly<
    Record<'union' | 'intersection' | 'difference' | 'symDifference', Overlay>
  >
  readonly UnaryUnionOp: { union(geometry: JtsGeometry): JtsGeometry | null }
  readonly BufferOp: {
    bufferOp(geometry: JtsGeometry, distance: number, quadrantSegments: number): JtsGeometry
  }
  readonly DistanceOp: {
    distance(left: JtsGeometry, right: JtsGeometry): number
    nearestPoints(left: JtsGeometry, right: JtsGeometry): readonly [JtsCoordinate, JtsCoordinate]
  }
  readonly Simplifier: { simplify(geometry: JtsGeometry, tolerance: number): JtsGeometry }
  readonly ConvexHull: new (geometry: JtsGeometry) => { getConvexHull(): JtsGeometry }
  readonly IsValidOp: new (
    geometry: JtsGeometry,
  ) => { getValidationError(): { getMessage(): string; getCoordinate(): JtsCoordinate } | null }
  readonly IsSimpleOp: new (
    geometry: JtsGeometry,
  ) => { isSimple(): boolean; getNonSimpleLocation(): JtsCoordinate | null }
  readonly LengthIndexedLine: new (
    line: JtsGeometry,
  ) => { indexOf(position: JtsCoordinate): number }
}

let loaded: Jts | undefined

/**
 * The library of plane topology, loaded by the first function that needs it. Expressions are evaluated synchronously, so it
 * is loaded so too.
 * @throws CONFIGURATION_INVALID where jsts is not installed
 */
export function jts(): Jts {
  loaded ??= load()
  return loaded
}

function load(): Jts {
  const require = createRequire(import.meta.url)
  const classOf = <T>(path: string): T => {
    const loadedModule: unknown = require(`jsts/org/locationtech/jts/${path}.js`)
    return (loadedModule as { readonly default: T }).default
  }
  try {
    const Factory = classOf<new () => GeometryFactory>('geom/GeometryFactory')
    return {
      factory: new Factory(),
      Coordinate: classOf('geom/Coordinate'),
      RelateOp: classOf('operation/relate/RelateOp'),
      Overlay: classOf('operation/overlay/snap/SnapIfNeededOverlayOp'),
      UnaryUnionOp: classOf('operation/union/UnaryUnionOp'),
      BufferOp: classOf('operation/buffer/BufferOp'),
      DistanceOp: classOf('operation/distance/DistanceOp'),
      Simplifier: classOf('simplify/TopologyPreservingSimplifier'),
      ConvexHull: classOf('algorithm/ConvexHull'),
      IsValidOp: classOf('operation/valid/IsValidOp'),
      IsSimpleOp: classOf('operation/IsSimpleOp'),
      LengthIndexedLine: classOf('linearref/LengthIndexedLine'),
    }
  } catch (cause) {
    throw new MillraceError('CONFIGURATION_INVALID', 'Geometry functions need the package jsts', {
      hint: 'npm install jsts',
      cause,
    })
  }
}

/** Makes jsts' geometry of a shape. */
export function toJts(shape: Shape): JtsGeometry {
  const { factory, Coordinate } = jts()
  const at = ([x, y]: Position): JtsCoordinate => new Coordinate(x, y)
  const pointOf = (position: Position): JtsGeometry => factory.createPoint(at(position))
  const lineOf = (path: Path): JtsGeometry => factory.createLineString(path.map(at))
  const polygonOf = (rings: readonly Path[]): JtsGeometry => {
    const [shell, ...holes] = rings.map((ring) => factory.createLinearRing(ring.map(at)))
    return factory.createPolygon(shell ?? factory.createLinearRing([]), holes)
  }
  switch (shape.kind) {
    case 'Point':
      return shape.position === undefined ? factory.createPoint() : pointOf(shape.position)
    case 'LineString':
      return lineOf(shape.path)
    case 'Polygon':
      return polygonOf(shape.rings)
    case 'MultiPoint':
      return factory.createMultiPoint(shape.positions.map(pointOf))
    case 'MultiLineString':
      return factory.createMultiLineString(shape.paths.map(lineOf))
    case 'MultiPolygon':
      return factory.createMultiPolygon(shape.polygons.map(polygonOf))
    case 'GeometryCollection':
      return factory.createGeometryCollection(shape.members.map(toJts))
  }
}

export const positionOf = ({ x, y }: JtsCoordinate): Position => [x, y]
const pathOf = (geometry: JtsGeometry): Path => geometry.getCoordinates().map(positionOf)

function ringsOf(polygon: JtsPolygon): readonly Path[] {
  if (polygon.isEmpty()) return []
  const rings = [pathOf(polygon.getExteriorRing())]
  for (let i = 0; i < polygon.getNumInteriorRing(); i++) {
    rings.push(pathOf(polygon.getInteriorRingN(i)))
  }
  return orientRings(rings)
}

const membersOf = (geometry: JtsGeometry): JtsGeometry[] =>
  Array.from({ length: geometry.getNumGeometries() }, (_, i) => geometry.getGeometryN(i))

/** Makes a shape of jsts' geometry. */
export function fromJts(geometry: JtsGeometry): Shape {
  const kind = geometry.getGeometryType()
  switch (kind) {
    case 'Point':
      return { kind, position: pathOf(geometry)[0] }
    case 'LineString':
    case 'LinearRing':
      return { kind: 'LineString', path: pathOf(geometry) }
    case 'Polygon':
      return { kind, rings: ringsOf(geometry as JtsPolygon) }
    case 'MultiPoint':
      return { kind, positions: pathOf(geometry) }
    case 'MultiLineString':
      return { kind, paths: membersOf(geometry).map(pathOf) }
    case 'MultiPolygon':
      return { kind, polygons: membersOf(geometry).map((g) => ringsOf(g as JtsPolygon)) }
    default:
      return { kind: 'GeometryCollection', members: membersOf(geometry).map(fromJts) }
  }
}

const before = (a: Position, b: Position): number => a[1] - b[1] || a[0] - b[0]
const lowest = (path: Path): Position => path.reduce((low, p) => (before(p, low) < 0 ? p : low))

/** The same ring from its lowest, there leftmost, position on. */
function fromLowest(ring: Path): Path {
  if (doubleArea(ring) === 0) return ring
  const start = ring.indexOf(lowest(ring.slice(0, -1)))
  return [...ring.slice(start, -1), ...ring.slice(0, start), ring[start]!]
}

const byLowest = (a: Path, b: Path): number => before(lowest(a), lowest(b))

/** Puts the parts of a result in Trino's order, from the lowest position up, so that texts of results are alike. */
export function arranged(shape: Shape): Shape {
  switch (shape.kind) {
    case 'Polygon':
      return { kind: 'Polygon', rings: shape.rings.map(fromLowest) }
    case 'MultiPoint':
      return { kind: 'MultiPoint', positions: shape.positions.toSorted(before) }
    case 'MultiLineString':
      return { kind: 'MultiLineString', paths: shape.paths.toSorted(byLowest) }
    case 'MultiPolygon': {
      const polygons = shape.polygons.map((rings) => rings.map(fromLowest))
      return { kind: 'MultiPolygon', polygons: polygons.sort((a, b) => byLowest(a[0]!, b[0]!)) }
    }
    case 'GeometryCollection':
      return { kind: 'GeometryCollection', members: shape.members.map(arranged) }
    default:
      return shape
  }
}
