import { scalarFunction } from '../../function-definition.js'
import { interpolate } from './interpolated-points.js'

export const lineInterpolatePoints = scalarFunction({
  name: 'line_interpolate_points',
  description: 'The points at the multiples of a fraction of the length of a line',
  overloads: [
    {
      args: ['geometry', 'double'],
      returns: 'array(geometry)',
      evaluate: (line: Uint8Array, fraction: number) => interpolate(line, fraction, true),
    },
  ],
})
