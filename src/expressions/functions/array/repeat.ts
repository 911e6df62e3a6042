import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const repeat = scalarFunction({
  name: 'repeat',
  description: 'An array of one element, so many times',
  overloads: [
    {
      args: ['T', 'bigint'],
      returns: 'array(T)',
      typeVariables: ['T'],
      nulls: 'called',
      evaluate: (element: Value, count: bigint | null) => {
        if (count === null) return null
        if (count > 10_000n)
          return invalidArgument(
            'count argument of repeat function must be less than or equal to 10000',
          )
        if (count < 0n)
          return invalidArgument(
            'count argument of repeat function must be greater than or equal to 0',
          )
        return Array.from({ length: Number(count) }, () => element)
      },
    },
  ],
})
