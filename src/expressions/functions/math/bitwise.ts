import {
  type FunctionDefinition,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'

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
