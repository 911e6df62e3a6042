import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { createValueSet } from '../../value/value-set.js'
import { elementType } from './element-type.js'

export const arrayDistinct = scalarFunction({
  name: 'array_distinct',
  description: 'The distinct elements of an array',
  overloads: [
    {
      args: ['array(E)'],
      returns: 'array(E)',
      typeVariables: ['E:comparable'],
      bind: (call) => {
        const type = elementType(call)
        return (array: readonly Value[]) => createValueSet(type, array).values()
      },
    },
  ],
})
