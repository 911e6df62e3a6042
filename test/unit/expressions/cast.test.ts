import { describe, expect, it } from 'vitest'
import { canCast } from '../../../src/expressions/cast/cast.js'
import { parseType } from '../../../src/expressions/type-signature.js'
import { evaluateCast, literal, type TypedValue, titled } from './support/evaluate-call.js'

const text = (value: string): TypedValue => ['varchar', value]
/** The text of a literal after a cast through another type. */
const through = (value: string, type: string, to = 'varchar') =>
  evaluateCast([type, evaluateCast(text(value), type)], to)

describe('texts of values', () => {
  it.each([
    ['1e2', 'double', '1.0E2'],
    ['-0.0', 'double', '-0E0'],
    ['1e23', 'double', '9.999999999999999E22'],
    ['NaN', 'double', 'NaN'],
    ['123456789', 'real', '1.234568E8'],
    ['1.5', 'decimal(5,2)', '1.50'],
    ['-0.005', 'decimal(5,3)', '-0.005'],
    ['2020-2-9', 'date', '2020-02-09'],
    ['-0001-01-01', 'date', '-0001-01-01'],
    ['10:11', 'time(3)', '10:11:00.000'],
    ['23:59:59.9999', 'time(3)', '00:00:00.000'],
    ['10:11:12+05:30', 'time(0) with time zone', '10:11:12+05:30'],
    ['2020-02-29 10:11:12.123456789', 'timestamp(6)', '2020-02-29 10:11:12.123457'],
    ['1969-12-31 23:59:59.9995', 'timestamp(3)', '1970-01-01 00:00:00.000'],
    ['2020-07-01 00:00:00', 'timestamp(0) with time zone', '2020-07-01 00:00:00 Europe/Berlin'],
    ['2020-03-29 02:30:00', 'timestamp(0) with time zone', '2020-03-29 03:30:00 Europe/Berlin'],
    ['2020-10-25 02:30:00', 'timestamp(0) with time zone', '2020-10-25 02:30:00 Europe/Berlin'],
    ['::ffff:1.2.3.4', 'ipaddress', '1.2.3.4'],
    ['2001:db8:0:0:1:0:0:1', 'ipaddress', '2001:db8::1:0:0:1'],
  ])('%s as %s is %s', (value, type, expected) => {
    expect(through(value, type)).toBe(expected)
  })
})

describe('numbers', () => {
  it.each(
    titled<[TypedValue, string, unknown]>([
      [['double', 2.5], 'integer', 3],
      [['double', -2.5], 'bigint', -3n],
      [['double', 0.49999999999999994], 'integer', 0],
      [['decimal(3,1)', 25n], 'bigint', 3n],
      [['decimal(3,1)', -25n], 'integer', -3],
      [['bigint', 5n], 'decimal(5,2)', 500n],
      [['decimal(5,3)', 1995n], 'decimal(3,2)', 200n],
      [['double', 0.1], 'decimal(20,18)', 100_000_000_000_000_000n],
      [['real', Math.fround(0.1)], 'decimal(10,9)', 100_000_000n],
      [['decimal(38,0)', 10n ** 37n], 'double', 1e37],
      [['varchar', ' 12 '], 'integer', 12],
      [['varchar', '1e400'], 'double', Number.POSITIVE_INFINITY],
      [['boolean', true], 'decimal(2,1)', 10n],
      [['varchar', 'T'], 'boolean', true],
    ]),
  )('%s', (_, from, to, expected) => {
    expect(evaluateCast(from, to)).toBe(expected)
  })

  it.each(
    titled<[TypedValue, string, string]>([
      [['integer', 128], 'tinyint', 'NUMERIC_VALUE_OUT_OF_RANGE'],
      [['double', 1e19], 'bigint', 'INVALID_CAST_ARGUMENT'],
      [['double', Number.NaN], 'integer', 'INVALID_CAST_ARGUMENT'],
      [['decimal(5,2)', 99_999n], 'decimal(4,2)', 'INVALID_CAST_ARGUMENT'],
      [text('9223372036854775808'), 'bigint', 'INVALID_CAST_ARGUMENT'],
      [text('1.5'), 'integer', 'INVALID_CAST_ARGUMENT'],
      [text('1e400000'), 'decimal(38,0)', 'INVALID_CAST_ARGUMENT'],
      [text('2019-02-29'), 'date', 'INVALID_CAST_ARGUMENT'],
      [text('24:00:00'), 'time(3)', 'INVALID_CAST_ARGUMENT'],
      [['integer', 1234], 'varchar(3)', 'INVALID_CAST_ARGUMENT'],
    ]),
  )('%s fails, and TRY_CAST gives NULL', (_, from, to, code) => {
    expect(() => evaluateCast(from, to)).toThrow(expect.objectContaining({ code }))
    expect(evaluateCast(from, to, true)).toBe(null)
  })
})

describe('composites and JSON', () => {
  it('casts every element', () => {
    expect(evaluateCast(['array(varchar)', ['1', null]], 'array(bigint)')).toEqual([1n, null])
    const row = evaluateCast(['row(integer, varchar)', [1, '2.5']], 'row(a varchar, b double)')
    expect(row).toEqual(['1', 2.5])
    expect(() =>
      evaluateCast(
        ['map(double, bigint)', { keys: [1.1, 1.2], values: [1n, 2n] }],
        'map(integer, bigint)',
      ),
    ).toThrow('duplicate keys')
  })
  it('writes and reads JSON', () => {
    const map: TypedValue = [
      'map(bigint, array(double))',
      { keys: [10n, 9n], values: [[1, null], []] },
    ]
    expect(evaluateCast(map, 'json')).toBe('{"10":[1.0,null],"9":[]}')
    expect(evaluateCast(['json', '{"10":[1.0,null],"9":[]}'], map[0])).toEqual(map[1])
    expect(evaluateCast(['json', '{"X":"5"}'], 'row(x integer, y varchar)')).toEqual([5, null])
    expect(evaluateCast(['json', 'null'], 'bigint')).toBe(null)
    expect(() => evaluateCast(['json', '[1,2]'], 'row(x integer)')).toThrow(
      'Cannot cast to row(x integer). Expected json array ending, but got 2',
    )
  })
  it('knows what it cannot cast', () => {
    const pairs = [
      ['integer', 'date'],
      ['varbinary', 'varchar'],
      ['date', 'char(10)'],
      ['array(integer)', 'map(integer, integer)'],
      ['uuid', 'ipaddress'],
    ]
    for (const [from, to] of pairs) expect(canCast(parseType(from!), parseType(to!))).toBe(false)
  })
})

describe('character strings', () => {
  it('are cut by code points and padded', () => {
    expect(evaluateCast(text('😀😀😀'), 'varchar(2)')).toBe('😀😀')
    expect(evaluateCast(text('ab  '), 'char(3)')).toBe('ab')
    expect(evaluateCast(['char(4)', 'ab'], 'varchar(3)')).toBe('ab ')
  })
  it('keep zones of literals', () => {
    const [, value] = literal('timestamp(3) with time zone', '2020-01-01 00:00:00 +05:30')
    expect(value).toEqual({ picos: 1577817000000n * 1_000_000_000n, zone: '+05:30' })
  })
})
