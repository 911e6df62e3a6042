import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const trimArray = scalarFunction({
  name: 'trim_array',
  description: 'The array without its last elements',
  overloads: [
    {
      args: ['array(E)', 'bigint'],
      returns: 'array(E)',
      typeVariables: ['E'],
      evaluate: (array: readonly Value[], size: bigint) => {
        if (size < 0n) return invalidArgument(`size must not be negative: ${size}`)
        if (size > BigInt(array.length)) {
          return invalidArgument(`size must not exceed array cardinality ${array.length}: ${size}`)
        }
        return array.slice(0, array.length - Number(size))
      },
    },
  ],
})
