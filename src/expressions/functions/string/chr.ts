import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const chr = scalarFunction({
  name: 'chr',
  description: 'The character of a Unicode code point',
  overloads: [
    {
      args: ['bigint'],
      returns: 'varchar(1)',
      evaluate: (point: bigint) => {
        const isScalar =
          point >= 0n && point <= 0x10ffffn && !(point >= 0xd800n && point <= 0xdfffn)
        if (!isScalar) return invalidArgument(`Not a valid Unicode code point: ${point}`)
        return String.fromCodePoint(Number(point))
      },
    },
  ],
})
