import { aggregateFunction } from '../../function-definition.js'
import { extremeValue, extremeValues } from './extremes.js'

export const min = aggregateFunction({
  name: 'min',
  description: 'The least value, or the n least',
  overloads: [extremeValue(1), extremeValues(1, 'min')],
})
