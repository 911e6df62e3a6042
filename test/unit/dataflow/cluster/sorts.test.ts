import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { startLocalCluster } from '../../../support/local-cluster.js'
import { rowTexts } from '../../../support/row-texts.js'

/* ORDER BY over three workers, of which each merges a range of the order: its rows are those of one engine, in their order. */

process.env['MILLRACE_VERIFY'] = '1'

const OPTIONS = { catalogs: { tpch: { 'connector.name': 'tpch', 'tpch.splits-per-node': '4' } } }
const RANGE = { sort_distribution_type: 'RANGE' }

let single: Engine
let cluster: Awaited<ReturnType<typeof startLocalCluster>>
beforeAll(async () => {
  single = await Engine.create({ threads: 0, ...OPTIONS })
  cluster = await startLocalCluster(3, OPTIONS)
})
afterAll(async () => {
  await single.close()
  await cluster.close()
})

function runOf(engine: Engine, sql: string, properties: Readonly<Record<string, string>> = {}) {
  const session = {
    ...engine.defaultSession,
    catalog: 'tpch',
    schema: 'tiny',
    properties: new Map(Object.entries(properties)),
  }
  return engine.createRun({ sql, session })
}

async function compare(sql: string, properties = RANGE): Promise<void> {
  const expected = await rowTexts(runOf(single, sql))
  expect(await rowTexts(runOf(cluster.coordinator, sql, properties))).toEqual(expected)
  for (const { member } of [cluster.coordinator, ...cluster.workers]) {
    expect(member.tasks.taskCount).toBe(0)
  }
}

/** Rows that each task of the stage gave which merges ranges. */
async function rowsOfRanges(sql: string): Promise<readonly number[]> {
  const run = runOf(cluster.coordinator, sql, RANGE)
  await run.drain()
  const stage = run.execution!.info().stages.find(({ partitioning }) => partitioning === 'range')
  return stage!.tasks.map(({ output }) => output!.rows)
}

/** Of nine rows in ten `most`, otherwise what is in the column. */
const mostly = (most: string): string =>
  `(SELECT orderkey, if(orderkey % 10 = 0, custkey, ${most}) AS k FROM orders)`

test('ranges are shown', async () => {
  const explain = async (properties: Readonly<Record<string, string>>) => {
    const sql = 'EXPLAIN (TYPE DISTRIBUTED) SELECT orderkey + 1 FROM orders ORDER BY comment DESC'
    return JSON.parse((await rowTexts(runOf(cluster.coordinator, sql, properties)))[0]!) as string
  }
  const ranged = await explain(RANGE)
  expect(ranged).toContain('Fragment 1 [RANGE]')
  expect(ranged).toContain('Output partitioning: RANGE [comment DESC NULLS LAST]')
  expect(ranged).toContain('RemoteSource[sourceFragmentIds = [1], tasks = IN_ORDER]')
  // So few rows are merged at once, and what runs again task by task is, too.
  for (const properties of [{}, { ...RANGE, retry_policy: 'TASK' }]) {
    const merged = await explain(properties)
    expect(merged).toContain('RemoteMerge')
    expect(merged).not.toContain('RANGE')
  }
  const gathered = await explain({ ...RANGE, distributed_sort: 'false' })
  expect(gathered).not.toContain('RemoteMerge')
  expect(gathered.match(/^Fragment/gm)).toHaveLength(2)
})

describe('rows come in their order', () => {
  test.each([
    'SELECT custkey, orderkey FROM orders ORDER BY custkey, orderkey',
    'SELECT totalprice, orderkey, comment FROM orders ORDER BY totalprice DESC, orderkey',
    'SELECT comment FROM lineitem ORDER BY comment',
    'SELECT nullif(custkey, 1) % 7 k, orderkey FROM orders ORDER BY k NULLS FIRST, orderkey DESC',
    'SELECT if(custkey % 3 = 0, comment) k FROM orders ORDER BY k DESC NULLS FIRST',
    'SELECT orderkey FROM orders ORDER BY totalprice, orderkey OFFSET 14000',
    'SELECT orderkey FROM orders ORDER BY custkey, orderkey OFFSET 10 LIMIT 5',
    'SELECT orderkey * 2 FROM orders WHERE custkey < 500 ORDER BY orderdate, orderkey',
    'SELECT custkey, count(*) c FROM orders GROUP BY custkey ORDER BY c DESC, custkey',
    'SELECT orderkey, rank() OVER (PARTITION BY custkey ORDER BY totalprice) r FROM orders ORDER BY r, orderkey',
    'SELECT orderkey FROM orders WHERE orderkey < 0 ORDER BY comment',
    'SELECT orderkey FROM orders WHERE orderkey = 7 ORDER BY comment',
    'SELECT orderkey FROM orders WHERE orderkey < 50 ORDER BY comment',
    'SELECT 1 FROM orders ORDER BY (SELECT 2), 1',
    'SELECT orderkey FROM (SELECT * FROM orders ORDER BY comment OFFSET 3) ORDER BY orderkey DESC',
    'SELECT name FROM nation UNION ALL SELECT name FROM customer ORDER BY name',
  ])('%s', (sql) => compare(sql))

  test.each([
    'if(custkey % 50 = 0, nan(), totalprice)',
    'cast(totalprice * totalprice AS decimal(38, 2))',
    'cast(clerk AS char(20))',
    "cast(orderdate AS timestamp(3)) + custkey * INTERVAL '1' SECOND",
    "from_unixtime(orderkey * 3600, 'Europe/Berlin')",
    "custkey * INTERVAL '1' DAY",
    'ARRAY[custkey % 5, orderkey]',
    'ROW(custkey % 5, comment)',
  ])('by %s', async (key) => {
    await compare(
      `SELECT k FROM (SELECT if(orderkey % 20 <> 1, ${key}) AS k FROM orders) ORDER BY k DESC`,
    )
  })
})

test.each([
  ['to_hex(k)', 'to_utf8(comment)'],
  ['cast(k AS varchar)', 'cast(md5(to_utf8(comment)) AS uuid)'],
  ['cast(k AS varchar)', "cast('10.0.0.' || cast(custkey % 250 AS varchar) AS ipaddress)"],
])('rows come as %s in the order of %s', (text, key) =>
  compare(`SELECT ${text} FROM (SELECT ${key} AS k FROM orders) ORDER BY k`))

describe('ranges have as many rows each', () => {
  const even = (counts: readonly number[]): void => {
    const total = counts.reduce((sum, count) => sum + count, 0)
    expect(total).toBe(15_000)
    for (const count of counts) expect(Math.abs(count - 5000), String(counts)).toBeLessThan(400)
  }

  test.each([
    'SELECT comment FROM orders ORDER BY comment',
    'SELECT custkey, orderkey FROM orders ORDER BY custkey DESC, orderkey',
    `SELECT k FROM ${mostly('7')} ORDER BY k`,
    `SELECT k FROM ${mostly('700')} ORDER BY k DESC`,
    `SELECT k FROM ${mostly('NULL')} ORDER BY k NULLS FIRST`,
    `SELECT k FROM ${mostly('NULL')} ORDER BY k NULLS LAST`,
    'SELECT orderstatus FROM orders ORDER BY 1',
    'SELECT shippriority FROM orders ORDER BY 1',
  ])('%s', async (sql) => {
    await compare(sql)
    even(await rowsOfRanges(sql))
  })
})

test('a consumer that leaves ends it', async () => {
  const run = runOf(cluster.coordinator, 'SELECT * FROM lineitem ORDER BY comment', RANGE)
  expect((await run.nextPage())!.rowCount).toBeGreaterThan(0)
  run.cancel()
  await expect(run.nextPage()).rejects.toMatchObject({ code: 'USER_CANCELED' })
  for (const { member } of cluster.workers) expect(member.tasks.taskCount).toBe(0)
})
