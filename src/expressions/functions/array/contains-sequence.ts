import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { hashKeyOf } from '../../value/comparison.js'
import { elementType } from './element-type.js'

export const containsSequence = scalarFunction({
  name: 'contains_sequence',
  description: 'Tells whether an array has the elements of another one after another',
  overloads: [
    {
      args: ['array(T)', 'array(T)'],
      returns: 'boolean',
      typeVariables: ['T:comparable'],
      bind: (call) => {
        const keyOf = hashKeyOf(elementType(call))
        return (array: readonly Value[], sequence: readonly Value[]) => {
          const keys = array.map(keyOf)
          const wanted = sequence.map(keyOf)
          for (let i = 0; i + wanted.length <= keys.length; i++) {
            if (wanted.every((key, j) => Object.is(key, keys[i + j]))) return true
          }
          return false
        }
      },
    },
  ],
})
