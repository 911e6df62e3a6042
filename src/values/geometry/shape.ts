/** x and y; never NaN. */
export type Position = readonly [x: number, y: number]
/** Positions of a line; of a ring, the first again at the end. */
export type Path = readonly Position[]

/**
 * A geometry in the plane as plain data. Rings of polygons run as in Trino's texts, the outer one counter-clockwise and
 * holes clockwise: {@link orientRings}. A POINT without position, and all without members, are empty.
 */
export type Shape =
  | { readonly kind: 'Point'; readonly position: Position | undefined }
  | { readonly kind: 'LineString'; readonly path: Path }
  | { readonly kind: 'Polygon'; readonly rings: readonly Path[] }
  | { readonly kind: 'MultiPoint'; readonly positions: readonly Position[] }
  | { readonly kind: 'MultiLineString'; readonly paths: readonly Path[] }
  | { readonly kind: 'MultiPolygon'; readonly polygons: readonly (readonly Path[])[] }
  | { readonly kind: 'GeometryCollection'; readonly members: readonly Shape[] }

export type ShapeKind = Shape['kind']

export interface Envelope {
  readonly xMin: number
  readonly yMin: number
  readonly xMax: number
  readonly yMax: number
}

export const point = (x: number, y: number): Shape => ({ kind: 'Point', position: [x, y] })
export const EMPTY_POINT: Shape = { kind: 'Point', position: undefined }
export const EMPTY_POLYGON: Shape = { kind: 'Polygon', rings: [] }

/** The paths and loose positions of a shape, in order, whatever it is nested in. */
export function* pathsOf(shape: Shape): Generator<Path> {
  switch (shape.kind) {
    case 'Point':
      if (shape.position !== undefined) yield [shape.position]
      return
    case 'LineString':
      yield shape.path
      return
    case 'Polygon':
      yield* shape.rings
      return
    case 'MultiPoint':
      yield shape.positions
      return
    case 'MultiLineString':
      yield* shape.paths
      return
    case 'MultiPolygon':
      for (const rings of shape.polygons) yield* rings
      return
    case 'GeometryCollection':
      for (const member of shape.members) yield* pathsOf(member)
  }
}

/** The shapes that are no collections of mixed kinds, in order. */
export function* leavesOf(shape: Shape): Generator<Exclude<Shape, { kind: 'GeometryCollection' }>> {
  if (shape.kind !== 'GeometryCollection') yield shape
  else for (const member of shape.members) yield* leavesOf(member)
}

export function isEmpty(shape: Shape): boolean {
  for (const path of pathsOf(shape)) if (path.length > 0) return false
  return true
}

/** The bounding box; undefined for what is empty. */
export function envelopeOf(shape: Shape): Envelope | undefined {
  let xMin = Number.POSITIVE_INFINITY
  let yMin = Number.POSITIVE_INFINITY
  let xMax = Number.NEGATIVE_INFINITY
  let yMax = Number.NEGATIVE_INFINITY
  for (const path of pathsOf(shape)) {
    for (const [x, y] of path) {
      xMin = Math.min(xMin, x)
      yMin = Math.min(yMin, y)
      xMax = Math.max(xMax, x)
      yMax = Math.max(yMax, y)
    }
  }
  return xMin <= xMax ? { xMin, yMin, xMax, yMax } : undefined
}

/** The box as a polygon, from its lower left corner on. */
export const envelopeShape = ({ xMin, yMin, xMax, yMax }: Envelope): Shape => ({
  kind: 'Polygon',
  rings: [
    [
      [xMin, yMin],
      [xMax, yMin],
      [xMax, yMax],
      [xMin, yMax],
      [xMin, yMin],
    ],
  ],
})

/** 0 for points, 1 for lines, 2 for areas; of a collection the largest. */
export function dimensionOf(shape: Shape): number {
  switch (shape.kind) {
    case 'Point':
    case 'MultiPoint':
      return 0
    case 'LineString':
    case 'MultiLineString':
      return 1
    case 'Polygon':
    case 'MultiPolygon':
      return 2
    case 'GeometryCollection':
      return shape.members.reduce((largest, member) => Math.max(largest, dimensionOf(member)), 0)
  }
}

/**
 * Twice the area of a ring, positive where it runs counter-clockwise. Relative to its first position, so that small rings
 * far from the origin keep their digits.
 */
export function doubleArea(ring: Path): number {
  if (ring.length === 0) return 0
  const [x0, y0] = ring[0]!
  let sum = 0
  for (let i = 1; i < ring.length; i++) {
    const [ax, ay] = ring[i - 1]!
    const [bx, by] = ring[i]!
    sum += (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
  }
  return sum
}

/** A polygon's rings, the outer one counter-clockwise and the holes clockwise. */
export const orientRings = (rings: readonly Path[]): readonly Path[] =>
  rings.map((ring, index) => {
    const area = doubleArea(ring)
    return (index === 0 ? area < 0 : area > 0) ? ring.toReversed() : ring
  })

export const samePosition = (a: Position, b: Position): boolean => a[0] === b[0] && a[1] === b[1]

/** Whether a path ends where it began. */
export const isClosed = (path: Path): boolean =>
  path.length > 0 && samePosition(path[0]!, path[path.length - 1]!)
