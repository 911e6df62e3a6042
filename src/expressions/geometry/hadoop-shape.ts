import {
  doubleArea,
  orientRings,
  type Path,
  type Position,
  type Shape,
  type ShapeKind,
} from '../../values/geometry/shape.js'
import { invalidArgument } from '../errors.js'

/** A spatial reference, and the kind below. */
const WKID_BYTES = 4
const HEADER_BYTES = WKID_BYTES + 1
/** What the kind's byte stands for; 0 is what the shape says. */
const KINDS: readonly (ShapeKind | undefined)[] = [
  undefined,
  'Point',
  'LineString',
  'Polygon',
  'MultiPoint',
  'MultiLineString',
  'MultiPolygon',
]
const ENVELOPE_BYTES = 32

/**
 * Reads what Esri's Spatial Framework for Hadoop stores: a header and a record's content of a shapefile.
 * @throws INVALID_FUNCTION_ARGUMENT
 * @source ESRI Shapefile Technical Description (1998)
 */
export function readHadoopShape(bytes: Uint8Array): Shape {
  if (bytes.length <= HEADER_BYTES) invalidArgument('Hadoop shape input is too short')
  const type = bytes[WKID_BYTES]!
  if (type >= KINDS.length) {
    invalidArgument(`Invalid Hadoop shape type: ${type > 127 ? type - 256 : type}`)
  }
  const view = new DataView(
    bytes.buffer,
    bytes.byteOffset + HEADER_BYTES,
    bytes.byteLength - HEADER_BYTES,
  )
  try {
    return ofKind(readContent(view), KINDS[type])
  } catch (error) {
    // A DataView raises this where the bytes end early.
    if (error instanceof RangeError) return invalidArgument('Invalid Hadoop shape')
    throw error
  }
}

const positionAt = (view: DataView, offset: number): Position => [
  view.getFloat64(offset, true),
  view.getFloat64(offset + 8, true),
]

function readContent(view: DataView): Shape {
  switch (view.getInt32(0, true)) {
    case 0:
      return { kind: 'Point', position: undefined }
    case 1: {
      const position = positionAt(view, 4)
      return { kind: 'Point', position: position.some(Number.isNaN) ? undefined : position }
    }
    case 3:
      return { kind: 'MultiLineString', paths: readParts(view) }
    case 5:
      return { kind: 'MultiPolygon', polygons: polygonsOf(readParts(view)) }
    case 8: {
      const count = view.getInt32(4 + ENVELOPE_BYTES, true)
      return { kind: 'MultiPoint', positions: readPositions(view, 8 + ENVELOPE_BYTES, count) }
    }
    default:
      return invalidArgument('Invalid Hadoop shape')
  }
}

function readPositions(view: DataView, offset: number, count: number): Position[] {
  if (count < 0) throw new RangeError('a negative count')
  const positions: Position[] = []
  for (let i = 0; i < count; i++) positions.push(positionAt(view, offset + 16 * i))
  return positions
}

function readParts(view: DataView): Path[] {
  const countsAt = 4 + ENVELOPE_BYTES
  const partCount = view.getInt32(countsAt, true)
  const startsAt = countsAt + 8
  const positions = readPositions(view, startsAt + 4 * partCount, view.getInt32(countsAt + 4, true))
  const parts: Path[] = []
  for (let i = 0; i < partCount; i++) {
    const start = view.getInt32(startsAt + 4 * i, true)
    const end = i + 1 < partCount ? view.getInt32(startsAt + 4 * i + 4, true) : positions.length
    parts.push(positions.slice(start, end))
  }
  return parts
}

/** Outer rings run clockwise there, and their holes follow. */
function polygonsOf(rings: readonly Path[]): readonly (readonly Path[])[] {
  const polygons: Path[][] = []
  for (const ring of rings) {
    if (doubleArea(ring) <= 0 || polygons.length === 0) polygons.push([ring])
    else polygons[polygons.length - 1]!.push(ring)
  }
  return polygons.map(orientRings)
}

/** A shape as the kind that the header says. */
function ofKind(shape: Shape, kind: ShapeKind | undefined): Shape {
  if (kind === undefined || shape.kind === kind) return shape
  if (shape.kind === 'MultiLineString' && kind === 'LineString' && shape.paths.length <= 1) {
    return { kind, path: shape.paths[0] ?? [] }
  }
  if (shape.kind === 'MultiPolygon' && kind === 'Polygon' && shape.polygons.length <= 1) {
    return { kind, rings: shape.polygons[0] ?? [] }
  }
  return invalidArgument('Invalid Hadoop shape')
}
