import { expect, test } from 'vitest'
import {
  BIGINT,
  DATE,
  DOUBLE,
  decimalType,
  domain,
  domainIncludes,
  integerRanges,
  multipleValuesDomain,
  type Range,
  type SqlType,
  timestampType,
  timestampWithTimeZoneType,
  type Value,
  valueSetOfRanges,
} from '../../../../src/spi/index.js'
import fc from '../../../support/fast-check.js'

/** Types, and the carrier of a logical integer of each. */
const TYPES: readonly [SqlType, (integer: number) => Value][] = [
  [BIGINT, BigInt],
  [decimalType(20, 3), BigInt],
  [DATE, (days) => days],
  [timestampType(6), (micros) => BigInt(micros) * 1_000_000n],
]
const LEAST = -8
const GREATEST = 8

const bounds = fc.record({
  low: fc.option(fc.integer({ min: LEAST, max: GREATEST }), { nil: undefined }),
  high: fc.option(fc.integer({ min: LEAST, max: GREATEST }), { nil: undefined }),
  lowInclusive: fc.boolean(),
  highInclusive: fc.boolean(),
})

const isRange = ({ low, high, lowInclusive, highInclusive }: Range): boolean =>
  low === undefined ||
  high === undefined ||
  low! < high! ||
  (low === high && lowInclusive && highInclusive)

test('have the integers of the domain', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TYPES), fc.array(bounds), ([type, carrier], found) => {
      const ranges = found
        .map(
          ({ low, high, lowInclusive, highInclusive }): Range => ({
            ...(low === undefined ? {} : { low: carrier(low) }),
            ...(high === undefined ? {} : { high: carrier(high) }),
            lowInclusive: low !== undefined && lowInclusive,
            highInclusive: high !== undefined && highInclusive,
          }),
        )
        .filter(isRange)
      const wanted = domain(valueSetOfRanges(type, ranges), false)
      const integers = integerRanges(type, wanted)!
      for (let integer = LEAST - 2; integer <= GREATEST + 2; integer++) {
        expect(integers.some(({ low, high }) => low <= integer && integer <= high)).toBe(
          domainIncludes(wanted, carrier(integer)),
        )
      }
      const ends = integers.map(({ low }) => low)
      expect(ends).toEqual([...ends].sort((a, b) => a - b))
    }),
  )
})

test('are the nearest doubles beyond safe integers', () => {
  const wanted = multipleValuesDomain(BIGINT, [-(2n ** 63n), 2n ** 53n + 1n, 2n ** 63n - 1n])
  expect(integerRanges(BIGINT, wanted)).toEqual(
    [-(2 ** 63), 2 ** 53, 2 ** 63].map((n) => ({ low: n, high: n })),
  )
})

test('are not there for types whose order is another', () => {
  for (const type of [DOUBLE, timestampType(9), timestampWithTimeZoneType(3)]) {
    expect(integerRanges(type, domain(valueSetOfRanges(type, []), false))).toBeUndefined()
  }
})
