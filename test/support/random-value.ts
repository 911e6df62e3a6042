import type { SqlType, Value } from '../../src/spi/index.js'
import { createRandom, type Random } from '../unit/kernel-support/cells.js'
import { randomDouble, randomText } from '../unit/kernel-support/random-blocks.js'

const U64 = 2 ** 32
const randomBits = (random: Random): bigint =>
  (BigInt(random.below(U64)) << 32n) | BigInt(random.below(U64))

/** A random integer of a random magnitude within the limit. */
function randomInteger(random: Random, limit: bigint): bigint {
  const magnitude = random.pick([4n, 1000n, 1n << 31n, 1n << 52n, 1n << 63n, 1n << 126n])
  const bound = magnitude < limit ? magnitude : limit
  if (random.chance(0.03)) return random.pick([limit, -limit, 0n])
  const bits = (randomBits(random) << 64n) | randomBits(random)
  return (bits % (2n * bound + 1n)) - bound
}

/** A random carrier of a type; often one that was there before, so that ties happen. */
export function randomValue(random: Random, type: SqlType, nulls = 0.1): Value {
  if (random.chance(nulls)) return null
  switch (type.kind) {
    case 'unknown':
      return null
    case 'boolean':
      return random.chance(0.5)
    case 'tinyint':
      return Number(randomInteger(random, 127n))
    case 'smallint':
      return Number(randomInteger(random, 32_767n))
    case 'integer':
    case 'date':
    case 'interval year to month':
      return Number(randomInteger(random, 2_147_483_647n))
    case 'bigint':
    case 'interval day to second':
      return randomInteger(random, 9_223_372_036_854_775_807n)
    case 'decimal':
      return randomInteger(random, 10n ** BigInt(type.precision) - 1n)
    case 'real':
      return Math.fround(randomDouble(random))
    case 'double':
      return randomDouble(random)
    case 'varchar':
      return randomText(random)
    case 'char':
      return [...randomText(random)].slice(0, type.length).join('').trimEnd()
    case 'varbinary':
      return Uint8Array.from({ length: random.below(12) }, () => random.below(3))
    case 'uuid':
    case 'ipaddress':
      return Uint8Array.from({ length: 16 }, () => random.pick([0, 1, 200]))
    case 'time':
      return fraction(BigInt(random.below(86_400)) * 10n ** 12n, type.precision, random)
    case 'timestamp':
      return fraction(randomInteger(random, 3_000_000_000n) * 10n ** 12n, type.precision, random)
    case 'timestamp with time zone':
      return {
        picos: fraction(randomInteger(random, 3_000_000n) * 10n ** 12n, type.precision, random),
        zone: random.pick(['UTC', '+05:30', 'Europe/Berlin']),
      }
    case 'time with time zone':
      return {
        picos: fraction(BigInt(random.below(86_400)) * 10n ** 12n, type.precision, random),
        offsetMinutes: random.pick([0, 60, -330]),
      }
    case 'array':
      return Array.from({ length: random.below(4) }, () => randomValue(random, type.element, 0))
    case 'row':
      return type.fields.map((field) => randomValue(random, field.type, 0))
    default:
      throw new Error(`no random value of type ${type.kind}`)
  }
}

/** Adds a fraction of a second of so many digits. */
const fraction = (picos: bigint, precision: number, random: Random): bigint =>
  picos +
  BigInt(random.below(10 ** Math.min(precision, 9))) * 10n ** BigInt(12 - Math.min(precision, 9))

/** A random source with few outcomes, so that values repeat. */
export const fewOutcomes = (random: Random): Random => createRandom(random.below(4))

/** Rows of a value and a running number. */
export function numbered(value: (random: Random) => Value): (random: Random) => readonly Value[] {
  let next = 0n
  return (random) => [value(random.chance(0.3) ? fewOutcomes(random) : random), next++]
}
