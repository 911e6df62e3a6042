import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'
import { orderOf } from '../../value/comparison.js'
import { elementType } from './element-type.js'

export const arraySort = scalarFunction({
  name: 'array_sort',
  description: 'The elements in ascending order, NULLs last, or in that of a comparator',
  overloads: [
    {
      args: ['array(e)'],
      returns: 'array(e)',
      typeVariables: ['E:orderable'],
      bind: (call) => {
        const order = orderOf(elementType(call))
        return (array: readonly Value[]) =>
          [...array].sort((a, b) =>
            a === null || b === null ? Number(a === null) - Number(b === null) : order(a, b),
          )
      },
    },
    {
      args: ['array(t)', 'function(t,t,integer)'],
      returns: 'array(t)',
      typeVariables: ['T'],
      evaluate: (array: readonly Value[], comparator: LambdaValue) =>
        [...array].sort((a, b) => {
          const result = comparator(a, b)
          if (result !== -1 && result !== 0 && result !== 1) {
            return invalidArgument('Lambda comparator must return either -1, 0, or 1')
          }
          return result
        }),
    },
  ],
})
