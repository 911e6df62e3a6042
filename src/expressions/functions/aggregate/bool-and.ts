import { aggregateFunction } from '../../function-definition.js'
import { folded } from './boolean-fold.js'

export const boolAnd = aggregateFunction({
  name: 'bool_and',
  aliases: ['every'],
  description: 'Tells whether all values are true',
  overloads: [folded((left, right) => left && right)],
})
