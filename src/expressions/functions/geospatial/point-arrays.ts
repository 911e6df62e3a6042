import type { Path, Position } from '../../../values/geometry/shape.js'
import { invalidArgument } from '../../errors.js'
import { shapeOf } from '../../geometry/geometry-value.js'

/** The positions of an array of points, none NULL or empty. */
export function positionsOf(
  points: readonly (Uint8Array | null)[],
  name: string,
  wrongKind: (kind: string, index: number) => string,
): Path {
  return points.map((point, i): Position => {
    const at = `at index ${i + 1}`
    if (point === null) {
      return invalidArgument(
        `Invalid input to ${name}: null ${name === 'ST_LineString' ? 'point ' : ''}${at}`,
      )
    }
    const shape = shapeOf(point)
    if (shape.kind !== 'Point') return invalidArgument(wrongKind(shape.kind, i + 1))
    return shape.position ?? invalidArgument(`Invalid input to ${name}: empty point ${at}`)
  })
}
