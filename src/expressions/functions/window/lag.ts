import { windowFunction } from '../../function-definition.js'
import { shifted } from './shifted-value.js'

export const lag = windowFunction({
  name: 'lag',
  description: 'The value of the row some rows before',
  overloads: shifted(-1),
})
