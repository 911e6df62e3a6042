import { aggregateFunction } from '../../function-definition.js'
import { folded } from './boolean-fold.js'

export const boolOr = aggregateFunction({
  name: 'bool_or',
  description: 'Tells whether any value is true',
  overloads: [folded((left, right) => left || right)],
})
