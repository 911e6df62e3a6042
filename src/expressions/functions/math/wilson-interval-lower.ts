import { scalarFunction } from '../../function-definition.js'
import { WILSON, wilson } from './wilson-interval.js'

export const wilsonIntervalLower = scalarFunction({
  name: 'wilson_interval_lower',
  description: 'The lower bound of the Wilson score interval',
  overloads: [{ ...WILSON, evaluate: wilson(-1) }],
})
