import { windowFunction } from '../../function-definition.js'
import { shifted } from './shifted-value.js'

export const lead = windowFunction({
  name: 'lead',
  description: 'The value of the row some rows after',
  overloads: shifted(1),
})
