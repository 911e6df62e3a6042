import { describe, expect, it } from 'vitest'
import {
  arrayType,
  BIGINT,
  charType,
  compareValues,
  DOUBLE,
  isComparable,
  isOrderable,
  JSON_TYPE,
  mapType,
  rowType,
  timestampWithTimeZoneType,
  timeWithTimeZoneType,
  UUID,
  VARBINARY,
  VARCHAR,
  valueKey,
  valuesEqual,
  valuesIdentical,
} from '../../../../src/spi/index.js'
import { anyType, scalarType, valueOfType } from '../../../support/arbitrary.js'
import fc from '../../../support/fast-check.js'

const pair = (types: typeof anyType) =>
  types.chain((type) =>
    fc.tuple(fc.constant(type), valueOfType(type), valueOfType(type), valueOfType(type)),
  )

describe('compareValues', () => {
  it('is a total order of every orderable scalar type, equal where identical', () => {
    fc.assert(
      fc.property(pair(scalarType.filter(isOrderable)), ([type, a, b, c]) => {
        const sign = Math.sign(compareValues(type, a, b)) + 0
        expect(Math.sign(compareValues(type, b, a)) + 0).toBe(-sign + 0)
        expect(compareValues(type, a, a)).toBe(0)
        if (compareValues(type, a, b) <= 0 && compareValues(type, b, c) <= 0) {
          expect(compareValues(type, a, c)).toBeLessThanOrEqual(0)
        }
        expect(sign === 0).toBe(valueKey(type, a) === valueKey(type, b))
        expect(sign === 0).toBe(valuesIdentical(type, a, b))
      }),
      { numRuns: 1000 },
    )
  })

  it('orders strings by code point', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const expected = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))
        expect(Math.sign(compareValues(VARCHAR, a, b))).toBe(expected)
      }),
    )
    expect(compareValues(VARCHAR, '\uffff', '😀')).toBeLessThan(0)
  })

  it('pads CHAR with blanks', () => {
    expect(compareValues(charType(3), 'a', 'a\u0001')).toBeGreaterThan(0)
    expect(compareValues(charType(3), 'a', 'a!')).toBeLessThan(0)
    expect(compareValues(VARCHAR, 'a', 'a\u0001')).toBeLessThan(0)
  })

  it('puts NaN last and -0 with 0', () => {
    expect(compareValues(DOUBLE, Number.NaN, Number.POSITIVE_INFINITY)).toBeGreaterThan(0)
    expect(compareValues(DOUBLE, Number.NaN, Number.NaN)).toBe(0)
    expect(compareValues(DOUBLE, 0, -0)).toBe(0)
  })

  it('compares instants, not zones', () => {
    const type = timestampWithTimeZoneType(3)
    const at = (zone: string) => ({ picos: 5n * 10n ** 12n, zone })
    expect(compareValues(type, at('UTC'), at('Europe/Berlin'))).toBe(0)
    const time = timeWithTimeZoneType(3)
    const hour = 3_600_000_000_000_000n
    const noonUtc = { picos: 12n * hour, offsetMinutes: 0 }
    expect(compareValues(time, noonUtc, { picos: 14n * hour, offsetMinutes: 120 })).toBe(0)
    expect(compareValues(time, noonUtc, { picos: 1n * hour, offsetMinutes: 120 })).toBeLessThan(0)
  })

  it('compares bytes as unsigned', () => {
    expect(compareValues(VARBINARY, Uint8Array.of(0x80), Uint8Array.of(0x7f, 1))).toBeGreaterThan(0)
    const high = new Uint8Array(16).fill(0xff)
    expect(compareValues(UUID, high, new Uint8Array(16))).toBeGreaterThan(0)
  })

  it('refuses nulls inside and types without order', () => {
    expect(() => compareValues(arrayType(BIGINT), [1n], [null])).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED' }),
    )
    expect(compareValues(arrayType(BIGINT), [1n, null], [2n, null])).toBeLessThan(0)
    expect(() => compareValues(JSON_TYPE, '1', '2')).toThrow(/not orderable/)
    expect(isOrderable(mapType(BIGINT, BIGINT))).toBe(false)
    expect(isComparable(mapType(BIGINT, BIGINT))).toBe(true)
    expect(isComparable({ kind: 'hyperloglog' })).toBe(false)
  })
})

describe('valuesEqual', () => {
  const map = mapType(VARCHAR, BIGINT)
  it('has three values over nested nulls', () => {
    const row = rowType([{ type: BIGINT }, { type: VARCHAR }])
    expect(valuesEqual(row, [1n, 'a'], [1n, 'a'])).toBe(true)
    expect(valuesEqual(row, [1n, null], [1n, 'a'])).toBe(null)
    expect(valuesEqual(row, [1n, null], [2n, 'a'])).toBe(false)
    expect(valuesEqual(arrayType(BIGINT), [null], [null, 1n])).toBe(false)
    expect(valuesIdentical(row, [1n, null], [1n, null])).toBe(true)
  })
  it('ignores the order of map entries', () => {
    const a = { keys: ['x', 'y'], values: [1n, 2n] }
    const b = { keys: ['y', 'x'], values: [2n, 1n] }
    expect(valuesEqual(map, a, b)).toBe(true)
    expect(valuesIdentical(map, a, b)).toBe(true)
    expect(valuesEqual(map, a, { keys: ['y', 'x'], values: [1n, 2n] })).toBe(false)
    expect(valuesEqual(map, a, { keys: ['y', 'x'], values: [null, 1n] })).toBe(null)
    expect(valuesEqual(map, a, { keys: ['y', 'z'], values: [2n, 1n] })).toBe(false)
  })
  it('lets NaN equal nothing and identical itself', () => {
    expect(valuesEqual(DOUBLE, Number.NaN, Number.NaN)).toBe(false)
    expect(valuesIdentical(DOUBLE, Number.NaN, Number.NaN)).toBe(true)
    expect(valuesIdentical(DOUBLE, -0, 0)).toBe(true)
  })
})

describe('valueKey', () => {
  it('tells apart what a plain join of texts would confuse', () => {
    const strings = arrayType(VARCHAR)
    expect(valueKey(strings, ['a,1:b'])).not.toBe(valueKey(strings, ['a', 'b']))
    expect(valueKey(strings, [null])).not.toBe(valueKey(strings, ['~']))
  })
  it('is reflexive for every type', () => {
    fc.assert(
      fc.property(pair(anyType.filter(isComparable)), ([type, a, b]) => {
        expect(valueKey(type, structuredClone(a))).toBe(valueKey(type, a))
        expect(valuesIdentical(type, a, b)).toBe(valuesIdentical(type, b, a))
      }),
    )
  })
})
