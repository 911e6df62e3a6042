import { asciiDigits } from '../../../values/number-text.js'
import { invalidArgument } from '../../errors.js'
import {
  type FunctionDefinition,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'

const signed = (value: bigint): bigint => BigInt.asIntN(64, value)

const logic = (
  name: string,
  description: string,
  evaluate: (left: bigint, right: bigint) => bigint,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [{ args: ['bigint', 'bigint'], returns: 'bigint', neverFails: true, evaluate }],
  })

const WIDTHS = { bigint: 64, integer: 32, smallint: 16, tinyint: 8 } as const

type Shift = (value: bigint, distance: bigint, width: number) => bigint

/**
 * Shifts of the two's complement of each integer type. A distance past the width shifts everything out; a negative one counts
 * modulo 64, as Java's shifts of 64 bits do.
 */
const shift = (name: string, description: string, evaluate: Shift): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: Object.entries(WIDTHS).map(
      ([type, width]): ScalarOverload => ({
        args: [type, 'integer'],
        returns: type,
        neverFails: true,
        evaluate: (value: number | bigint, distance: number) => {
          const places = BigInt(distance < 0 ? distance & 63 : distance)
          const result = BigInt.asIntN(width, evaluate(BigInt(value), places, width))
          return type === 'bigint' ? result : Number(result)
        },
      }),
    ),
  })

const isOut = (distance: bigint, width: number): boolean => distance >= BigInt(width)

export const bitwise: readonly FunctionDefinition[] = [
  logic('bitwise_and', 'The bits that both numbers have', (left, right) => left & right),
  logic('bitwise_or', 'The bits that either number has', (left, right) => left | right),
  logic('bitwise_xor', 'The bits that one of two numbers has', (left, right) => left ^ right),
  shift('bitwise_left_shift', 'Bits moved to higher places', (value, distance, width) =>
    isOut(distance, width) ? 0n : value << distance,
  ),
  shift(
    'bitwise_right_shift',
    'Bits moved to lower places, zeros put in',
    (value, distance, width) =>
      isOut(distance, width) ? 0n : BigInt.asUintN(width, value) >> distance,
  ),
  shift(
    'bitwise_right_shift_arithmetic',
    'Bits moved to lower places, the sign kept',
    (value, distance, width) =>
      isOut(distance, width) ? (value < 0n ? -1n : 0n) : value >> distance,
  ),
]

export const bitwiseNot = scalarFunction({
  name: 'bitwise_not',
  description: 'All bits of a number changed',
  overloads: [
    { args: ['bigint'], returns: 'bigint', neverFails: true, evaluate: (value: bigint) => ~value },
  ],
})

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

function checkRadix(radix: bigint): number {
  if (radix < 2n || radix > 36n) invalidArgument('Radix must be between 2 and 36')
  return Number(radix)
}

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
