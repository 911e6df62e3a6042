import type { CharType } from '../../../spi/type/type.js'
import { codePointCount } from '../../../values/code-points.js'
import { scalarFunction } from '../../function-definition.js'

export const length = scalarFunction({
  name: 'length',
  description: 'The number of characters of a string, or bytes of a binary',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'bigint',
      neverFails: true,
      evaluate: (text: string) => BigInt(codePointCount(text)),
    },
    {
      args: ['char(x)'],
      returns: 'bigint',
      neverFails: true,
      bind: ({ argumentTypes }) => {
        const { length: padded } = argumentTypes[0] as CharType
        return (text: string) => BigInt(Math.max(padded, codePointCount(text)))
      },
    },
    {
      args: ['varbinary'],
      returns: 'bigint',
      neverFails: true,
      evaluate: (bytes: Uint8Array) => BigInt(bytes.length),
    },
  ],
})
