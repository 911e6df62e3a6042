import type { Path, Position, Shape, ShapeKind } from './shape.js'
import { oriented } from './wkb.js'

/**
 * A coordinate as Trino's texts have it: all digits up to 17 before the point, else 17 digits and an exponent.
 * @source Java's Formatter, %.17g, of which trailing zeros are taken where there is no exponent
 */
export function coordinateText(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return Object.is(value, -0) ? '-0' : '0'
  const [digits, exponentText] = size.toExponential().split('e')
  const exponent = Number(exponentText)
  const sign = value < 0 ? '-' : ''
  const figures = digits!.replace('.', '')
  if (exponent < -4 || exponent >= 17) {
    const sure = figures.padEnd(17, '0')
    const power = String(Math.abs(exponent)).padStart(2, '0')
    return `${sign}${sure[0]}.${sure.slice(1)}e${exponent < 0 ? '-' : '+'}${power}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${figures}`
  const whole = figures.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = figures.slice(exponent + 1)
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

const positionText = ([x, y]: Position): string => `${coordinateText(x)} ${coordinateText(y)}`
const list = <T>(items: readonly T[], write: (item: T) => string): string =>
  items.length === 0 ? 'EMPTY' : `(${items.map(write).join(', ')})`
const pathText = (path: Path): string => list(path, positionText)

/** Well-known text, as Trino writes it. @source OGC 06-103r4, 7 */
export function writeWkt(shape: Shape): string {
  switch (shape.kind) {
    case 'Point':
      return `POINT ${shape.position === undefined ? 'EMPTY' : `(${positionText(shape.position)})`}`
    case 'LineString':
      return `LINESTRING ${pathText(shape.path)}`
    case 'Polygon':
      return `POLYGON ${list(shape.rings, pathText)}`
    case 'MultiPoint':
      return `MULTIPOINT ${list(shape.positions, (position) => `(${positionText(position)})`)}`
    case 'MultiLineString':
      return `MULTILINESTRING ${list(shape.paths, pathText)}`
    case 'MultiPolygon':
      return `MULTIPOLYGON ${list(shape.polygons, (rings) => list(rings, pathText))}`
    case 'GeometryCollection':
      return `GEOMETRYCOLLECTION ${list(shape.members, writeWkt)}`
  }
}

const KINDS: Readonly<Record<string, ShapeKind>> = {
  point: 'Point',
  linestring: 'LineString',
  polygon: 'Polygon',
  multipoint: 'MultiPoint',
  multilinestring: 'MultiLineString',
  multipolygon: 'MultiPolygon',
  geometrycollection: 'GeometryCollection',
}
const MAX_NESTING = 100

/** Raised by {@link readWkt}; callers say what it means to them. */
export class WktError extends Error {}

const TOKEN = /\s*([A-Za-z]+|[(),]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/y

class Reader {
  readonly #text: string
  #offset = 0
  #token: string | undefined

  constructor(text: string) {
    this.#text = text
    this.#advance()
  }

  shape(nesting: number): Shape {
    if (nesting > MAX_NESTING) throw new WktError('nested too deep')
    const kind = KINDS[this.#take().toLowerCase()]
    switch (kind) {
      case 'Point': {
        if (this.#isEmpty()) return { kind, position: undefined }
        this.#expect('(')
        const position = this.#position()
        this.#expect(')')
        return { kind, position }
      }
      case 'LineString':
        return { kind, path: this.#line() }
      case 'Polygon':
        return { kind, rings: this.#rings() }
      case 'MultiPoint':
        return { kind, positions: this.#list(() => this.#bracketedPosition()) }
      case 'MultiLineString':
        return { kind, paths: this.#list(() => this.#line()) }
      case 'MultiPolygon':
        return { kind, polygons: this.#list(() => this.#rings()) }
      case 'GeometryCollection':
        return { kind, members: this.#list(() => this.shape(nesting + 1)) }
      case undefined:
        throw new WktError('no kind of geometry')
    }
  }

  #rings(): Path[] {
    return this.#list(() => {
      const ring = this.#list(() => this.#position())
      const first = ring[0]
      const last = ring.at(-1)
      if (first === undefined || last === undefined) return ring
      // Rings that are not closed are closed, as Trino does.
      if (first[0] !== last[0] || first[1] !== last[1]) ring.push(first)
      if (ring.length < 4) throw new WktError('a ring has fewer than three corners')
      return ring
    })
  }

  /** A line of one position is there and back, as in Trino. */
  #line(): Path {
    const path = this.#list(() => this.#position())
    return path.length === 1 ? [path[0]!, path[0]!] : path
  }

  #list<T>(read: () => T): T[] {
    if (this.#isEmpty()) return []
    this.#expect('(')
    const items = [read()]
    while (this.#token === ',') {
      this.#advance()
      items.push(read())
    }
    this.#expect(')')
    return items
  }

  #bracketedPosition(): Position {
    if (this.#token !== '(') return this.#position()
    this.#advance()
    const position = this.#position()
    this.#expect(')')
    return position
  }

  #position(): Position {
    return [this.#number(), this.#number()]
  }

  #number(): number {
    const value = Number(this.#take())
    if (!Number.isFinite(value)) throw new WktError('no number')
    return value
  }

  #isEmpty(): boolean {
    if (this.#token?.toLowerCase() !== 'empty') return false
    this.#advance()
    return true
  }

  #expect(token: string): void {
    if (this.#take() !== token) throw new WktError(`no ${token}`)
  }

  #take(): string {
    const token = this.#token
    if (token === undefined) throw new WktError('ends early')
    this.#advance()
    return token
  }

  #advance(): void {
    TOKEN.lastIndex = this.#offset
    this.#token = TOKEN.exec(this.#text)?.[1]
    if (this.#token !== undefined) this.#offset = TOKEN.lastIndex
  }
}

/**
 * Reads well-known text of two dimensions; what follows the geometry is ignored, as in Trino. O(length).
 * @throws WktError for what is none
 */
export const readWkt = (text: string): Shape => oriented(new Reader(text).shape(0))
