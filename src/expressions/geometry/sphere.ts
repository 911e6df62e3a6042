import { doubleArea, type Path, type Shape, samePosition } from '../../values/geometry/shape.js'
import { invalidArgument } from '../errors.js'

/** Mean radius of the earth, as Trino has it. */
const EARTH_RADIUS_KM = 6371.01
const EARTH_RADIUS_METERS = EARTH_RADIUS_KM * 1000

const radians = (degrees: number): number => degrees * (Math.PI / 180)

export function checkLatitude(latitude: number): void {
  if (!(latitude >= -90 && latitude <= 90)) invalidArgument('Latitude must be between -90 and 90')
}
export function checkLongitude(longitude: number): void {
  if (!(longitude >= -180 && longitude <= 180)) {
    invalidArgument('Longitude must be between -180 and 180')
  }
}

/**
 * Kilometers between two places of the earth, in degrees.
 * @source Vincenty's formula for a sphere, which is exact for near and for opposite places
 */
export function greatCircleKilometers(
  latitude1: number,
  longitude1: number,
  latitude2: number,
  longitude2: number,
): number {
  const sin1 = Math.sin(radians(latitude1))
  const cos1 = Math.cos(radians(latitude1))
  const sin2 = Math.sin(radians(latitude2))
  const cos2 = Math.cos(radians(latitude2))
  const delta = radians(longitude1) - radians(longitude2)
  const east = cos2 * Math.sin(delta)
  const north = cos1 * sin2 - sin1 * cos2 * Math.cos(delta)
  const along = sin1 * sin2 + cos1 * cos2 * Math.cos(delta)
  return Math.atan2(Math.sqrt(east * east + north * north), along) * EARTH_RADIUS_KM
}

/** Meters along paths on the earth. */
export function sphericalLength(paths: readonly Path[]): number {
  let kilometers = 0
  for (const path of paths) {
    for (let i = 1; i < path.length; i++) {
      const [fromX, fromY] = path[i - 1]!
      const [toX, toY] = path[i]!
      kilometers += greatCircleKilometers(fromY, fromX, toY, toX)
    }
  }
  return kilometers * 1000
}

/** Square meters of polygons on the earth. */
export function sphericalArea(shape: Extract<Shape, { kind: 'Polygon' | 'MultiPolygon' }>): number {
  const polygons = shape.kind === 'Polygon' ? [shape.rings] : shape.polygons
  let excess = 0
  for (const ring of polygons.flat()) {
    excess += (doubleArea(ring) > 0 ? 1 : -1) * Math.abs(sphericalExcess(ring))
  }
  return Math.abs(excess * EARTH_RADIUS_METERS * EARTH_RADIUS_METERS)
}

const TURN = 2 * Math.PI

/** An angle between -π and π that turns from one bearing to another. */
const turnOf = (from: number, to: number): number => ((to - from + 3 * Math.PI) % TURN) - Math.PI

/**
 * The spherical excess of a ring, in radians: the sum over its edges of what lies between them and the equator. Where the
 * bearing has not made a whole turn at the end, a pole lies inside.
 * @source R. Chamberlain and W. Duquette, Some algorithms for polygons on a sphere (JPL 2007); Trino GeoFunctions
 */
function sphericalExcess(ring: Path): number {
  const corners = samePosition(ring[0]!, ring[ring.length - 1]!) ? ring.slice(0, -1) : ring
  if (corners.length < 3) {
    invalidArgument('Polygon is not valid: a loop contains less then 3 vertices.')
  }
  let excess = 0
  let turned = 0
  let firstBearing: number | undefined
  let lastBearing = 0
  let from = corners[corners.length - 1]!
  for (const to of corners) {
    if (samePosition(from, to)) {
      invalidArgument('Polygon is not valid: it has two identical consecutive vertices')
    }
    const edge = edgeOf(radians(from[1]), radians(to[1]), radians(to[0]) - radians(from[0]))
    excess += edge.excess
    if (firstBearing === undefined) firstBearing = edge.initialBearing
    else turned += turnOf(lastBearing, edge.initialBearing)
    turned += turnOf(edge.initialBearing, edge.finalBearing)
    lastBearing = edge.finalBearing
    from = to
  }
  turned += turnOf(lastBearing, firstBearing ?? 0)
  return Math.abs(turned) < Math.PI / 4 ? Math.abs(excess) - TURN : excess
}

function edgeOf(fromLatitude: number, toLatitude: number, delta: number) {
  const fromTan = Math.tan(fromLatitude / 2)
  const toTan = Math.tan(toLatitude / 2)
  const [sinFrom, cosFrom] = [Math.sin(fromLatitude), Math.cos(fromLatitude)]
  const [sinTo, cosTo] = [Math.sin(toLatitude), Math.cos(toLatitude)]
  const [sinDelta, cosDelta] = [Math.sin(delta), Math.cos(delta)]
  const initial = Math.atan2(sinDelta * cosTo, cosFrom * sinTo - sinFrom * cosTo * cosDelta)
  const backward = Math.atan2(-sinDelta * cosFrom, sinFrom * cosTo - cosFrom * sinTo * cosDelta)
  return {
    excess: 2 * Math.atan2(Math.tan(delta / 2) * (fromTan + toTan), 1 + fromTan * toTan),
    initialBearing: (initial + TURN) % TURN,
    finalBearing: (backward + Math.PI) % TURN,
  }
}
