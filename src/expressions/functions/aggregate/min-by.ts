import { aggregateFunction } from '../../function-definition.js'
import { valueAtExtreme, valuesAtExtreme } from './extremes.js'

export const minBy = aggregateFunction({
  name: 'min_by',
  description: 'The value of the row with the least key, or of the n rows with the least',
  overloads: [valueAtExtreme(1), valuesAtExtreme(1, 'min_by')],
})
