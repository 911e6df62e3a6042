import { describe, expect, it } from 'vitest'
import {
  BIGINT,
  type Block,
  blockOf,
  createBlockBuilder,
  type DictionaryBlock,
  decimalType,
  type FlatBlock,
  flatten,
  INTEGER,
  type IntegerBlock,
  isNull,
  narrowIntegerWidth,
  readValue,
  type SqlType,
  timestampType,
  UNKNOWN,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { column } from '../../../support/arbitrary.js'
import fc from '../../../support/fast-check.js'

const valuesOf = (block: Block): Value[] =>
  Array.from({ length: block.rowCount }, (_, i) => readValue(block, i))

/** The values as positions of a dictionary, with nulls in the codes' validity. */
function asDictionary(flat: FlatBlock, positions: readonly number[]): DictionaryBlock {
  const codes = Int32Array.from(positions, (p) => Math.max(p, 0))
  const validity = new Uint8Array((positions.length + 7) >> 3)
  positions.forEach((p, i) => {
    if (p >= 0) validity[i >> 3]! |= 1 << (i & 7)
  })
  return {
    type: flat.type,
    rowCount: positions.length,
    encoding: 'dictionary',
    codes,
    dictionary: flat,
    validity,
  }
}

describe('block builder', () => {
  it('gives back the values of every type', () => {
    fc.assert(
      fc.property(column(), ({ type, values }) => {
        const block = blockOf(type, values)
        expect(block.rowCount).toBe(values.length)
        expect(valuesOf(block)).toEqual(values)
        expect(values.map((_, i) => isNull(block, i))).toEqual(values.map((v) => v === null))
      }),
      { numRuns: 500 },
    )
  })

  it('can be used for block after block', () => {
    fc.assert(
      fc.property(column(), column(), ({ type, values }) => {
        const builder = createBlockBuilder(type)
        for (const part of [values, values.slice(0, 3), values.toReversed()]) {
          for (const value of part) builder.append(value)
          expect(builder.rowCount).toBe(part.length)
          expect(valuesOf(builder.build())).toEqual(part)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('appends ranges of flat, constant and dictionary blocks', () => {
    fc.assert(
      fc.property(
        column(),
        fc.array(fc.nat(1000), { maxLength: 30 }),
        fc.nat(1000),
        ({ type, values }, picks, cut) => {
          const flat = blockOf(type, values)
          const start = values.length === 0 ? 0 : cut % values.length
          const positions =
            values.length === 0 ? [] : picks.map((p) => (p % (values.length + 1)) - 1)
          const dictionary = asDictionary(flat, positions)
          const one = blockOf(type, [values[0] ?? null])
          const constant: Block = { type, rowCount: 3, encoding: 'constant', value: one }
          const builder = createBlockBuilder(type)
          builder.appendRange(flat, start, values.length)
          builder.appendRange(dictionary, 0, positions.length)
          builder.appendRange(constant, 1, 3)
          const first = values[0] ?? null
          expect(valuesOf(dictionary)).toEqual(positions.map((p) => (p < 0 ? null : values[p])))
          expect(valuesOf(builder.build())).toEqual([
            ...values.slice(start),
            ...positions.map((p) => (p < 0 ? null : values[p])),
            first,
            first,
          ])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('grows past its first buffers', () => {
    const numbers = Array.from({ length: 10_000 }, (_, i) =>
      i % 7 === 0 ? null : BigInt(i) << 40n,
    )
    expect(valuesOf(blockOf(BIGINT, numbers))).toEqual(numbers)
    const texts = numbers.map((n) => (n === null ? null : `text ${n} é`))
    expect(valuesOf(blockOf(VARCHAR, texts))).toEqual(texts)
  })

  it('has nothing but nulls of type unknown', () => {
    expect(blockOf(UNKNOWN, [null, null])).toMatchObject({ storage: 'null', rowCount: 2 })
  })

  it('tells ASCII from other text', () => {
    expect(blockOf(VARCHAR, ['plain', 'text that is longer than the loop is'])).toMatchObject({
      ascii: true,
    })
    expect(blockOf(VARCHAR, ['plain', 'naïve'])).toMatchObject({ ascii: false })
    expect(flatten(blockOf(VARCHAR, ['plain', 'naïve']))).toMatchObject({ ascii: false })
  })
})

describe('narrow integers', () => {
  const built = (type: SqlType, values: Value[]): IntegerBlock =>
    blockOf(type, values) as IntegerBlock

  it.each([
    ['one byte', [1n, null, -128n], { storage: 'i8', base: 0, factor: 1 }],
    ['a base', [1000n, 1255n], { storage: 'i8', base: 1128, factor: 1 }],
    ['two bytes', [1000n, 1256n], { storage: 'i16', base: 0, factor: 1 }],
    ['a power of ten', [100n, 5000n], { storage: 'i8', base: 0, factor: 100 }],
    ['both', [1_000_100n, 1_020_000n], { storage: 'i8', base: 1_012_900, factor: 100 }],
    ['four bytes', [0n, 2n ** 31n - 1n], { storage: 'i32', base: 0, factor: 1 }],
    ['eight bytes', [0n, 2n ** 40n + 1n], { storage: 'i64', base: 0, factor: 1 }],
    ['beyond 2^53', [0n, 2n ** 60n], { storage: 'i64', base: 0, factor: 1 }],
  ])('chooses %s', (_, values, expected) => {
    expect(built(BIGINT, values)).toMatchObject(expected)
    expect(valuesOf(built(BIGINT, values))).toEqual(values)
  })

  it('states bounds of what is not null, where they are safe', () => {
    expect(built(BIGINT, [5n, null, -7n]).bounds).toEqual({ min: -7, max: 5 })
    expect(built(BIGINT, [null]).bounds).toBeUndefined()
    expect(built(BIGINT, [2n ** 60n]).bounds).toBeUndefined()
  })

  it('tells whether values ascend', () => {
    expect(built(INTEGER, [1, 1, null, 2]).ascending).toBe(true)
    expect(built(INTEGER, [1, 0]).ascending).toBe(false)
    expect(built(BIGINT, [2n ** 60n, 2n ** 60n - 1n]).ascending).toBe(false)
    expect(built(BIGINT, [1n, 2n ** 60n, 2n]).ascending).toBe(false)
  })

  it('stores what fits and gives it back, whatever the bounds', () => {
    const exponent = fc.integer({ min: 0, max: 9 })
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), { minLength: 1 }),
        fc.integer({ min: -(2 ** 32), max: 2 ** 32 }),
        exponent,
        (numbers, shift, power) => {
          const values = numbers.map((n) => BigInt(n + shift) * 10n ** BigInt(power))
          const block = built(BIGINT, values)
          expect(valuesOf(block)).toEqual(values)
          expect(valuesOf(flatten(block))).toEqual(values)
        },
      ),
    )
  })

  it('does not take more bytes with a factor than without', () => {
    expect(narrowIntegerWidth(-5, 100, 5)).toEqual({ storage: 'i8', base: 0, factor: 1 })
  })

  it('keeps decimals and timestamps in their units', () => {
    expect(built(decimalType(12, 2), [100n, 5000n])).toMatchObject({ storage: 'i8', factor: 100 })
    const seconds = [0n, 1n, 2n].map((s) => s * 10n ** 12n)
    expect(built(timestampType(3), seconds)).toMatchObject({ storage: 'i8', factor: 1e6 })
  })
})
