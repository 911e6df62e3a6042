import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const splitPart = scalarFunction({
  name: 'split_part',
  description: 'The part of a string between delimiters at a position from 1; NULL past the last',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)', 'bigint'],
      returns: 'varchar(x)',
      evaluate: (text: string, delimiter: string, index: bigint) => {
        if (index <= 0n) return invalidArgument('Index must be greater than zero')
        if (delimiter === '') {
          const characters = [...text]
          if (index > BigInt(characters.length)) return index === 1n ? text : null
          return characters[Number(index) - 1]!
        }
        const parts = text.split(delimiter)
        return parts[Number(index > 2_147_483_647n ? 2_147_483_647n : index) - 1] ?? null
      },
    },
  ],
})
