import { scalarFunction } from '../../function-definition.js'
import { createValueSet } from '../../value/value-set.js'
import { setOperation, TWO_ARRAYS } from './set-operation.js'

export const arrayUnion = scalarFunction({
  name: 'array_union',
  description: 'The distinct elements of two arrays',
  overloads: [
    {
      ...TWO_ARRAYS,
      bind: setOperation((left, right, type) => createValueSet(type, [...left, ...right]).values()),
    },
  ],
})
