import { aggregateFunction } from '../../function-definition.js'
import { extremeValue, extremeValues } from './extremes.js'

export const max = aggregateFunction({
  name: 'max',
  description: 'The greatest value, or the n greatest',
  overloads: [extremeValue(-1), extremeValues(-1, 'max')],
})
