import { scalarFunction } from '../../function-definition.js'
import { createValueSet } from '../../value/value-set.js'
import { setOperation, TWO_ARRAYS } from './set-operation.js'

export const arrayExcept = scalarFunction({
  name: 'array_except',
  description: 'The distinct elements of an array that another does not have',
  overloads: [
    {
      ...TWO_ARRAYS,
      bind: setOperation((left, right, type) => {
        // Trino gives the array as it is, with its duplicates.
        if (right.length === 0) return left
        const unwanted = createValueSet(type, right)
        return createValueSet(
          type,
          left.filter((value) => !unwanted.has(value)),
        ).values()
      }),
    },
  ],
})
