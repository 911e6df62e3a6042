import { describe, expect, it } from 'vitest'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  IPADDRESS,
  inferType,
  JSON_TYPE,
  mapType,
  REAL,
  rowType,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  timeWithTimeZoneType,
  UNKNOWN,
  UUID,
  unifyTypes,
  VARBINARY,
  VARCHAR,
  valueConverter,
  varcharType,
} from '../../../../src/spi/index.js'
import fc from '../../../support/fast-check.js'

const MILLI = 10n ** 9n
const SECOND = 10n ** 12n
const ip4 = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1])
const ip6 = Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff])

describe('valueConverter', () => {
  it.each<[SqlType, unknown, unknown]>([
    [BIGINT, 5, 5n],
    [BIGINT, '-12', -12n],
    [BIGINT, 2n ** 63n - 1n, 2n ** 63n - 1n],
    [TINYINT, -128, -128],
    [INTEGER, 7n, 7],
    [BOOLEAN, false, false],
    [REAL, 0.1, Math.fround(0.1)],
    [DOUBLE, 3n, 3],
    [decimalType(10, 2), 1.5, 150n],
    [decimalType(10, 2), 0.1 + 0.2, 30n],
    [decimalType(10, 2), '-1.5', -150n],
    [decimalType(10, 2), '1.50', 150n],
    [decimalType(10, 2), '1.5e2', 15_000n],
    [decimalType(38, 0), '1e20', 10n ** 20n],
    [decimalType(10, 2), 3n, 300n],
    [VARCHAR, 5n, '5'],
    [VARCHAR, new Date(0), '1970-01-01T00:00:00.000Z'],
    [varcharType(1), '😀', '😀'],
    [charType(3), 'ab   ', 'ab'],
    [VARBINARY, Uint8Array.of(1).buffer, Uint8Array.of(1)],
    [JSON_TYPE, '{"b": 1, "a": [2]}', '{"a":[2],"b":1}'],
    [JSON_TYPE, { z: null, y: 'x' }, '{"y":"x","z":null}'],
    [DATE, new Date('2020-02-29T23:59:59Z'), 18_321],
    [DATE, '1969-12-31', -1],
    [DATE, '0001-01-01', -719_162],
    [timeType(3), '01:02:03.004', 3_723_004n * MILLI],
    [timestampType(3), new Date(1500), 1500n * MILLI],
    [timestampType(0), '1970-01-01T00:00:01', SECOND],
    [timestampType(6), '1969-12-31 23:59:59.999999', -1_000_000n],
    [timestampWithTimeZoneType(3), 1500, { picos: 1500n * MILLI, zone: 'UTC' }],
    [
      timestampWithTimeZoneType(3),
      '1970-01-01 01:00:00 Europe/Berlin',
      { picos: 0n, zone: 'Europe/Berlin' },
    ],
    [
      timestampWithTimeZoneType(0),
      '1970-01-01T00:00:00-01:30',
      { picos: 5400n * SECOND, zone: '-01:30' },
    ],
    [timeWithTimeZoneType(0), '00:00:01+05:30', { picos: SECOND, offsetMinutes: 330 }],
    [
      UUID,
      '00112233-4455-6677-8899-aabbccddeeff',
      Uint8Array.from(Buffer.from('00112233445566778899aabbccddeeff', 'hex')),
    ],
    [IPADDRESS, '10.0.0.1', ip4],
    [IPADDRESS, '::ffff:10.0.0.1', ip4],
    [IPADDRESS, '2001:db8::ff', ip6],
    [arrayType(BIGINT), new Set([1, null]), [1n, null]],
    [mapType(VARCHAR, BIGINT), { a: 1 }, { keys: ['a'], values: [1n] }],
    [mapType(VARCHAR, BIGINT), new Map([['a', undefined]]), { keys: ['a'], values: [null] }],
    [
      rowType([
        { name: 'id', type: BIGINT },
        { name: 'x', type: VARCHAR },
      ]),
      { ID: 1 },
      [1n, null],
    ],
    [rowType([{ type: BIGINT }]), [1], [1n]],
    [BIGINT, null, null],
    [UNKNOWN, undefined, null],
  ])('%j takes %s', (type, value, carrier) => {
    expect(valueConverter(type)(value)).toEqual(carrier)
  })

  it.each<[SqlType, unknown]>([
    [BIGINT, 1.5],
    [BIGINT, 2 ** 53],
    [BIGINT, 2n ** 63n],
    [BIGINT, 'x'],
    [BIGINT, true],
    [TINYINT, 128],
    [DOUBLE, '1'],
    [DOUBLE, 2n ** 53n + 1n],
    [decimalType(3, 1), 100],
    [decimalType(3, 1), '1.25'],
    [decimalType(3, 1), Number.NaN],
    [varcharType(2), 'abc'],
    [VARCHAR, {}],
    [VARBINARY, 'abc'],
    [JSON_TYPE, '{'],
    [DATE, '2021-02-29'],
    [DATE, '2021-13-01'],
    [DATE, new Date(Number.NaN)],
    [timeType(0), '25:00:00'],
    [timeType(0), '00:00:00.5'],
    [timestampType(0), new Date(1)],
    [timestampWithTimeZoneType(3), '1970-01-01 00:00:00'],
    [timestampWithTimeZoneType(3), '2020-03-29 02:30:00 Europe/Berlin'],
    [UUID, 'abc'],
    [IPADDRESS, '1.2.3.256'],
    [IPADDRESS, '1::2::3'],
    [arrayType(BIGINT), 'abc'],
    [mapType(VARCHAR, BIGINT), new Map([[null, 1]])],
    [rowType([{ type: BIGINT }]), [1, 2]],
  ])('%j refuses %s', (type, value) => {
    expect(() => valueConverter(type)(value)).toThrow(
      expect.objectContaining({ code: 'TYPE_MISMATCH' }),
    )
  })

  it('reads dates as Date does', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const text = date.toISOString()
          expect(valueConverter(DATE)(text.slice(0, 10))).toBe(
            Math.floor(date.getTime() / 86_400_000),
          )
          expect(valueConverter(timestampType(3))(text.slice(0, -1))).toBe(
            BigInt(date.getTime()) * MILLI,
          )
        },
      ),
    )
  })
})

describe('inferType', () => {
  it.each<[unknown, SqlType | undefined]>([
    [1, BIGINT],
    [1.5, DOUBLE],
    [2 ** 60, DOUBLE],
    [1n, BIGINT],
    [2n ** 70n, decimalType(38, 0)],
    ['a', VARCHAR],
    [new Date(), timestampType(3)],
    [Buffer.from('a'), VARBINARY],
    [[1, 2.5, null], arrayType(DOUBLE)],
    [[], arrayType(UNKNOWN)],
    [new Map([['a', 1]]), mapType(VARCHAR, BIGINT)],
    [
      { a: 1, b: { c: 'x' } },
      rowType([
        { name: 'a', type: BIGINT },
        { name: 'b', type: rowType([{ name: 'c', type: VARCHAR }]) },
      ]),
    ],
    [null, UNKNOWN],
    [() => 1, undefined],
    [[1, 'a'], undefined],
  ])('%s', (value, type) => {
    expect(inferType(value)).toEqual(type)
  })
  it('unifies rows by their fields', () => {
    const a = rowType([{ name: 'x', type: BIGINT }])
    const b = rowType([
      { name: 'y', type: VARCHAR },
      { name: 'x', type: DOUBLE },
    ])
    expect(unifyTypes(a, b)).toEqual(
      rowType([
        { name: 'x', type: DOUBLE },
        { name: 'y', type: VARCHAR },
      ]),
    )
    expect(unifyTypes(BIGINT, VARCHAR)).toBeUndefined()
  })
})
