import { aggregateFunction } from '../../function-definition.js'
import { oneBy, severalBy } from './extremes.js'

export const minBy = aggregateFunction({
  name: 'min_by',
  description: 'The value of the row with the least key, or of the n rows with the least',
  overloads: [oneBy(1), severalBy(1, 'min_by')],
})
