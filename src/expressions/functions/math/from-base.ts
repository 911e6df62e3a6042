import { asciiDigits } from '../../../values/number-text.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { checkRadix } from './radix.js'

const signed = (value: bigint): bigint => BigInt.asIntN(64, value)

export const fromBase = scalarFunction({
  name: 'from_base',
  description: 'The integer that digits in a base from 2 to 36 stand for',
  overloads: [
    {
      args: ['varchar(x)', 'bigint'],
      returns: 'bigint',
      evaluate: (text: string, base: bigint) => {
        const radix = checkRadix(base)
        const bad = () => invalidArgument(`Not a valid base-${radix} number: ${text}`)
        const match = /^([+-]?)([0-9a-z]+)$/i.exec(asciiDigits(text))
        if (match === null) return bad()
        let value = 0n
        for (const digit of match[2]!) {
          const number = Number.parseInt(digit, 36)
          if (number >= radix) return bad()
          value = value * base + BigInt(number)
        }
        if (match[1] === '-') value = -value
        return signed(value) === value ? value : bad()
      },
    },
  ],
})
