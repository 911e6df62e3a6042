import {
  doubleArea,
  leavesOf,
  type Path,
  type Position,
  pathsOf,
  type Shape,
  samePosition,
} from '../../values/geometry/shape.js'

export function pathLength(path: Path): number {
  let sum = 0
  for (let i = 1; i < path.length; i++) sum += between(path[i - 1]!, path[i]!)
  return sum
}

const between = (a: Position, b: Position): number =>
  Math.sqrt((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2)

/** The area in the plane; of lines and points 0. */
export function areaOf(shape: Shape): number {
  let area = 0
  for (const leaf of leavesOf(shape)) {
    const polygons =
      leaf.kind === 'Polygon' ? [leaf.rings] : leaf.kind === 'MultiPolygon' ? leaf.polygons : []
    for (const ring of polygons.flat()) area += doubleArea(ring) / 2
  }
  return area
}

/** The number of positions, those that close rings not counted twice. */
export function pointCount(shape: Shape): number {
  let count = 0
  for (const leaf of leavesOf(shape)) {
    const closing = leaf.kind === 'Polygon' || leaf.kind === 'MultiPolygon' ? 1 : 0
    for (const path of pathsOf(leaf)) count += path.length - closing
  }
  return count
}

type Centered = Exclude<Shape, { kind: 'GeometryCollection' }>

/** The center of mass of what a shape's dimension measures; undefined for what is empty. */
export function centroid(shape: Centered): Position | undefined {
  switch (shape.kind) {
    case 'Point':
      return shape.position
    case 'MultiPoint':
      return weighted(shape.positions.map((position) => ({ position, weight: 1 })))
    case 'LineString':
    case 'MultiLineString':
      return lineCentroid([...pathsOf(shape)])
    case 'Polygon':
      return areaCentroid(shape.rings)
    case 'MultiPolygon':
      return areaCentroid(shape.polygons.flat())
  }
}

function weighted(
  parts: readonly { readonly position: Position; readonly weight: number }[],
): Position | undefined {
  let [x, y, total] = [0, 0, 0]
  for (const { position, weight } of parts) {
    x += position[0] * weight
    y += position[1] * weight
    total += weight
  }
  return total === 0 ? undefined : [x / total, y / total]
}

const lineCentroid = (paths: readonly Path[]): Position | undefined =>
  weighted(
    paths.flatMap((path) =>
      path.slice(1).map((to, i) => {
        const from = path[i]!
        const position: Position = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]
        return { position, weight: between(from, to) }
      }),
    ),
  ) ?? paths[0]?.[0]

/** @source The centroid of a polygon by its signed triangles with a corner of its own */
function areaCentroid(rings: readonly Path[]): Position | undefined {
  const origin = rings[0]?.[0]
  if (origin === undefined) return undefined
  const [x0, y0] = origin
  let [x, y, total] = [0, 0, 0]
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i++) {
      const [ax, ay] = [ring[i - 1]![0] - x0, ring[i - 1]![1] - y0]
      const [bx, by] = [ring[i]![0] - x0, ring[i]![1] - y0]
      const cross = ax * by - bx * ay
      x += (ax + bx) * cross
      y += (ay + by) * cross
      total += cross
    }
  }
  return total === 0 ? lineCentroid(rings) : [x0 + x / (3 * total), y0 + y / (3 * total)]
}

/**
 * Positions along a line at a fraction of its length and, if repeated, at its multiples.
 * @source Trino GeoFunctions.interpolatePoints, whose sums of fractions these are
 */
export function interpolated(path: Path, fraction: number, isRepeated: boolean): Position[] {
  if (fraction === 0) return [path[0]!]
  if (fraction === 1) return [path[path.length - 1]!]
  const count = isRepeated ? Math.floor(1 / fraction) : 1
  const length = pathLength(path)
  const found: Position[] = []
  let consumed = 0
  let next = fraction
  for (let i = 1; i < path.length && found.length < count; i++) {
    const [from, to] = [path[i - 1]!, path[i]!]
    if (samePosition(from, to)) continue
    const share = between(from, to) / length
    while (next < consumed + share && found.length < count) {
      const part = (next - consumed) / share
      found.push([from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part])
      next += fraction
    }
    consumed += share
  }
  if (found.length < count) found.push(path[path.length - 1]!)
  return found
}
