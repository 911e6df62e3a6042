import { describe, expect, test } from 'vitest'
import { JsonBuffer } from '../../../src/server/protocol/json-buffer.js'
import { writeRows } from '../../../src/server/protocol/json-encoder.js'
import {
  arrayType,
  BIGINT,
  type Block,
  BOOLEAN,
  blockOf,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  type FlatBlock,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  IPADDRESS,
  JSON_TYPE,
  mapType,
  page,
  REAL,
  rowType,
  type SqlType,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  timeWithTimeZoneType,
  UUID,
  VARBINARY,
  VARCHAR,
  type Value,
} from '../../../src/spi/index.js'
import { javaDoubleText } from '../../../src/values/number-text.js'
import { SEED } from '../../support/seed.js'

function encode(blocks: readonly Block[], parametricDatetime = true): string {
  const out = new JsonBuffer(16)
  const result = page(blocks)
  writeRows(out, result, 0, {
    maxBytes: Number.POSITIVE_INFINITY,
    isFirst: true,
    parametricDatetime,
  })
  return out.take().toString()
}
const one = (type: SqlType, value: Value): string => encode([blockOf(type, [value])])

const picos = (text: string): bigint => BigInt(Date.parse(`${text}Z`)) * 1_000_000_000n
const bytes = (...values: number[]) => new Uint8Array(values)

describe('values', () => {
  test.each<[SqlType, Value, string]>([
    [INTEGER, -5, '-5'],
    [INTEGER, 2_147_483_647, '2147483647'],
    [BIGINT, 9_223_372_036_854_775_807n, '9223372036854775807'],
    [BIGINT, -9_223_372_036_854_775_808n, '-9223372036854775808'],
    [BIGINT, 9_007_199_254_740_993n, '9007199254740993'],
    [BIGINT, 4_294_967_296n, '4294967296'],
    [BOOLEAN, true, 'true'],
    [DOUBLE, 1, '1.0'],
    [DOUBLE, -0, '-0.0'],
    [DOUBLE, 1e7, '1.0E7'],
    [DOUBLE, 0.001, '0.001'],
    [DOUBLE, 0.00015, '1.5E-4'],
    [DOUBLE, 1e300, '1.0E300'],
    [DOUBLE, Number.NaN, '"NaN"'],
    [DOUBLE, Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [REAL, Math.fround(1.1), '1.1'],
    [REAL, 123_456_792, '1.2345679E8'],
    [decimalType(3, 2), -5n, '"-0.05"'],
    [decimalType(20, 0), 12_345_678_901_234_567_890n, '"12345678901234567890"'],
    [decimalType(38, 10), -1n, '"-0.0000000001"'],
    [VARCHAR, 'a"b\\c\n\u0001é😀', '"a\\"b\\\\c\\n\\u0001é😀"'],
    [VARCHAR, '', '""'],
    [charType(5), 'é😀', '"é😀   "'],
    [JSON_TYPE, '{"a":1}', '"{\\"a\\":1}"'],
    [VARBINARY, bytes(0, 255), '"AP8="'],
    [DATE, 0, '"1970-01-01"'],
    [DATE, -719_529, '"-0001-12-31"'],
    [DATE, 2_932_897, '"+10000-01-01"'],
    [timeType(0), 36_000_000_000_000_000n, '"10:00:00"'],
    [timeType(12), 1n, '"00:00:00.000000000001"'],
    [timestampType(3), picos('2020-02-29T10:00:00.123'), '"2020-02-29 10:00:00.123"'],
    [timestampType(0), -1_000_000_000_000n, '"1969-12-31 23:59:59"'],
    [timestampType(9), 1_001n, '"1970-01-01 00:00:00.000000001"'],
    [timeWithTimeZoneType(3), { picos: 0n, offsetMinutes: -330 }, '"00:00:00.000-05:30"'],
    [
      timestampWithTimeZoneType(3),
      { picos: picos('2020-07-01T10:00:00'), zone: 'Europe/Berlin' },
      '"2020-07-01 12:00:00.000 Europe/Berlin"',
    ],
    [
      timestampWithTimeZoneType(12),
      { picos: picos('2020-01-01T00:00:00') + 1n, zone: '+05:30' },
      '"2020-01-01 05:30:00.000000000001 +05:30"',
    ],
    [INTERVAL_DAY_TO_SECOND, -90_061_001n, '"-1 01:01:01.001"'],
    [INTERVAL_YEAR_TO_MONTH, -14, '"-1-2"'],
    [
      UUID,
      bytes(
        0x12,
        0x15,
        0x1f,
        0xd2,
        0x75,
        0x86,
        0x11,
        0xe9,
        0x8f,
        0x9e,
        0x2a,
        0x86,
        0xe4,
        8,
        0x5a,
        0x59,
      ),
      '"12151fd2-7586-11e9-8f9e-2a86e4085a59"',
    ],
    [IPADDRESS, bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1), '"10.0.0.1"'],
    [IPADDRESS, bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), '"::1"'],
    [
      IPADDRESS,
      bytes(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0x42, 0x83, 0x29),
      '"2001:db8::ff00:42:8329"',
    ],
    [arrayType(BIGINT), [1n, null, 3n], '[1,null,3]'],
    [mapType(DOUBLE, VARCHAR), { keys: [1.5, -0], values: ['a', null] }, '{"1.5":"a","-0.0":null}'],
    [mapType(arrayType(VARCHAR), BIGINT), { keys: [['a', null]], values: [1n] }, '{"[a, null]":1}'],
    [mapType(VARBINARY, BIGINT), { keys: [bytes(80, 255)], values: [1n] }, '{"UP8=":1}'],
    [rowType([{ name: 'a', type: INTEGER }, { type: VARCHAR }]), [1, 'x'], '[1,"x"]'],
  ])('%j %s', (type, value, expected) => {
    expect(one(type, value)).toBe(`[${expected}]`)
    expect(one(type, null)).toBe('[null]')
  })

  test('clients without PARAMETRIC_DATETIME get milliseconds, rounded', () => {
    const old = (type: SqlType, value: Value) => encode([blockOf(type, [value])], false)
    expect(old(timestampType(6), 123_500_000_000n)).toBe('["1970-01-01 00:00:00.124"]')
    expect(old(timestampType(0), 0n)).toBe('["1970-01-01 00:00:00.000"]')
    expect(old(timeType(9), 1_499_999_999n)).toBe('["00:00:00.001"]')
    expect(old(timeType(12), 86_399_999_900_000_000n)).toBe('["00:00:00.000"]')
  })
})

describe('encodings', () => {
  const dictionary = blockOf(VARCHAR, ['x', null, 'zz']) as FlatBlock
  const plain = { rowCount: 5, type: VARCHAR }

  test('dictionary, with nulls of its own and of its entries', () => {
    const block: Block = {
      ...plain,
      encoding: 'dictionary',
      dictionary,
      codes: new Int32Array([2, 0, 1, 0, 2]),
      validity: new Uint8Array([0b10111]),
    }
    expect(encode([block])).toBe('["zz"],["x"],[null],[null],["zz"]')
  })

  test('constant and null', () => {
    const constant: Block = { ...plain, encoding: 'constant', value: blockOf(VARCHAR, ['é']) }
    const nothing: Block = { ...plain, encoding: 'flat', storage: 'null', validity: null }
    expect(encode([constant, nothing])).toBe(Array(5).fill('["é",null]').join(','))
  })

  test('integers with base and factor', () => {
    const block: Block = {
      type: BIGINT,
      rowCount: 3,
      encoding: 'flat',
      storage: 'i8',
      validity: null,
      values: new Int8Array([-1, 0, 127]),
      base: 9_007_199_254_740_000,
      factor: 1000,
    }
    expect(encode([block])).toBe('[9007199254739000],[9007199254740000],[9007199254867000]')
  })
})

test('rows end at the size that is asked for, and go on where they ended', () => {
  const block = blockOf(
    VARCHAR,
    Array.from({ length: 100 }, (_, i) => `text ${i}`),
  )
  const out = new JsonBuffer(16)
  const parts: string[] = []
  let position = 0
  while (position < 100) {
    out.truncate(0)
    position = writeRows(out, page([block]), position, {
      maxBytes: 100,
      isFirst: true,
      parametricDatetime: true,
    })
    parts.push(out.take().toString())
  }
  expect(parts.length).toBeGreaterThan(10)
  const rows = parts.flatMap((part) => JSON.parse(`[${part}]`) as string[][])
  expect(rows.map(([text]) => text)).toEqual(Array.from({ length: 100 }, (_, i) => `text ${i}`))
})

test('any integer and any text is what JSON.parse reads back', () => {
  const seed = Date.now() % 1_000_000
  console.log(`seed ${seed}`)
  let state = seed
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
  for (let run = 0; run < 200; run++) {
    const number = Math.trunc((random() - 0.5) * 2 ** Math.floor(random() * 54))
    expect(one(BIGINT, BigInt(number))).toBe(`[${number === 0 ? 0 : number}]`)
    const text = Array.from({ length: Math.floor(random() * 40) }, () =>
      String.fromCodePoint(Math.floor(random() * (random() < 0.5 ? 0x80 : 0xd7ff))),
    ).join('')
    expect(JSON.parse(one(VARCHAR, text))).toEqual([text])
    const double = (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20)
    expect(JSON.parse(one(DOUBLE, double))).toEqual([double])
    const real = Math.fround(double)
    expect(Math.fround((JSON.parse(one(REAL, real)) as number[])[0]!)).toBe(real)
  }
})

test('amounts are written as Java prints them, whether their digits are few or not', () => {
  let state = SEED
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const edges = [0.01, 0.1, 0.99, 1, 1.005, 4.35, 9_999_999.99, 9_999_999.999, 1e7, 0.29, 1e21]
  const amounts = Array.from({ length: 20_000 }, () => {
    const units = random(2 ** 31) >> random(31)
    return [units / 100, units / 1000, units / 100 + Number.EPSILON * random(1e6)][random(3)]!
  })
  for (const value of [...edges, ...amounts].flatMap((amount) => [amount, -amount])) {
    const text = `[${javaDoubleText(value)}]`
    if (one(DOUBLE, value) !== text) {
      expect({ seed: SEED, value, text: one(DOUBLE, value) }).toEqual({ seed: SEED, value, text })
    }
  }
})
