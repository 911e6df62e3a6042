import { orientRings, type Path, type Position, type Shape, type ShapeKind } from './shape.js'

/**
 * Well-known binary, of two dimensions: what GEOMETRY and SPHERICALGEOGRAPHY are carried as, little endian, and what
 * ST_AsBinary gives. An empty point has NaN for both.
 * @source OGC 06-103r4, 8.2
 */
const CODES: Readonly<Record<ShapeKind, number>> = {
  Point: 1,
  LineString: 2,
  Polygon: 3,
  MultiPoint: 4,
  MultiLineString: 5,
  MultiPolygon: 6,
  GeometryCollection: 7,
}
/** Byte order, kind. */
const HEADER_BYTES = 5
const POSITION_BYTES = 16
/** Collections in collections beyond this are refused, before they exhaust the stack. */
const MAX_NESTING = 100

/** Raised by {@link readWkb}; callers say what it means to them. */
export class WkbError extends Error {}

const pathBytes = (path: Path): number => 4 + path.length * POSITION_BYTES
const sumOf = <T>(items: readonly T[], size: (item: T) => number): number =>
  items.reduce((sum, item) => sum + size(item), 0)

function byteLengthOf(shape: Shape): number {
  switch (shape.kind) {
    case 'Point':
      return HEADER_BYTES + POSITION_BYTES
    case 'LineString':
      return HEADER_BYTES + pathBytes(shape.path)
    case 'Polygon':
      return HEADER_BYTES + 4 + sumOf(shape.rings, pathBytes)
    case 'MultiPoint':
      return HEADER_BYTES + 4 + shape.positions.length * (HEADER_BYTES + POSITION_BYTES)
    case 'MultiLineString':
      return HEADER_BYTES + 4 + sumOf(shape.paths, (path) => HEADER_BYTES + pathBytes(path))
    case 'MultiPolygon':
      return (
        HEADER_BYTES +
        4 +
        sumOf(shape.polygons, (rings) => HEADER_BYTES + 4 + sumOf(rings, pathBytes))
      )
    case 'GeometryCollection':
      return HEADER_BYTES + 4 + sumOf(shape.members, byteLengthOf)
  }
}

class Writer {
  readonly bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength)
    this.#view = new DataView(this.bytes.buffer)
  }

  shape(shape: Shape): void {
    this.#header(shape.kind)
    switch (shape.kind) {
      case 'Point':
        this.#position(shape.position ?? [Number.NaN, Number.NaN])
        return
      case 'LineString':
        this.#path(shape.path)
        return
      case 'Polygon':
        this.#many(shape.rings, (ring) => this.#path(ring))
        return
      case 'MultiPoint':
        this.#many(shape.positions, (position) => this.shape({ kind: 'Point', position }))
        return
      case 'MultiLineString':
        this.#many(shape.paths, (path) => this.shape({ kind: 'LineString', path }))
        return
      case 'MultiPolygon':
        this.#many(shape.polygons, (rings) => this.shape({ kind: 'Polygon', rings }))
        return
      case 'GeometryCollection':
        this.#many(shape.members, (member) => this.shape(member))
    }
  }

  #header(kind: ShapeKind): void {
    this.#view.setUint8(this.#offset, 1)
    this.#view.setUint32(this.#offset + 1, CODES[kind], true)
    this.#offset += HEADER_BYTES
  }

  #many<T>(items: readonly T[], write: (item: T) => void): void {
    this.#view.setUint32(this.#offset, items.length, true)
    this.#offset += 4
    for (const item of items) write(item)
  }

  #path(path: Path): void {
    this.#many(path, (position) => this.#position(position))
  }

  #position([x, y]: Position): void {
    this.#view.setFloat64(this.#offset, x, true)
    this.#view.setFloat64(this.#offset + 8, y, true)
    this.#offset += POSITION_BYTES
  }
}

/** The bytes of a shape, in an array of their own. */
export function writeWkb(shape: Shape): Uint8Array {
  const writer = new Writer(byteLengthOf(shape))
  writer.shape(shape)
  return writer.bytes
}

class Reader {
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  shape(nesting: number): Shape {
    if (nesting > MAX_NESTING) throw new WkbError('nested too deep')
    const { code, isLittle } = this.#header()
    const many = <T>(read: () => T): T[] => this.#many(isLittle, read)
    const path = (): Path => many(() => this.#position(isLittle))
    const member = <K extends ShapeKind>(kind: K): Extract<Shape, { kind: K }> => {
      const shape = this.shape(nesting + 1)
      if (shape.kind !== kind) throw new WkbError(`a member is no ${kind}`)
      return shape as Extract<Shape, { kind: K }>
    }
    switch (code) {
      case CODES.Point: {
        const position = this.#position(isLittle)
        return { kind: 'Point', position: position.some(Number.isNaN) ? undefined : position }
      }
      case CODES.LineString:
        return { kind: 'LineString', path: path() }
      case CODES.Polygon:
        return { kind: 'Polygon', rings: many(path) }
      case CODES.MultiPoint: {
        const positions = many(() => member('Point').position)
        return { kind: 'MultiPoint', positions: positions.filter((p) => p !== undefined) }
      }
      case CODES.MultiLineString:
        return { kind: 'MultiLineString', paths: many(() => member('LineString').path) }
      case CODES.MultiPolygon:
        return { kind: 'MultiPolygon', polygons: many(() => member('Polygon').rings) }
      case CODES.GeometryCollection:
        return { kind: 'GeometryCollection', members: many(() => this.shape(nesting + 1)) }
      default:
        throw new WkbError(`no kind of two dimensions: ${code}`)
    }
  }

  #header(): { readonly code: number; readonly isLittle: boolean } {
    this.#need(HEADER_BYTES)
    const order = this.#view.getUint8(this.#offset)
    if (order > 1) throw new WkbError(`byte order is neither 0 nor 1: ${order}`)
    const code = this.#view.getUint32(this.#offset + 1, order === 1)
    this.#offset += HEADER_BYTES
    return { code, isLittle: order === 1 }
  }

  #many<T>(isLittle: boolean, read: () => T): T[] {
    this.#need(4)
    const count = this.#view.getUint32(this.#offset, isLittle)
    this.#offset += 4
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read())
    return items
  }

  #position(isLittle: boolean): Position {
    this.#need(POSITION_BYTES)
    const x = this.#view.getFloat64(this.#offset, isLittle)
    const y = this.#view.getFloat64(this.#offset + 8, isLittle)
    this.#offset += POSITION_BYTES
    return [x, y]
  }

  #need(byteCount: number): void {
    if (this.#offset + byteCount > this.#view.byteLength) throw new WkbError('ends early')
  }
}

/** Reads well-known binary as it stands. O(bytes). @throws WkbError for what is none */
export const readWkb = (bytes: Uint8Array): Shape => new Reader(bytes).shape(0)

/** A shape with the rings of its polygons in order. */
export function oriented(shape: Shape): Shape {
  switch (shape.kind) {
    case 'Polygon':
      return { kind: 'Polygon', rings: orientRings(shape.rings) }
    case 'MultiPolygon':
      return { kind: 'MultiPolygon', polygons: shape.polygons.map(orientRings) }
    case 'GeometryCollection':
      return { kind: 'GeometryCollection', members: shape.members.map(oriented) }
    default:
      return shape
  }
}
