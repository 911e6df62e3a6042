import { orientRings, type Path, type Position, type Shape } from '../../values/geometry/shape.js'
import { javaDoubleText } from '../../values/number-text.js'
import { invalidArgument } from '../errors.js'

const MAX_NESTING = 100

const invalid = (reason: string): never => invalidArgument(`Invalid GeoJSON: ${reason}`)

/** Reads a geometry of GeoJSON; members it doesn't know are ignored. @throws INVALID_FUNCTION_ARGUMENT @source RFC 7946 */
export function readGeoJson(text: string): Shape {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error))
  }
  return shapeOfJson(json, 0)
}

function shapeOfJson(json: unknown, nesting: number): Shape {
  if (nesting > MAX_NESTING) return invalid('Collections are nested too deep')
  if (typeof json !== 'object' || json === null || !('type' in json)) {
    return invalid("Could not parse Geometry from Json string.  No 'type' property found.")
  }
  const members = json as Readonly<Record<string, unknown>>
  const coordinates = members['coordinates']
  const isMissing = coordinates === undefined || coordinates === null
  const list = isMissing ? [] : listOf(coordinates)
  switch (members['type']) {
    case 'Point':
      return { kind: 'Point', position: list.length === 0 ? undefined : positionOf(list) }
    case 'LineString':
      return { kind: 'LineString', path: list.map(positionOf) }
    case 'Polygon':
      return { kind: 'Polygon', rings: ringsOf(list) }
    case 'MultiPoint':
      return { kind: 'MultiPoint', positions: list.map(positionOf) }
    case 'MultiLineString':
      return { kind: 'MultiLineString', paths: list.map(pathOf) }
    case 'MultiPolygon':
      return { kind: 'MultiPolygon', polygons: list.map(ringsOf) }
    case 'GeometryCollection': {
      const parts = listOf(members['geometries'] ?? [])
      return {
        kind: 'GeometryCollection',
        members: parts.map((part) => shapeOfJson(part, nesting + 1)),
      }
    }
    default:
      return invalid(
        `Could not parse Geometry from GeoJson string.  Unsupported 'type':${String(members['type'])}`,
      )
  }
}

const listOf = (json: unknown): readonly unknown[] =>
  Array.isArray(json) ? json : invalid('Coordinates are no array')

function positionOf(json: unknown): Position {
  const [x, y] = listOf(json)
  if (typeof x !== 'number' || typeof y !== 'number') return invalid('A position is no two numbers')
  return [x, y]
}

const pathOf = (json: unknown): Path => listOf(json).map(positionOf)

function ringsOf(json: unknown): readonly Path[] {
  const rings = listOf(json).map(pathOf)
  for (const ring of rings) {
    const [first, last] = [ring[0], ring.at(-1)]
    if (ring.length < 4 || first?.[0] !== last?.[0] || first?.[1] !== last?.[1]) {
      return invalid('A ring is not closed, or has fewer than three corners')
    }
  }
  return orientRings(rings)
}

/** Numbers of everyday size have at most eight digits after the point, others Java's text. @source JTS GeoJsonWriter */
function numberText(value: number): string {
  const size = Math.abs(value)
  if (size < 1e-3 || value >= 1e7) return javaDoubleText(value)
  return Number(value.toFixed(8))
    .toFixed(8)
    .replace(/\.?0+$/, '')
}

const positionText = ([x, y]: Position): string => `[${numberText(x)},${numberText(y)}]`
const pathText = (path: Path): string => `[${path.map(positionText).join(',')}]`
/** Rings run the other way than in texts, as Trino writes them. */
const ringsText = (rings: readonly Path[]): string =>
  `[${rings.map((ring) => pathText(ring.toReversed())).join(',')}]`

/** Writes GeoJSON with the member `crs` that Trino adds. */
export const writeGeoJson = (shape: Shape): string =>
  `{${members(shape)},"crs":{"type":"name","properties":{"name":"EPSG:0"}}}`

const members = (shape: Shape): string => {
  const type = `"type":"${shape.kind}"`
  return shape.kind === 'GeometryCollection'
    ? `${type},"geometries":[${shape.members.map((member) => `{${members(member)}}`).join(',')}]`
    : `${type},"coordinates":${coordinatesText(shape)}`
}

function coordinatesText(shape: Exclude<Shape, { kind: 'GeometryCollection' }>): string {
  switch (shape.kind) {
    case 'Point':
      return shape.position === undefined ? '[]' : positionText(shape.position)
    case 'LineString':
      return pathText(shape.path)
    case 'Polygon':
      return ringsText(shape.rings)
    case 'MultiPoint':
      return pathText(shape.positions)
    case 'MultiLineString':
      return `[${shape.paths.map(pathText).join(',')}]`
    case 'MultiPolygon':
      return `[${shape.polygons.map(ringsText).join(',')}]`
  }
}
