import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const hammingDistance = scalarFunction({
  name: 'hamming_distance',
  description: 'The number of characters in which two strings of one length differ',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'bigint',
      evaluate: (left: string, right: string) => {
        const a = [...left]
        const b = [...right]
        if (a.length !== b.length) {
          return invalidArgument(
            'The input strings to hamming_distance function must have the same length',
          )
        }
        return BigInt(a.filter((character, i) => character !== b[i]).length)
      },
    },
  ],
})
