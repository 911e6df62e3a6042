import {
  dimensionOf,
  EMPTY_POINT,
  isEmpty,
  leavesOf,
  point,
  type Shape,
} from '../../values/geometry/shape.js'
import { invalidArgument } from '../errors.js'
import { arranged, fromJts, type Jts, type JtsGeometry, jts, positionOf, toJts } from './jts.js'

export type Relation = 'contains' | 'crosses' | 'equals' | 'intersects' | 'overlaps' | 'touches'
type OverlayKind = 'intersection' | 'difference' | 'symDifference'

/** Segments of a quarter of a circle in buffers, as many as Trino has. */
const QUADRANT_SEGMENTS = 24

/** jsts raises its own exceptions, for geometries that are not valid. */
function guarded<T>(compute: (library: Jts) => T): T {
  const library = jts()
  try {
    return compute(library)
  } catch (error) {
    return invalidArgument(
      `Invalid geometry: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

const EMPTY_COLLECTION: Shape = { kind: 'GeometryCollection', members: [] }

/** A collection as a shape of one dimension, if it has one: what relations and overlays are defined for. */
function homogeneous(shape: Shape): Shape | undefined {
  if (shape.kind !== 'GeometryCollection') return shape
  const united = union([shape])
  return united.kind === 'GeometryCollection' && united.members.length > 0 ? undefined : united
}

const RELATIONS: {
  readonly [R in Relation]: (relate: Jts['RelateOp'], a: JtsGeometry, b: JtsGeometry) => boolean
} = {
  contains: (relate, a, b) => relate.contains(a, b),
  crosses: (relate, a, b) => relate.crosses(a, b),
  equals: (relate, a, b) => relate.equalsTopo(a, b),
  intersects: (relate, a, b) => relate.intersects(a, b),
  overlaps: (relate, a, b) => relate.overlaps(a, b),
  touches: (relate, a, b) => relate.touches(a, b),
}

/**
 * Whether two shapes stand in a relation; nothing does with what is empty.
 * @throws INVALID_FUNCTION_ARGUMENT for what is not valid, and collections of several dimensions but in `intersects` and `contains`
 * @source OGC 06-103r4, 6.1.15
 */
export function related(relation: Relation, left: Shape, right: Shape): boolean {
  if (isEmpty(left) || isEmpty(right)) return false
  const a = homogeneous(left)
  const b = homogeneous(right)
  if (a !== undefined && b !== undefined) {
    return guarded(({ RelateOp }) => RELATIONS[relation](RelateOp, toJts(a), toJts(b)))
  }
  const lefts = [...leavesOf(left)]
  const rights = [...leavesOf(right)]
  if (relation === 'intersects') {
    return lefts.some((l) => rights.some((r) => related(relation, l, r)))
  }
  if (relation === 'contains') {
    return rights.every((r) => lefts.some((l) => related(relation, l, r)))
  }
  return invalidArgument(`Collections of several dimensions have no relation: ${relation}`)
}

/** Whether the matrix of two shapes matches a pattern of nine of `T`, `F`, `*`, `0`, `1` and `2`. */
export function relate(left: Shape, right: Shape, pattern: string): boolean {
  if (pattern.length !== 9) {
    invalidArgument(`relation string length has to be 9 characters: ${pattern}`)
  }
  if (!/^[TF*012]{9}$/.test(pattern)) invalidArgument(`relation string: ${pattern}`)
  const a = homogeneous(left)
  const b = homogeneous(right)
  if (a === undefined || b === undefined) {
    return invalidArgument('Collections of several dimensions have no relation')
  }
  return guarded(({ RelateOp }) => RelateOp.relate(toJts(a), toJts(b)).matches(pattern))
}

/** What an overlay without any point is, in Trino by the kinds of what it was asked of. */
function nothing(kind: OverlayKind, left: Shape): Shape {
  if (kind === 'intersection') return { kind: 'MultiPolygon', polygons: [] }
  const dimension = dimensionOf(left)
  if (dimension === 0) return EMPTY_POINT
  return dimension === 1
    ? { kind: 'MultiLineString', paths: [] }
    : { kind: 'MultiPolygon', polygons: [] }
}

/** Set operations of two shapes; of a symmetric difference of several dimensions the larger one is left, as in Trino. */
export function overlay(kind: OverlayKind, left: Shape, right: Shape): Shape {
  const a = homogeneous(left)
  const b = homogeneous(right)
  if (a === undefined || b === undefined) {
    return invalidArgument(`Collections of several dimensions have no ${kind}`)
  }
  const result = guarded(({ Overlay }) => fromJts(Overlay[kind](toJts(a), toJts(b))))
  if (isEmpty(result)) return nothing(kind, left)
  return arranged(kind === 'symDifference' ? highest(result) : result)
}

function highest(shape: Shape): Shape {
  if (shape.kind !== 'GeometryCollection') return shape
  const dimension = dimensionOf(shape)
  return union([...leavesOf(shape)].filter((leaf) => dimensionOf(leaf) === dimension))
}

/** The union of leaves of one dimension. */
function unionOfDimension(leaves: readonly Shape[]): Shape | undefined {
  const present = leaves.filter((leaf) => !isEmpty(leaf))
  if (present.length === 0) return undefined
  return guarded(({ factory, UnaryUnionOp }) => {
    const united = UnaryUnionOp.union(factory.createGeometryCollection(present.map(toJts)))
    return united === null ? undefined : arranged(fromJts(united))
  })
}

/**
 * The union of shapes: of each dimension, less what higher ones cover; several dimensions are a collection.
 * Nothing at all is an empty collection; what is empty keeps its kind where there is nothing else.
 */
export function union(shapes: readonly Shape[]): Shape {
  const leaves = shapes.flatMap((shape) => [...leavesOf(shape)])
  const united = [0, 1, 2].map((d) => unionOfDimension(leaves.filter((l) => dimensionOf(l) === d)))
  const outputs: Shape[] = []
  for (const [dimension, part] of united.entries()) {
    if (part === undefined) continue
    const rest = united
      .slice(dimension + 1)
      .reduce<Shape>((left, cover) => (cover === undefined ? left : uncovered(left, cover)), part)
    if (!isEmpty(rest)) outputs.push(rest)
  }
  if (outputs.length === 1) return outputs[0]!
  if (outputs.length > 1) return { kind: 'GeometryCollection', members: outputs }
  return leaves[0] ?? EMPTY_COLLECTION
}

const uncovered = (shape: Shape, cover: Shape): Shape =>
  isEmpty(shape) ? shape : overlay('difference', shape, cover)

/** @param distance greater than 0 */
export const buffer = (shape: Shape, distance: number): Shape =>
  guarded(({ BufferOp }) => {
    const united = shape.kind === 'GeometryCollection' ? union([shape]) : shape
    return fromJts(BufferOp.bufferOp(toJts(united), distance, QUADRANT_SEGMENTS))
  })

export const convexHull = (shape: Shape): Shape =>
  guarded(({ ConvexHull }) => arranged(fromJts(new ConvexHull(toJts(shape)).getConvexHull())))

/** @param left and right, neither of them empty */
export const distance = (left: Shape, right: Shape): number =>
  guarded(({ DistanceOp }) => DistanceOp.distance(toJts(left), toJts(right)))

/** The positions of two shapes, neither empty, that are nearest to each other. */
export const nearestPoints = (left: Shape, right: Shape): readonly [Shape, Shape] =>
  guarded(({ DistanceOp }) => {
    const [a, b] = DistanceOp.nearestPoints(toJts(left), toJts(right))
    return [point(a.x, a.y), point(b.x, b.y)]
  })

/** Whether a shape has no self-intersections and the like; areas are as simple as they are valid. */
export function isSimple(shape: Shape): boolean {
  for (const leaf of leavesOf(shape)) {
    if (isEmpty(leaf)) continue
    if (dimensionOf(leaf) === 2 ? areaFault(leaf) !== undefined : lineFault(leaf) !== undefined) {
      return false
    }
  }
  return true
}

/** Why a shape is not valid, with a place; undefined where it is. Lines and points have to be simple, as in Trino. */
export function invalidReason(shape: Shape): string | undefined {
  for (const leaf of leavesOf(shape)) {
    if (isEmpty(leaf)) continue
    const fault = dimensionOf(leaf) === 2 ? areaFault(leaf) : lineFault(leaf)
    if (fault !== undefined) return fault
  }
  return undefined
}

const areaFault = (shape: Shape): string | undefined =>
  guarded(({ IsValidOp }) => {
    const error = new IsValidOp(toJts(shape)).getValidationError()
    return error === null
      ? undefined
      : faultAt(error.getMessage(), positionOf(error.getCoordinate()))
  })

const lineFault = (shape: Shape): string | undefined =>
  guarded(({ IsSimpleOp }) => {
    const operation = new IsSimpleOp(toJts(shape))
    if (operation.isSimple()) return undefined
    const message =
      dimensionOf(shape) === 0 ? 'Repeated points' : 'Intersecting or overlapping segments'
    const place = operation.getNonSimpleLocation()
    return place === null ? message : faultAt(message, positionOf(place))
  })

const faultAt = (message: string, [x, y]: readonly [number, number]): string =>
  `${message} at or near (${x} ${y})`

/** @param tolerance greater than 0 */
export const simplify = (shape: Shape, tolerance: number): Shape =>
  guarded(({ Simplifier }) => fromJts(Simplifier.simplify(toJts(shape), tolerance)))

/** The place on a line that is nearest to a position, as a fraction of the line's length. */
export const locateOnLine = (line: Shape, x: number, y: number): number =>
  guarded(({ LengthIndexedLine, Coordinate }) => {
    const geometry = toJts(line)
    return new LengthIndexedLine(geometry).indexOf(new Coordinate(x, y)) / geometry.getLength()
  })
