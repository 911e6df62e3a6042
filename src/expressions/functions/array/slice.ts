import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const slice = scalarFunction({
  name: 'slice',
  description: 'The part of an array from a position, from the end where negative, of a length',
  overloads: [
    {
      args: ['array(E)', 'bigint', 'bigint'],
      returns: 'array(E)',
      typeVariables: ['E'],
      evaluate: (array: readonly Value[], start: bigint, length: bigint) => {
        if (length < 0n) return invalidArgument('length must be greater than or equal to 0')
        if (start === 0n) return invalidArgument('SQL array indices start at 1')
        const size = BigInt(array.length)
        const first = start > 0n ? start - 1n : size + start
        if (first < 0n || first >= size) return []
        const end = first + length > size ? size : first + length
        return array.slice(Number(first), Number(end))
      },
    },
  ],
})
