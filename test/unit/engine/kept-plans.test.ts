import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'

const SQL = `SELECT count(*), sum(x.totalprice), max(y.comment) FROM items x JOIN items y
  ON x.orderkey = y.orderkey WHERE x.totalprice > 100000`
let engine: Millrace

beforeAll(async () => {
  requireBuild()
  const url = pathToFileURL(join(DIST, 'index.js')).href
  const module = (await import(url)) as typeof import('../../../src/index.js')
  engine = await module.Millrace.create({
    threads: 2,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  await engine.execute(`CREATE TABLE items AS SELECT orderkey, totalprice, comment
    FROM tpch."sf0.5".orders`)
}, 60_000)
afterAll(() => engine?.close())

const rows = () => engine.query(SQL, [], { rowMode: 'array' }).all()
async function threadsOf(sql: string): Promise<ReadonlySet<string>> {
  const query = engine.query(sql)
  await query.all()
  const text = JSON.stringify(await query.info())
  return new Set(text.match(/worker-\d/g))
}

test('threads run a plan that they keep, one query after another, at once, and after a write', async () => {
  const first = await rows()
  expect(await rows()).toEqual(first)
  expect((await threadsOf(SQL)).size).toBe(2)
  expect(await Promise.all([rows(), rows(), rows()])).toEqual([first, first, first])
  const query = engine.query(SQL)
  await query[Symbol.asyncIterator]().next()
  await query.cancel()
  expect(await rows()).toEqual(first)
  await engine.execute(`INSERT INTO items VALUES (-1, 200000, 'zzzz')`)
  const later = await rows()
  expect(later[0]![0]).toBe((first[0]![0] as bigint) + 1n)
  expect(later[0]![2]).toBe('zzzz')
  expect(await rows()).toEqual(later)
})

test('little work on stored tables is the calling thread’s, however many bytes they have', async () => {
  await engine.execute(`CREATE TABLE lines AS SELECT l.orderkey, l.quantity
    FROM tpch."sf0.1".lineitem l`)
  const few = 'SELECT sum(quantity) AS q FROM lines WHERE orderkey < 1000'
  const expected = await engine.query(few).all()
  expect(await threadsOf(few)).toEqual(new Set())
  // Where much is done with each row, threads share them.
  for (const sql of [
    `SELECT sum(quantity) AS q FROM lines WHERE regexp_like(cast(orderkey AS varchar), '^\\d{1,3}$')`,
    'SELECT sum(q) AS q FROM (SELECT sum(quantity) AS q FROM lines GROUP BY orderkey HAVING orderkey + rand() < 1000)',
  ]) {
    expect((await threadsOf(sql)).size, sql).toBe(2)
    expect(await engine.query(sql).all(), sql).toEqual(expected)
  }
})
