import { randomInt } from 'node:crypto'
import { invalidArgument } from '../../errors.js'
import {
  type FunctionDefinition,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'

const unary = (
  name: string,
  description: string,
  evaluate: (value: number) => number,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [{ args: ['double'], returns: 'double', neverFails: true, evaluate }],
  })

const binary = (
  name: string,
  description: string,
  evaluate: (left: number, right: number) => number,
  aliases: readonly string[] = [],
): FunctionDefinition =>
  scalarFunction({
    name,
    aliases,
    description,
    overloads: [{ args: ['double', 'double'], returns: 'double', neverFails: true, evaluate }],
  })

/** Java's pow: 1 to the NaN is NaN, and so is -1 to an infinity. */
function power(base: number, exponent: number): number {
  return base ** exponent
}

export const elementary: readonly FunctionDefinition[] = [
  unary('acos', 'The arc cosine', Math.acos),
  unary('asin', 'The arc sine', Math.asin),
  unary('atan', 'The arc tangent', Math.atan),
  binary('atan2', 'The angle of the point (x, y), given as (y, x)', Math.atan2),
  unary('cbrt', 'The cube root', Math.cbrt),
  unary('cos', 'The cosine', Math.cos),
  unary('cosh', 'The hyperbolic cosine', Math.cosh),
  unary('degrees', 'An angle in degrees of one in radians', (value) => (value * 180) / Math.PI),
  unary('exp', 'The power of e', Math.exp),
  unary('ln', 'The natural logarithm', Math.log),
  binary(
    'log',
    'The logarithm to a base, given first',
    (base, value) => Math.log(value) / Math.log(base),
  ),
  unary('log10', 'The logarithm to base 10', Math.log10),
  unary('log2', 'The logarithm to base 2', (value) => Math.log(value) / Math.log(2)),
  binary('power', 'A number to a power', power, ['pow']),
  unary('radians', 'An angle in radians of one in degrees', (value) => (value / 180) * Math.PI),
  unary('sin', 'The sine', Math.sin),
  unary('sinh', 'The hyperbolic sine', Math.sinh),
  unary('sqrt', 'The square root', Math.sqrt),
  unary('tan', 'The tangent', Math.tan),
  unary('tanh', 'The hyperbolic tangent', Math.tanh),
]

const constant = (name: string, description: string, value: number): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [{ args: [], returns: 'double', neverFails: true, evaluate: () => value }],
  })

export const mathConstants: readonly FunctionDefinition[] = [
  constant('e', 'The base of the natural logarithm', Math.E),
  constant('infinity', 'Positive infinity', Number.POSITIVE_INFINITY),
  constant('nan', 'The double that is not a number', Number.NaN),
  constant('pi', 'The ratio of a circle to its diameter', Math.PI),
]

const test = (
  name: string,
  description: string,
  types: readonly string[],
  evaluate: (value: number) => boolean,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: types.map((type) => ({
      args: [type],
      returns: 'boolean',
      neverFails: true,
      evaluate,
    })),
  })

export const floatTests: readonly FunctionDefinition[] = [
  test('is_finite', 'Tells whether a number is finite', ['double'], Number.isFinite),
  test(
    'is_infinite',
    'Tells whether a number is infinite',
    ['double'],
    (value) => Math.abs(value) === Number.POSITIVE_INFINITY,
  ),
  test('is_nan', 'Tells whether a number is NaN', ['double', 'real'], Number.isNaN),
]

const RANDOM_TYPES = ['bigint', 'integer', 'smallint', 'tinyint'] as const

/** A random integer of [start, stop). */
function randomBetween(start: bigint, stop: bigint): bigint {
  const range = stop - start
  if (range <= 1n << 47n) return start + BigInt(randomInt(Number(range)))
  const high = BigInt(randomInt(2 ** 40))
  return start + (((high << 40n) | BigInt(randomInt(2 ** 40))) * range) / (1n << 80n)
}

const randomOverloads: readonly ScalarOverload[] = RANDOM_TYPES.flatMap((type) => {
  const carrier = (value: bigint) => (type === 'bigint' ? value : Number(value))
  return [
    {
      args: [type],
      returns: type,
      deterministic: false,
      evaluate: (bound: number | bigint) =>
        bound <= 0
          ? invalidArgument('bound must be positive')
          : carrier(randomBetween(0n, BigInt(bound))),
    },
    {
      args: [type, type],
      returns: type,
      deterministic: false,
      evaluate: (start: number | bigint, stop: number | bigint) =>
        start >= stop
          ? invalidArgument('start value must be less than stop value')
          : carrier(randomBetween(BigInt(start), BigInt(stop))),
    },
  ]
})

export const random = scalarFunction({
  name: 'random',
  aliases: ['rand'],
  description: 'A random number of [0, 1), or of a range',
  overloads: [
    { args: [], returns: 'double', deterministic: false, evaluate: () => Math.random() },
    ...randomOverloads,
  ],
})
