import { scalarFunction } from '../../function-definition.js'
import { createValueSet } from '../../value/value-set.js'
import { setOperation, TWO_ARRAYS } from './set-operation.js'

export const arrayIntersect = scalarFunction({
  name: 'array_intersect',
  description: 'The distinct elements that both arrays have',
  overloads: [
    {
      ...TWO_ARRAYS,
      // In the order of the longer array, of the first where both are as long.
      bind: setOperation((left, right, type) => {
        const [longer, shorter] = left.length < right.length ? [right, left] : [left, right]
        const wanted = createValueSet(type, shorter)
        return createValueSet(
          type,
          longer.filter((value) => wanted.has(value)),
        ).values()
      }),
    },
  ],
})
