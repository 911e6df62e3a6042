import { describe, expect, test } from 'vitest'
import type { TpchTable } from '../../../../../src/connectors/tpch/generator/generate.js'
import { baseRowCount, rangeEnd } from '../../../../../src/connectors/tpch/generator/generate.js'
import { SEED } from '../../../../support/seed.js'
import { generate } from './generated-rows.js'

const COLUMNS: Readonly<Record<TpchTable, string>> = {
  region: 'regionkey name comment',
  nation: 'nationkey name regionkey comment',
  supplier: 'suppkey name address nationkey phone acctbal comment',
  customer: 'custkey name address nationkey phone acctbal mktsegment comment',
  part: 'partkey name mfgr brand type size container retailprice comment',
  partsupp: 'partkey suppkey availqty supplycost comment',
  orders:
    'orderkey custkey orderstatus totalprice orderdate orderpriority clerk shippriority comment',
  lineitem:
    'orderkey partkey suppkey linenumber quantity extendedprice discount tax returnflag ' +
    'linestatus shipdate commitdate receiptdate shipinstruct shipmode comment',
}
const columnNames = (table: TpchTable): string[] => COLUMNS[table].split(' ')

/** Row `position` of the rows that base row `baseRow` makes. Prices are in cents, dates in days. */
const row = (table: TpchTable, scaleFactor: number, baseRow: number, position = 0) =>
  generate(table, scaleFactor, baseRow, baseRow + 1, columnNames(table)).map(
    (values) => values[position],
  )

const day = (date: string): number => Date.parse(date) / 86_400_000

describe('single rows are those of Trino', () => {
  test('region and nation', () => {
    expect(row('region', 1, 3)).toEqual([
      3,
      'EUROPE',
      'ly final courts cajole furiously final excuse',
    ])
    expect(row('nation', 1, 1)).toEqual([
      1,
      'ARGENTINA',
      1,
      'al foxes promise slyly according to the regular accounts. bold requests alon',
    ])
  })

  test('supplier and customer', () => {
    expect(row('supplier', 0.01, 0)).toEqual([
      1,
      'Supplier#000000001',
      ' N kD4on9OM Ipw3,gf0JBoQDd7tgrzrddZ',
      17,
      '27-918-335-1736',
      575_594,
      'each slyly above the careful',
    ])
    expect(row('customer', 1, 149_999)).toEqual([
      150_000,
      'Customer#000150000',
      'DD7m6OBUJqlbTpiYmzK9SYuJBG266UKoAsKH',
      10,
      '20-354-401-2016',
      253_068,
      'AUTOMOBILE',
      'kages nag quickly for the regular theodolites. carefully even pin',
    ])
  })

  test('part and partsupp', () => {
    expect(row('part', 1, 199_999)).toEqual([
      200_000,
      'peach royal cornsilk sky sandy',
      'Manufacturer#5',
      'Brand#53',
      'MEDIUM ANODIZED TIN',
      22,
      'LG CAN',
      110_000,
      'xes sleep quick',
    ])
    expect(row('partsupp', 0.01, 0, 1)).toEqual([
      1,
      27,
      8076,
      99_349,
      'ven ideas. quickly even packages print. pending multipliers must have to are fluff',
    ])
  })

  test('orders and lineitem', () => {
    expect(row('orders', 0.01, 14_999)).toEqual([
      60_000,
      1426,
      'P',
      29_940_161,
      day('1995-04-21'),
      '2-HIGH',
      'Clerk#000000194',
      0,
      'usual frets use alongside of the furiou',
    ])
    expect(row('lineitem', 1, 1_499_999, 1)).toEqual([
      6_000_000,
      96_127,
      6128,
      2,
      28,
      3_144_736,
      1,
      2,
      'N',
      'O',
      day('1996-09-22'),
      day('1996-10-01'),
      day('1996-10-21'),
      'NONE',
      'AIR',
      'ooze furiously about the pe',
    ])
  })
})

describe('sums and bounds of whole columns at scale factor 0.01 are those of Trino', () => {
  const column = (table: TpchTable, name: string) =>
    generate(table, 0.01, 0, baseRowCount(table, 0.01), [name])[0]!

  test.each<[TpchTable, string, number, number, number]>([
    ['supplier', 'acctbal', 40_093_000, -96_620, 991_524],
    ['supplier', 'nationkey', 1322, 0, 24],
    ['customer', 'acctbal', 668_186_559, -99_479, 998_771],
    ['part', 'retailprice', 280_099_200, 90_100, 190_099],
    ['part', 'size', 50_511, 1, 50],
    ['partsupp', 'supplycost', 395_743_738, 105, 99_999],
    ['partsupp', 'suppkey', 404_000, 1, 100],
    ['partsupp', 'availqty', 40_079_419, 3, 9998],
    ['orders', 'orderkey', 449_872_500, 1, 60_000],
    ['orders', 'custkey', 11_331_746, 1, 1499],
    ['orders', 'totalprice', 212_739_683_002, 87_489, 46_600_128],
    ['lineitem', 'orderkey', 1_802_759_573, 1, 60_000],
    ['lineitem', 'partkey', 60_337_552, 1, 2000],
    ['lineitem', 'suppkey', 3_041_002, 1, 100],
    ['lineitem', 'linenumber', 180_782, 1, 7],
    ['lineitem', 'quantity', 1_536_127, 1, 50],
    ['lineitem', 'extendedprice', 215_218_976_047, 90_400, 9_494_950],
    ['lineitem', 'discount', 300_454, 0, 10],
    ['lineitem', 'tax', 242_051, 0, 8],
  ])('%s.%s', (table, name, sum, min, max) => {
    const values = column(table, name) as number[]
    expect(values.reduce((left, right) => left + right)).toBe(sum)
    expect(values.reduce((left, right) => Math.min(left, right))).toBe(min)
    expect(values.reduce((left, right) => Math.max(left, right))).toBe(max)
  })

  test.each<[TpchTable, string, string | number, string | number]>([
    ['supplier', 'address', ' N kD4on9OM Ipw3,gf0JBoQDd7tgrzrddZ', 'zyIeWzbbpkTV37vm1nmSGBxSgd2Kp'],
    ['customer', 'phone', '10-109-430-5638', '34-992-529-2023'],
    ['part', 'name', 'almond aquamarine mint misty red', 'yellow white puff orange rosy'],
    [
      'supplier',
      'comment',
      ' across the furiously regular platelets wake even deposits. quickly express she',
      'yly final accounts could are carefully. fluffily ironic instruct',
    ],
    ['orders', 'clerk', 'Clerk#000000001', 'Clerk#000001000'],
    ['lineitem', 'shipdate', day('1992-01-04'), day('1998-11-29')],
    ['lineitem', 'commitdate', day('1992-02-02'), day('1998-10-28')],
    ['lineitem', 'receiptdate', day('1992-01-09'), day('1998-12-25')],
  ])('%s.%s', (table, name, min, max) => {
    const sorted = [...column(table, name)].sort((left, right) => (left < right ? -1 : 1))
    expect(sorted[0]).toBe(min)
    expect(sorted.at(-1)).toBe(max)
  })
})

test('an order is the sum of its lines', () => {
  const names = ['orderkey', 'extendedprice', 'discount', 'tax', 'linestatus']
  const [keys, prices, discounts, taxes, statuses] = generate(
    'lineitem',
    1,
    700_000,
    700_300,
    names,
  )
  const totals = new Map<unknown, number>()
  const shipped = new Map<unknown, Set<unknown>>()
  keys!.forEach((key, i) => {
    const discounted = Math.floor((Number(prices![i]) * (100 - Number(discounts![i]))) / 100)
    const total = Math.floor((discounted * (100 + Number(taxes![i]))) / 100)
    totals.set(key, (totals.get(key) ?? 0) + total)
    shipped.set(key, (shipped.get(key) ?? new Set()).add(statuses![i]))
  })
  const orders = generate('orders', 1, 700_000, 700_300, ['orderkey', 'totalprice', 'orderstatus'])
  expect(orders[0]).toEqual([...totals.keys()])
  expect(orders[1]).toEqual([...totals.values()])
  expect(orders[2]).toEqual(
    [...shipped.values()].map((set) => (set.size === 2 ? 'P' : [...set][0])),
  )
})

test('of ten thousand suppliers four are complained of and five recommended', () => {
  const [comments] = generate('supplier', 1, 0, 10_000, ['comment'])
  const matching = (pattern: RegExp) => comments!.filter((text) => pattern.test(String(text)))
  expect(matching(/Customer.*Complaints/)).toHaveLength(4)
  expect(matching(/Customer.*Recommends/)).toHaveLength(5)
})

test('a column is the same alone, in pieces and beside others', () => {
  const seed = SEED
  for (const table of Object.keys(COLUMNS) as TpchTable[]) {
    const names = columnNames(table)
    const first = table === 'region' || table === 'nation' ? 0 : seed % 1000
    const last = table === 'region' ? 5 : table === 'nation' ? 25 : first + 200
    const whole = generate(table, 1, first, last, names)
    const middle = first + Math.floor((last - first) / 3)
    names.forEach((name, i) => {
      const pieces = [
        ...generate(table, 1, first, middle, [name])[0]!,
        ...generate(table, 1, middle, last, [name])[0]!,
      ]
      expect({ seed, table, name, pieces }).toEqual({ seed, table, name, pieces: whole[i] })
    })
  }
})

test('keys of huge scale factors stay in their bounds and row by row the same', () => {
  const scaleFactor = 100_000
  const end = baseRowCount('lineitem', scaleFactor)
  expect(end).toBe(150_000_000_000)
  const names = ['orderkey', 'partkey', 'suppkey', 'extendedprice']
  const whole = generate('lineitem', scaleFactor, end - 40, end, names)
  const half = generate('lineitem', scaleFactor, end - 20, end, names)
  names.forEach((_, i) => {
    expect(whole[i]!.slice(-half[i]!.length)).toEqual(half[i])
  })
  expect(whole[0]!.at(-1)).toBe(600_000_000_000)
  expect(whole[1]!.some((key) => Number(key) > 2 ** 32)).toBe(true)
  const [customers] = generate('orders', scaleFactor, end - 40, end, ['custkey'])
  expect(customers!.every((key) => Number(key) % 3 !== 0)).toBe(true)
})

test('a range ends where its rows would be too many', () => {
  const end = baseRowCount('lineitem', 1)
  const stop = rangeEnd('lineitem', 1000, end, 65_536)
  const lines = (last: number) => generate('lineitem', 1, 1000, last, ['tax'])[0]!.length
  expect(lines(stop)).toBeLessThanOrEqual(65_536)
  expect(lines(stop + 1)).toBeGreaterThan(65_536)
  expect(rangeEnd('lineitem', 0, end, 1)).toBe(1)
  expect(rangeEnd('lineitem', end - 2, end, 65_536)).toBe(end)
  expect(rangeEnd('partsupp', 0, 200_000, 65_536)).toBe(16_384)
  expect(rangeEnd('orders', 65_536, 70_000, 65_536)).toBe(70_000)
})
