import { windowFunction } from '../../function-definition.js'
import { frameValue } from './frame-value.js'

export const lastValue = windowFunction({
  name: 'last_value',
  description: 'The value of the last row of the frame',
  overloads: [frameValue(true)],
})
