import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { equalityOf } from '../../value/comparison.js'
import { elementType } from './element-type.js'

export const arrayPosition = scalarFunction({
  name: 'array_position',
  description: 'The position of the first element equal to a value, from 1; 0 where there is none',
  overloads: [
    {
      args: ['array(T)', 'T'],
      returns: 'bigint',
      typeVariables: ['T:comparable'],
      bind: (call) => {
        const equal = equalityOf(elementType(call))
        return (array: readonly Value[], value: Value) =>
          BigInt(array.findIndex((item) => item !== null && equal(item, value) === true) + 1)
      },
    },
  ],
})
