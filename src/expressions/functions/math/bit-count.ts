import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

function countBits(value: bigint): bigint {
  let count = 0n
  for (let rest = value; rest !== 0n; rest &= rest - 1n) count++
  return count
}

export const bitCount = scalarFunction({
  name: 'bit_count',
  description: 'The number of ones in the two’s complement of a number, of so many bits',
  overloads: [
    {
      args: ['bigint', 'bigint'],
      returns: 'bigint',
      evaluate: (value: bigint, bits: bigint) => {
        if (bits === 64n) return countBits(BigInt.asUintN(64, value))
        if (bits <= 1n || bits > 64n) {
          return invalidArgument(
            `Bits specified in bit_count must be between 2 and 64, got ${bits}`,
          )
        }
        const limit = 1n << (bits - 1n)
        if (value >= limit || value < -limit) {
          return invalidArgument(
            `Number must be representable with the bits specified. ${value} cannot be represented with ${bits} bits`,
          )
        }
        return countBits(BigInt.asUintN(Number(bits), value))
      },
    },
  ],
})
