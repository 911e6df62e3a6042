import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../../src/engine/engine.js'
import { Millrace } from '../../../src/index.js'
import { ClientQuery } from '../../../src/server/client-query.js'

let engine: Millrace
beforeAll(async () => {
  engine = await Millrace.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
  await engine.execute('CREATE TABLE t (a integer)')
  await engine.execute('CREATE VIEW sorted AS SELECT 1 a ORDER BY 1')
  await engine.execute('CREATE VIEW sorted_inside AS SELECT * FROM (SELECT 1 a ORDER BY 1)')
})
afterAll(() => engine.close())

const REDUNDANT = [
  { code: 'REDUNDANT_ORDER_BY', message: 'ORDER BY in subquery may have no effect' },
]

async function warningsOf(sql: string) {
  const query = engine.query(sql, [], { rowMode: 'array' })
  await query.all()
  return (await query.info()).warnings
}

test.each([
  'SELECT * FROM (SELECT a FROM (VALUES 1, 2) v(a) ORDER BY a)',
  'WITH q AS (SELECT 1 a ORDER BY 1) SELECT * FROM q x, q y',
  'SELECT (SELECT 1 ORDER BY 1)',
  'SELECT 1 WHERE 1 IN (VALUES 1 ORDER BY 1)',
  '(SELECT 1 ORDER BY 1) UNION ALL SELECT 2',
  '(SELECT 1 ORDER BY 1)',
  'SELECT * FROM (TABLE tpch.tiny.region ORDER BY 1)',
  'SELECT * FROM (VALUES 1) v(a), LATERAL (SELECT a ORDER BY 1)',
  'INSERT INTO t SELECT 3 ORDER BY 1',
  'CREATE TABLE made AS SELECT 1 a ORDER BY 1',
  'DELETE FROM t WHERE a IN (SELECT 1 ORDER BY 1)',
  'EXPLAIN SELECT * FROM (SELECT 1 ORDER BY 1)',
  'EXPLAIN (TYPE VALIDATE) INSERT INTO t SELECT 3 ORDER BY 1',
  'CREATE VIEW other AS SELECT * FROM (SELECT 1 a ORDER BY 1)',
  'SELECT * FROM sorted_inside',
])('an order that decides nothing: %s', async (sql) => {
  expect(await warningsOf(sql)).toEqual(REDUNDANT)
})

test.each([
  'SELECT 1 ORDER BY 1',
  'VALUES 2, 1 ORDER BY 1',
  'SELECT * FROM (SELECT 1 ORDER BY 1 LIMIT 2)',
  'SELECT * FROM (SELECT 1 ORDER BY 1 LIMIT ALL)',
  'SELECT * FROM (SELECT 1 ORDER BY 1 OFFSET 0)',
  'SELECT * FROM (SELECT 1 ORDER BY 1 FETCH FIRST ROW WITH TIES)',
  'CREATE VIEW third AS SELECT 1 a ORDER BY 1',
  'SELECT * FROM sorted',
  'SELECT array_agg(a ORDER BY a), rank() OVER (ORDER BY count(*)) FROM (VALUES 1) v(a)',
])('an order that counts: %s', async (sql) => {
  expect(await warningsOf(sql)).toEqual([])
})

test('a plan that is found again warns again', async () => {
  const sql = 'SELECT name FROM (SELECT name FROM tpch.tiny.region ORDER BY name)'
  expect(await warningsOf(sql)).toEqual(REDUNDANT)
  expect(await warningsOf(sql)).toEqual(REDUNDANT)
})

test('warnings of the client protocol', async () => {
  const other = await Engine.create({ threads: 0 })
  try {
    const run = other.createRun({
      sql: 'SELECT * FROM (SELECT 1 ORDER BY 1)',
      session: other.defaultSession,
    })
    const query = new ClientQuery(run, other.turns.taker())
    const answer = await query.answer(
      0,
      { info: 'info', next: (token) => `next/${token}` },
      { targetResultBytes: 1000, maxWaitMillis: 10_000 },
    )
    const body = JSON.parse(typeof answer === 'string' ? answer : answer.body.toString())
    expect(body.warnings).toEqual([
      {
        warningCode: { code: 2, name: 'REDUNDANT_ORDER_BY' },
        message: 'ORDER BY in subquery may have no effect',
      },
    ])
    run.cancel()
    await run.settled
  } finally {
    await other.close()
  }
})
