import { scalarFunction } from '../../function-definition.js'
import { createValueSet } from '../../value/value-set.js'
import { setOperation, TWO_ARRAYS } from './set-operation.js'

export const arraysOverlap = scalarFunction({
  name: 'arrays_overlap',
  description: 'Tells whether two arrays have an element in common; NULL where only a NULL may be',
  overloads: [
    {
      ...TWO_ARRAYS,
      returns: 'boolean',
      bind: setOperation((left, right, type) => {
        const wanted = createValueSet(type, right)
        if (left.some((value) => value !== null && wanted.has(value))) return true
        const mayOverlap = left.length > 0 && right.length > 0
        return mayOverlap && (left.includes(null) || right.includes(null)) ? null : false
      }),
    },
  ],
})
