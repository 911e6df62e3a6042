import type { Path, Position } from '../../values/geometry/shape.js'
import { invalidArgument } from '../errors.js'

/** Positions are whole hundred-thousandths of a degree, latitude first. */
const SCALE = 1e5
const CHUNK_BITS = 5
const MORE = 0x20
const FIRST_CODE = 63

function encodeNumber(delta: number): string {
  let rest = delta < 0 ? -delta * 2 - 1 : delta * 2
  let text = ''
  while (rest >= MORE) {
    text += String.fromCharCode((MORE | (rest % MORE)) + FIRST_CODE)
    rest = Math.floor(rest / MORE)
  }
  return text + String.fromCharCode(rest + FIRST_CODE)
}

/** Writes a path as text. @source Google, Encoded Polyline Algorithm Format */
export function encodePolyline(path: Path): string {
  let text = ''
  let [lastX, lastY] = [0, 0]
  for (const [x, y] of path) {
    const [wholeX, wholeY] = [Math.round(x * SCALE), Math.round(y * SCALE)]
    text += encodeNumber(wholeY - lastY) + encodeNumber(wholeX - lastX)
    lastX = wholeX
    lastY = wholeY
  }
  return text
}

/** Reads what {@link encodePolyline} writes. @throws INVALID_FUNCTION_ARGUMENT */
export function decodePolyline(text: string): Path {
  const path: Position[] = []
  let offset = 0
  const next = (): number => {
    let [value, unit, code] = [0, 1, MORE]
    while (code >= MORE) {
      code = text.charCodeAt(offset++) - FIRST_CODE
      if (!(code >= 0 && code < 2 * MORE) || unit > 2 ** (CHUNK_BITS * 7)) {
        invalidArgument(`Input is not a valid encoded polyline: ${text}`)
      }
      value += (code % MORE) * unit
      unit *= MORE
    }
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
  let [x, y] = [0, 0]
  while (offset < text.length) {
    y += next()
    x += next()
    path.push([x * 1e-5, y * 1e-5])
  }
  return path
}
