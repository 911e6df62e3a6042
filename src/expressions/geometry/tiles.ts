import { type BingTile, MAX_TILE_ZOOM } from '../../values/geometry/bing-tile.js'
import {
  type Envelope,
  envelopeOf,
  envelopeShape,
  isEmpty,
  type Position,
  type Shape,
} from '../../values/geometry/shape.js'
import { invalidArgument } from '../errors.js'
import { pointCount } from './measures.js'
import { greatCircleKilometers } from './sphere.js'
import { related } from './topology.js'

const TILE_PIXELS = 256
const MAX_LATITUDE = 85.05112878
const MAX_LONGITUDE = 180
const EARTH_RADIUS_KM = 6371.01
const MAX_TILES = 1_000_000
/** Above this zoom level, large tiles that lie inside of a geometry are not cut up one by one. */
const COARSE_ZOOM = 10
const MAX_COMPLEXITY = 25_000_000

function checkZoom(zoom: number): void {
  if (zoom <= 0) invalidArgument('Zoom level must be > 0')
  if (zoom > MAX_TILE_ZOOM) invalidArgument(`Zoom level must be <= ${MAX_TILE_ZOOM}`)
}

export function tileAtCoordinates(x: number, y: number, zoom: number): BingTile {
  checkZoom(zoom)
  const limit = 2 ** zoom
  for (const coordinate of [x, y]) {
    if (coordinate < 0 || coordinate >= limit) {
      invalidArgument(
        `XY coordinates for a Bing tile at zoom level ${zoom} must be within [0, ${limit}) range`,
      )
    }
  }
  return { x, y, zoom }
}

/** The tile of a key with a digit 0 to 3 a zoom level. */
export function tileOfQuadKey(key: string): BingTile {
  if (key.length === 0) invalidArgument('QuadKey must not be empty string')
  if (key.length > MAX_TILE_ZOOM) {
    invalidArgument(`QuadKey must be ${MAX_TILE_ZOOM} characters or less`)
  }
  if (!/^[0-3]*$/.test(key)) invalidArgument(`Invalid QuadKey digit sequence: ${key}`)
  let [x, y] = [0, 0]
  for (const digit of key) {
    x = x * 2 + (Number(digit) & 1)
    y = y * 2 + (Number(digit) >> 1)
  }
  return { x, y, zoom: key.length }
}

export function quadKeyOf({ x, y, zoom }: BingTile): string {
  let key = ''
  for (let bit = zoom - 1; bit >= 0; bit--) key += ((x >> bit) & 1) | (((y >> bit) & 1) << 1)
  return key
}

const isLatitude = (value: number): boolean => value >= -MAX_LATITUDE && value <= MAX_LATITUDE
const isLongitude = (value: number): boolean => value >= -MAX_LONGITUDE && value <= MAX_LONGITUDE

function checkPlace(latitude: number, longitude: number, zoom: number): void {
  if (!isLatitude(latitude)) {
    invalidArgument(`Latitude must be between -${MAX_LATITUDE} and ${MAX_LATITUDE}`)
  }
  if (!isLongitude(longitude)) {
    invalidArgument('Longitude must be between -180.0 and 180.0')
  }
  checkZoom(zoom)
}

const pixelsAt = (zoom: number): number => TILE_PIXELS * 2 ** zoom

function tileCoordinate(share: number, zoom: number): number {
  const pixels = pixelsAt(zoom)
  return Math.floor(Math.floor(Math.max(0, Math.min(pixels - 1, share * pixels))) / TILE_PIXELS)
}

/** @source Microsoft, Bing Maps Tile System */
function tileOf(latitude: number, longitude: number, zoom: number): BingTile {
  const sine = Math.sin((latitude * Math.PI) / 180)
  const share = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)
  return { x: tileCoordinate((longitude + 180) / 360, zoom), y: tileCoordinate(share, zoom), zoom }
}

export function tileAt(latitude: number, longitude: number, zoom: number): BingTile {
  checkPlace(latitude, longitude, zoom)
  return tileOf(latitude, longitude, zoom)
}

/** Longitude and latitude of the upper left corner of a tile, which may lie one beyond the map. */
function cornerOf({ x, y, zoom }: BingTile): Position {
  const tiles = 2 ** zoom
  const share = 0.5 - Math.max(0, Math.min(tiles, y)) / tiles
  const latitude = 90 - (360 * Math.atan(Math.exp(-share * 2 * Math.PI))) / Math.PI
  return [360 * (Math.max(0, Math.min(tiles, x)) / tiles - 0.5), latitude]
}

function tileEnvelope(tile: BingTile): Envelope {
  const [xMin, yMax] = cornerOf(tile)
  const [xMax, yMin] = cornerOf({ x: tile.x + 1, y: tile.y + 1, zoom: tile.zoom })
  return { xMin, yMin, xMax, yMax }
}

export const tileShape = (tile: BingTile): Shape => envelopeShape(tileEnvelope(tile))

/** The tile of a place and those around it, left ones first. */
export function neighbors(latitude: number, longitude: number, zoom: number): BingTile[] {
  const { x, y } = tileAt(latitude, longitude, zoom)
  const limit = 2 ** zoom
  const tiles: BingTile[] = []
  for (let i = x - 1; i <= x + 1; i++) {
    for (let j = y - 1; j <= y + 1; j++) {
      if (i >= 0 && i < limit && j >= 0 && j < limit) tiles.push({ x: i, y: j, zoom })
    }
  }
  return tiles
}

const radians = (degrees: number): number => degrees * (Math.PI / 180)
const degrees = (angle: number): number => (angle * 180) / Math.PI

function latitudeAfter(latitude: number, kilometers: number, sign: 1 | -1): number {
  const ratio = kilometers / EARTH_RADIUS_KM
  const start = radians(latitude)
  const sine = Math.sin(start) * Math.cos(ratio) + Math.cos(start) * Math.sin(ratio) * sign
  return Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, degrees(Math.asin(sine))))
}

function longitudeAfter(
  latitude: number,
  longitude: number,
  kilometers: number,
  sign: 1 | -1,
): number {
  const ratio = kilometers / EARTH_RADIUS_KM
  const angle = radians(latitude)
  const turn = Math.atan2(
    sign * Math.sin(ratio) * Math.cos(angle),
    Math.cos(ratio) - Math.sin(angle) * Math.sin(angle),
  )
  const result = degrees(radians(longitude) + turn)
  if (result > MAX_LONGITUDE) return result - 360
  return result < -MAX_LONGITUDE ? result + 360 : result
}

/** The tiles that a circle around a place meets: its row, its column, then what of the four corners lies within. */
export function tilesWithin(
  latitude: number,
  longitude: number,
  zoom: number,
  kilometers: number,
): BingTile[] {
  checkPlace(latitude, longitude, zoom)
  if (!(kilometers >= 0)) invalidArgument('Radius must be >= 0')
  if (!(kilometers <= 1000)) invalidArgument('Radius must be <= 1,000 km')
  const limit = 2 ** zoom
  const center = tileOf(latitude, longitude, zoom)
  const top = tileOf(latitudeAfter(latitude, kilometers, 1), longitude, zoom).y
  const bottom = tileOf(latitudeAfter(latitude, kilometers, -1), longitude, zoom).y
  const left = tileOf(latitude, longitudeAfter(latitude, longitude, kilometers, -1), zoom).x
  const right = tileOf(latitude, longitudeAfter(latitude, longitude, kilometers, 1), zoom).x
  const width = ((right - left + limit) % limit) + 1
  checkTileCount(
    width * (bottom - top + 1),
    `Radius: ${kilometers.toFixed(1)} km. Zoom level: ${zoom}.`,
  )
  const tiles: BingTile[] = []
  for (let i = 0; i < width; i++) tiles.push({ x: (left + i) % limit, y: center.y, zoom })
  for (let y = top; y <= bottom; y++) if (y !== center.y) tiles.push({ x: center.x, y, zoom })
  const isWithin = (x: number, y: number): boolean => {
    const [cornerX, cornerY] = cornerOf({ x, y, zoom })
    return greatCircleKilometers(latitude, longitude, cornerY, cornerX) <= kilometers
  }
  // From the far end of each column towards the center's row: once one lies within, the rest do.
  const addColumn = (x: number, nearX: number): void => {
    let y = top
    while (y < center.y && !isWithin(nearX, y + 1)) y++
    for (; y < center.y; y++) tiles.push({ x, y, zoom })
    y = bottom
    while (y > center.y && !isWithin(nearX, y)) y--
    for (; y > center.y; y--) tiles.push({ x, y, zoom })
  }
  for (let x = right; x !== center.x; x = (x + limit - 1) % limit) addColumn(x, x)
  for (let x = left; x !== center.x; x = (x + 1) % limit) addColumn(x, x + 1)
  return tiles
}

function checkTileCount(count: number, rest: string): void {
  if (count > MAX_TILES) {
    invalidArgument(
      `The number of tiles covering input rectangle exceeds the limit of 1M. Number of tiles: ${count}. ${rest}`,
    )
  }
}

/** The tiles of a zoom level that a geometry in degrees meets. */
export function tilesCovering(shape: Shape, zoom: number): BingTile[] {
  checkZoom(zoom)
  const box = envelopeOf(shape)
  if (box === undefined || isEmpty(shape)) return []
  if (!isLatitude(box.yMin) || !isLatitude(box.yMax)) {
    invalidArgument('Latitude span for the geometry must be in [-85.05, 85.05] range')
  }
  if (!isLongitude(box.xMin) || !isLongitude(box.xMax)) {
    invalidArgument('Longitude span for the geometry must be in [-180.00, 180.00] range')
  }
  const first = tileOf(box.yMax, box.xMin, zoom)
  const last = lastTile(box, zoom)
  const count = (last.x - first.x + 1) * (last.y - first.y + 1)
  const isBox = isPointOrBox(shape, box)
  if (isBox) checkTileCount(count, boxText(box, zoom))
  else if (count * pointCount(shape) > MAX_COMPLEXITY) {
    invalidArgument(
      'The zoom level is too high or the geometry is too complex to compute a set of covering Bing tiles. Please use a lower zoom level or convert the geometry to its bounding box using the ST_Envelope function.',
    )
  }
  const tiles: BingTile[] = []
  const coarse = isBox ? zoom : Math.min(zoom, COARSE_ZOOM)
  const shift = zoom - coarse
  for (let x = first.x >> shift; x <= last.x >> shift; x++) {
    for (let y = first.y >> shift; y <= last.y >> shift; y++) {
      const tile = { x, y, zoom: coarse }
      if (isBox) tiles.push(tile)
      else addMeeting(shape, zoom, tile, tiles)
    }
  }
  return tiles
}

/** The tile of the lower right corner, but of what only touches the box the one before. */
function lastTile({ xMax, yMin }: Envelope, zoom: number): BingTile {
  const tile = tileOf(yMin, xMax, zoom)
  const [left, top] = cornerOf(tile)
  return { x: tile.x - (left === xMax ? 1 : 0), y: tile.y - (top === yMin ? 1 : 0), zoom }
}

function addMeeting(shape: Shape, zoom: number, tile: BingTile, tiles: BingTile[]): void {
  const area = tileShape(tile)
  if (tile.zoom === zoom) {
    if (related('intersects', area, shape)) tiles.push(tile)
    return
  }
  if (related('contains', shape, area)) {
    const side = 2 ** (zoom - tile.zoom)
    for (let x = side * tile.x; x < side * (tile.x + 1); x++) {
      for (let y = side * tile.y; y < side * (tile.y + 1); y++) tiles.push({ x, y, zoom })
    }
    return
  }
  if (!related('intersects', area, shape)) return
  for (let x = 2 * tile.x; x < 2 * tile.x + 2; x++) {
    for (let y = 2 * tile.y; y < 2 * tile.y + 2; y++) {
      addMeeting(shape, zoom, { x, y, zoom: tile.zoom + 1 }, tiles)
    }
  }
}

function isPointOrBox(shape: Shape, { xMin, yMin, xMax, yMax }: Envelope): boolean {
  if (shape.kind === 'Point') return true
  if (shape.kind !== 'Polygon' || shape.rings.length !== 1 || shape.rings[0]!.length !== 5) {
    return false
  }
  const corners = new Set(shape.rings[0]!.map(([x, y]) => `${x} ${y}`))
  return (
    corners.size === 4 &&
    shape.rings[0]!.every(([x, y]) => (x === xMin || x === xMax) && (y === yMin || y === yMax))
  )
}

const boxText = ({ xMin, yMin, xMax, yMax }: Envelope, zoom: number): string => {
  const [x0, y0, x1, y1] = [xMin, yMin, xMax, yMax].map((value) => value.toFixed(2))
  return `Rectangle: xMin=${x0}, yMin=${y0}, xMax=${x1}, yMax=${y1}. Zoom level: ${zoom}.`
}
