import { aggregateFunction } from '../../function-definition.js'
import { one, several } from './extremes.js'

export const max = aggregateFunction({
  name: 'max',
  description: 'The greatest value, or the n greatest',
  overloads: [one(-1), several(-1, 'max')],
})
