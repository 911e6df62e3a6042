import { isEmpty, point } from '../../../values/geometry/shape.js'
import { invalidArgument } from '../../errors.js'
import { carrierOf, onlyOf, shapeOf } from '../../geometry/geometry-value.js'
import { interpolated } from '../../geometry/measures.js'

const MAX_POINTS = 1_000_000

export function interpolate(geometry: Uint8Array, fraction: number, isRepeated: boolean) {
  const shape = shapeOf(geometry)
  if (isEmpty(shape)) return null
  const { path } = onlyOf('line_interpolate_point', shape, 'LineString')
  if (!(fraction >= 0 && fraction <= 1)) invalidArgument('fraction must be between 0 and 1')
  if (isRepeated && fraction > 0 && 1 / fraction > MAX_POINTS) {
    invalidArgument(`fraction makes more than ${MAX_POINTS} points: ${fraction}`)
  }
  return interpolated(path, fraction, isRepeated).map(([x, y]) => carrierOf(point(x, y)))
}
