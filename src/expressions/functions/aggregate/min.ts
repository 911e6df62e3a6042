import { aggregateFunction } from '../../function-definition.js'
import { one, several } from './extremes.js'

export const min = aggregateFunction({
  name: 'min',
  description: 'The least value, or the n least',
  overloads: [one(1), several(1, 'min')],
})
