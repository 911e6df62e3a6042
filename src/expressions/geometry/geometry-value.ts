import { EMPTY_POINT, type Shape, type ShapeKind } from '../../values/geometry/shape.js'
import { readWkb, WkbError, writeWkb } from '../../values/geometry/wkb.js'
import { readWkt, WktError } from '../../values/geometry/wkt.js'
import { invalidArgument } from '../errors.js'

/** Shapes of the byte carriers that this thread has made or read and still has. */
const shapes = new WeakMap<Uint8Array, Shape>()

/** The shape that a carrier of GEOMETRY or SPHERICALGEOGRAPHY stands for. */
export function shapeOf(carrier: Uint8Array): Shape {
  let shape = shapes.get(carrier)
  if (shape === undefined) {
    shape = readWkb(carrier)
    shapes.set(carrier, shape)
  }
  return shape
}

/** The carrier of a shape. */
export function carrierOf(shape: Shape): Uint8Array {
  const carrier = writeWkb(shape)
  shapes.set(carrier, shape)
  return carrier
}

/** A point; an empty one where a coordinate is NaN, as in Trino. */
export const pointCarrier = (x: number, y: number): Uint8Array =>
  carrierOf(Number.isNaN(x) || Number.isNaN(y) ? EMPTY_POINT : { kind: 'Point', position: [x, y] })

const TYPE_NAMES: Readonly<Record<ShapeKind, string>> = {
  Point: 'POINT',
  LineString: 'LINE_STRING',
  Polygon: 'POLYGON',
  MultiPoint: 'MULTI_POINT',
  MultiLineString: 'MULTI_LINE_STRING',
  MultiPolygon: 'MULTI_POLYGON',
  GeometryCollection: 'GEOMETRY_COLLECTION',
}

type ShapeOf<K extends ShapeKind> = Extract<Shape, { readonly kind: K }>

const hasKind = <K extends ShapeKind>(shape: Shape, kinds: readonly K[]): shape is ShapeOf<K> =>
  (kinds as readonly ShapeKind[]).includes(shape.kind)

const namesOf = (kinds: readonly ShapeKind[]): string =>
  kinds.map((kind) => TYPE_NAMES[kind]).join(' or ')

/** The shape, which has to be of one of the kinds. @throws INVALID_FUNCTION_ARGUMENT */
export function onlyOf<K extends ShapeKind>(
  functionName: string,
  shape: Shape,
  ...kinds: readonly K[]
): ShapeOf<K> {
  if (hasKind(shape, kinds)) return shape
  return invalidArgument(
    `${functionName} only applies to ${namesOf(kinds)}. Input type is: ${TYPE_NAMES[shape.kind]}`,
  )
}

/** As {@link onlyOf}, for functions of SPHERICALGEOGRAPHY. */
export function onlySphericalOf<K extends ShapeKind>(
  functionName: string,
  shape: Shape,
  ...kinds: readonly K[]
): ShapeOf<K> {
  if (hasKind(shape, kinds)) return shape
  return invalidArgument(
    `When applied to SphericalGeography inputs, ${functionName} only supports ${namesOf(kinds)}. Input type is: ${TYPE_NAMES[shape.kind]}`,
  )
}

/** Reads well-known text. @throws INVALID_FUNCTION_ARGUMENT */
export function shapeFromText(text: string): Shape {
  try {
    return readWkt(text)
  } catch (error) {
    if (error instanceof WktError) return invalidArgument(`Invalid WKT: ${text}`)
    throw error
  }
}

/** Reads well-known binary. @throws INVALID_FUNCTION_ARGUMENT */
export function shapeFromBinary(bytes: Uint8Array): Shape {
  try {
    return readWkb(bytes)
  } catch (error) {
    if (error instanceof WkbError) return invalidArgument('Invalid WKB')
    throw error
  }
}
