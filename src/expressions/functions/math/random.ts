import { randomInt } from 'node:crypto'
import { invalidArgument } from '../../errors.js'
import { type ScalarOverload, scalarFunction } from '../../function-definition.js'

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
