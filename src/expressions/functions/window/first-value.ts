import { windowFunction } from '../../function-definition.js'
import { frameValue } from './frame-value.js'

export const firstValue = windowFunction({
  name: 'first_value',
  description: 'The value of the first row of the frame',
  overloads: [frameValue(false)],
})
