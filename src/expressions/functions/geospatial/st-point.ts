import { scalarFunction } from '../../function-definition.js'
import { pointCarrier } from '../../geometry/geometry-value.js'

export const stPoint = scalarFunction({
  name: 'st_point',
  displayName: 'ST_Point',
  description: 'The point with two coordinates',
  overloads: [{ args: ['double', 'double'], returns: 'geometry', evaluate: pointCarrier }],
})
