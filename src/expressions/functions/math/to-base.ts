import { scalarFunction } from '../../function-definition.js'
import { checkRadix } from './radix.js'

export const toBase = scalarFunction({
  name: 'to_base',
  description: 'The digits of an integer in a base from 2 to 36',
  overloads: [
    {
      args: ['bigint', 'bigint'],
      returns: 'varchar(64)',
      evaluate: (value: bigint, radix: bigint) => value.toString(checkRadix(radix)),
    },
  ],
})
