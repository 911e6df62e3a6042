import { Table } from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'

let engine: Millrace
beforeAll(async () => {
  engine = await Millrace.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
})
afterAll(() => engine.close())

async function table(sql: string): Promise<Table> {
  const batches = []
  for await (const batch of engine.query(sql).arrow()) batches.push(batch)
  return new Table(batches)
}

test('a table of tpch has the values of its rows', async () => {
  const sql = 'SELECT orderkey, orderstatus, totalprice, orderdate, comment FROM tpch.tiny.orders'
  const [arrow, rows] = [await table(sql), await engine.query(sql).all()]
  expect(arrow.numRows).toBe(15_000)
  for (const i of [0, 1, 7777, 14_999]) {
    const row = arrow.get(i)!.toJSON()
    expect({ ...row, orderdate: new Date(row['orderdate']).toISOString().slice(0, 10) }).toEqual(
      rows[i],
    )
  }
})

test('types and nulls', async () => {
  const arrow = await table(`SELECT * FROM (VALUES
    (1, true, -1.50, CAST('é' AS varchar), X'00ff', ARRAY[1, NULL], CAST(ROW(5, 'x') AS ROW(a bigint, b varchar)), TIMESTAMP '2020-01-01 00:00:00.123456'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) t(i, b, d, s, x, a, r, t)`)
  expect(arrow.schema.fields.map(({ type }) => String(type))).toEqual([
    'Int32',
    'Bool',
    'Decimal[3e+2]',
    'Utf8',
    'Binary',
    'List<Int32>',
    'Struct<{a:Int64, b:Utf8}>',
    'Timestamp<MICROSECOND>',
  ])
  const [first, second] = arrow.toArray().map((row) => row.toJSON())
  expect(first).toMatchObject({ i: 1, b: true, s: 'é' })
  expect(new Uint8Array(first['x'])).toEqual(new Uint8Array([0, 255]))
  expect([...first['a']]).toEqual([1, null])
  expect(first['r'].toJSON()).toEqual({ a: 5n, b: 'x' })
  expect(BigInt.asIntN(32, BigInt(first['d'][0]))).toBe(-150n)
  expect(Number(first['t'])).toBeCloseTo(Date.parse('2020-01-01T00:00:00.123Z'), -1)
  for (const value of Object.values(second)) expect(value).toBeNull()
})

test('geometries and tiles are texts', async () => {
  const arrow = await table(`SELECT * FROM (VALUES
    (ST_Point(1, 2), to_spherical_geography(ST_Point(3, 4)), bing_tile(1, 2, 3)),
    (NULL, NULL, NULL)) t(g, s, b)`)
  expect(arrow.toArray().map((row) => row.toJSON())).toEqual([
    { g: 'POINT (1 2)', s: 'POINT (3 4)', b: '{"x":1,"y":2,"zoom":3}' },
    { g: null, s: null, b: null },
  ])
})
