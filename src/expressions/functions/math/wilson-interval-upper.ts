import { scalarFunction } from '../../function-definition.js'
import { WILSON, wilson } from './wilson-interval.js'

export const wilsonIntervalUpper = scalarFunction({
  name: 'wilson_interval_upper',
  description: 'The upper bound of the Wilson score interval',
  overloads: [{ ...WILSON, evaluate: wilson(1) }],
})
