import { describe, expect, it } from 'vitest'
import type { Value } from '../../../src/spi/type/value.js'
import {
  evaluateCall,
  literal,
  returnTypeOf,
  session,
  type TypedValue,
  titled,
} from './support/evaluate-call.js'

const v = (text: string | null): TypedValue => ['varchar', text]
const b = (value: number): TypedValue => ['bigint', BigInt(value)]
const i = (value: number): TypedValue => ['integer', value]
const d = (value: number): TypedValue => ['double', value]
const array = (type: string, ...values: Value[]): TypedValue => [`array(${type})`, values]
const ts = (text: string) => literal('timestamp(3)', text)
const date = (text: string) => literal('date', text)
const days = (text: string) => date(text)[1]

type Example = [name: string, args: readonly TypedValue[], expected: Value]

describe('functions', () => {
  it.each(
    titled<Example>([
      [
        '$add',
        [
          ['decimal(3,1)', 15n],
          ['decimal(4,2)', 125n],
        ],
        275n,
      ],
      [
        '$divide',
        [
          ['decimal(2,1)', 20n],
          ['decimal(1,0)', 3n],
        ],
        7n,
      ],
      ['$modulus', [i(-7), i(3)], -1],
      ['$subtract', [date('2020-03-31'), ['interval year to month', 1]], days('2020-02-29')],
      ['substring', [v('a😀bc'), b(2), b(2)], '😀b'],
      ['substring', [v('abc'), b(-2)], 'bc'],
      ['substring', [v('abc'), b(0)], ''],
      ['length', [v('a😀')], 2n],
      ['upper', [v('straße')], 'STRAßE'],
      ['trim', [v(' \u2003a\u00a0')], 'a\u00a0'],
      ['lpad', [v('7'), b(3), v('ab')], 'ab7'],
      ['replace', [v('abc'), v(''), v('-')], '-a-b-c-'],
      ['strpos', [v('abcabc'), v('c'), b(-1)], 6n],
      ['split', [v('a,b,c'), v(','), b(2)], ['a', 'b,c']],
      ['split_part', [v('a,b'), v(','), b(3)], null],
      ['concat_ws', [v('-'), v('a'), v(null), v('b')], 'a-b'],
      ['levenshtein_distance', [v('kitten'), v('sitting')], 3n],
      ['$like', [v('50% off'), v('50!%%'), v('!')], true],
      ['$like', [v('a😀c'), v('a_c')], true],
      ['regexp_replace', [v('1a 2b'), v('(\\d)([ab])'), v('$2$1')], 'a1 b2'],
      ['regexp_extract_all', [v('1a 2b 14m'), v('\\d+')], ['1', '2', '14']],
      ['round', [['decimal(5,2)', 12_345n], i(1)], 12_350n],
      ['round', [d(-0.5)], -1],
      ['ceiling', [['decimal(3,1)', -11n]], -1n],
      ['bitwise_right_shift', [['tinyint', -8], i(2)], 62],
      ['from_base', [v('-ff'), b(16)], -255n],
      ['width_bucket', [d(3.5), d(0), d(10), b(5)], 2n],
      ['year', [date('-0004-02-29')], -4n],
      ['week', [date('2021-01-03')], 53n],
      ['year_of_week', [date('2021-01-03')], 2020n],
      ['date_trunc', [v('quarter'), date('2020-05-17')], days('2020-04-01')],
      ['date_add', [v('month'), b(1), date('2020-01-31')], days('2020-02-29')],
      ['date_diff', [v('month'), date('2020-03-31'), date('2020-02-29')], -1n],
      [
        'date_format',
        [ts('2020-05-07 13:04:05.678'), v('%Y-%m-%d %h:%i %p %f')],
        '2020-05-07 01:04 PM 678000',
      ],
      ['date_parse', [v('Thu May 07 2020'), v('%a %b %d %Y')], ts('2020-05-07')[1]],
      [
        'format_datetime',
        [ts('2020-05-07 13:04:05'), v("EEE d MMM yyyy 'at' HH:mm")],
        'Thu 7 May 2020 at 13:04',
      ],
      ['to_hex', [['varbinary', new Uint8Array([1, 171])]], '01AB'],
      ['json_extract_scalar', [v('{"a":[{"b":"x"}]}'), v('$.a[0].b')], 'x'],
      ['json_parse', [v('{"b":1e2,"a":[1,2.50]}')], '{"a":[1,2.5],"b":100.0}'],
      ['element_at', [array('integer', 1, 2), b(-1)], 2],
      ['contains', [array('integer', 1, null), i(2)], null],
      ['array_sort', [array('integer', 3, null, 1)], [1, 3, null]],
      ['arrays_overlap', [array('integer', 1, null), array('integer', 2)], null],
      ['sequence', [b(1), b(7), b(3)], [1n, 4n, 7n]],
      ['array_join', [array('double', 1.5, null), v(','), v('?')], '1.5E0,?'],
      ['greatest', [d(1), d(Number.NaN)], 1],
      ['url_extract_parameter', [v('http://x/?a=1&b=a+b'), v('b')], 'a b'],
      ['typeof', [array('decimal(3,1)')], 'array(decimal(3,1))'],
    ]),
  )('%s', (_, name, args, expected) => {
    expect(evaluateCall(name, ...args)).toEqual(expected)
  })

  it('raise what Trino raises', () => {
    const failures: readonly (readonly [string, readonly TypedValue[], string])[] = [
      ['$divide', [i(1), i(0)], 'DIVISION_BY_ZERO'],
      ['$add', [i(2147483647), i(1)], 'NUMERIC_VALUE_OUT_OF_RANGE'],
      ['$multiply', [b(2 ** 40), b(2 ** 40)], 'NUMERIC_VALUE_OUT_OF_RANGE'],
      ['$subscript', [array('integer', 1), b(2)], 'INVALID_FUNCTION_ARGUMENT'],
      ['chr', [b(0xd800)], 'INVALID_FUNCTION_ARGUMENT'],
      ['date_trunc', [v('hour'), date('2020-01-01')], 'INVALID_FUNCTION_ARGUMENT'],
      ['map', [array('integer', 1, 1), array('integer', 1, 2)], 'INVALID_FUNCTION_ARGUMENT'],
      ['regexp_like', [v('a'), v('(')], 'INVALID_FUNCTION_ARGUMENT'],
      ['from_hex', [v('0')], 'INVALID_FUNCTION_ARGUMENT'],
    ]
    for (const [name, args, code] of failures) {
      expect(() => evaluateCall(name, ...args), name).toThrow(expect.objectContaining({ code }))
    }
  })

  it('have the types of Trino', () => {
    expect(returnTypeOf('$multiply', 'decimal(12,2)', 'decimal(13,2)')).toBe('decimal(25,4)')
    expect(returnTypeOf('$divide', 'decimal(10,2)', 'decimal(5,3)')).toBe('decimal(14,3)')
    expect(returnTypeOf('sum', 'decimal(12,2)')).toBe('decimal(38,2)')
    expect(returnTypeOf('avg', 'decimal(12,2)')).toBe('decimal(12,2)')
    expect(returnTypeOf('sum', 'integer')).toBe('bigint')
    expect(returnTypeOf('concat', 'varchar(1)', 'varchar(2)')).toBe('varchar')
    expect(returnTypeOf('concat', 'varchar(1)', 'char(2)')).toBe('char(3)')
    expect(returnTypeOf('substring', 'varchar(5)', 'integer')).toBe('varchar(5)')
    expect(returnTypeOf('$add', 'timestamp(0)', 'interval day to second')).toBe('timestamp(3)')
    expect(() => returnTypeOf('$multiply', 'decimal(30,20)', 'decimal(30,20)')).toThrow(
      'DECIMAL scale must be in range [0, precision (38)]: 40',
    )
  })

  it('ask the session', () => {
    expect(evaluateCall('now')).toEqual({ picos: session.startPicos, zone: 'Europe/Berlin' })
    expect(evaluateCall('current_timezone')).toBe('Europe/Berlin')
    expect(evaluateCall('to_unixtime', ts('1970-01-01 01:00:00'))).toBe(0)
  })
})
