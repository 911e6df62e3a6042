import { aggregateFunction } from '../../function-definition.js'
import { valueAtExtreme, valuesAtExtreme } from './extremes.js'

export const maxBy = aggregateFunction({
  name: 'max_by',
  description: 'The value of the row with the greatest key, or of the n rows with the greatest',
  overloads: [valueAtExtreme(-1), valuesAtExtreme(-1, 'max_by')],
})
