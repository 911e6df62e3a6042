import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { equalityOf } from '../../value/comparison.js'
import { elementType } from './element-type.js'

export const arrayRemove = scalarFunction({
  name: 'array_remove',
  description: 'The array without the elements equal to a value',
  overloads: [
    {
      args: ['array(E)', 'E'],
      returns: 'array(E)',
      typeVariables: ['E:comparable'],
      bind: (call) => {
        const equal = equalityOf(elementType(call))
        return (array: readonly Value[], value: Value) =>
          array.filter((item) => item === null || equal(item, value) !== true)
      },
    },
  ],
})
