import { scalarFunction } from '../../function-definition.js'
import { interpolate } from './interpolated-points.js'

export const lineInterpolatePoint = scalarFunction({
  name: 'line_interpolate_point',
  description: 'The point at a fraction of the length of a line',
  overloads: [
    {
      args: ['geometry', 'double'],
      returns: 'geometry',
      evaluate: (line: Uint8Array, fraction: number) =>
        interpolate(line, fraction, false)?.[0] ?? null,
    },
  ],
})
