import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { startLocalCluster } from '../../../support/local-cluster.js'
import { rowTexts } from '../../../support/row-texts.js'
import { SEED } from '../../../support/seed.js'

/* Tables of the memory connector that lie on three workers: what is asked of them has the answers of one engine. */

process.env['MILLRACE_VERIFY'] = '1'

const OPTIONS = { catalogs: { tpch: { 'connector.name': 'tpch', 'tpch.splits-per-node': '6' } } }
const TABLES = 'customer lineitem nation orders part partsupp region supplier'.split(' ')

const spool = mkdtempSync(join(tmpdir(), 'millrace-memory-tables-'))
let single: Engine
let cluster: Awaited<ReturnType<typeof startLocalCluster>>
beforeAll(async () => {
  single = await Engine.create({ threads: 0, ...OPTIONS })
  cluster = await startLocalCluster(3, {
    ...OPTIONS,
    faultTolerance: { exchangeDirectories: [spool] },
  })
  for (const name of TABLES) {
    await both(`CREATE TABLE memory.default.${name} AS SELECT * FROM tpch.tiny.${name}`)
  }
}, 60_000)
afterAll(async () => {
  await single.close()
  await cluster.close()
  rmSync(spool, { recursive: true, force: true })
})

async function rowsOf(
  engine: Engine,
  sql: string,
  { transactionId, ...properties }: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const session = {
    ...engine.defaultSession,
    catalog: 'memory',
    schema: 'default',
    properties: new Map(Object.entries(properties)),
    ...(transactionId === undefined ? {} : { transactionId }),
  }
  const run = engine.createRun({ sql, session })
  const rows = await rowTexts(run)
  const { startedTransactionId } = run.changes ?? {}
  return startedTransactionId === undefined ? rows : [startedTransactionId]
}

const ask = (sql: string, properties?: Readonly<Record<string, string>>) =>
  rowsOf(cluster.coordinator, sql, properties)

/** Has the cluster do what one engine does; answers are the same. */
async function both(sql: string, properties?: Readonly<Record<string, string>>): Promise<void> {
  const [expected, actual] = [await rowsOf(single, sql), await ask(sql, properties)]
  const isOrdered = /order by[^)]*$/i.test(sql)
  expect(isOrdered ? actual : actual.toSorted(), sql).toEqual(
    isOrdered ? expected : expected.toSorted(),
  )
}

const storedBytes = (): readonly number[] =>
  cluster.workers.map((worker) => worker.memory.usedBytes)

const plans = join(import.meta.dirname, '../../../plans/tpch')
const queries = readdirSync(plans).map((file) => ({
  name: file.replace('.plan', ''),
  sql: readFileSync(join(plans, file), 'utf8')
    .split('\n----\n')[0]!
    .replace(/^--.*\n/gm, ''),
}))

test.each(queries)('TPC-H $name', ({ sql }) => both(sql))

test('every worker has a part of a table, and reads its own', async () => {
  const plan = (await ask('EXPLAIN (TYPE DISTRIBUTED) SELECT count(*) FROM lineitem')).join()
  expect(plan).toContain('[SOURCE]')
  const run = cluster.coordinator.createRun({
    sql: 'SELECT count(*) FROM memory.default.lineitem',
    session: cluster.coordinator.defaultSession,
  })
  await run.drain()
  const source = run.execution!.info().stages.find((stage) => stage.partitioning === 'source')!
  expect(source.tasks.map(({ nodeId }) => nodeId)).toEqual(['worker-0', 'worker-1', 'worker-2'])
  for (const task of source.tasks) expect(task.processedRows).toBeGreaterThan(0)
  expect(source.tasks.reduce((sum, { processedRows }) => sum + processedRows, 0)).toBe(60_175)
})

test('what writes over nodes is shown, and what it wrote is told', async () => {
  const plan = (
    await ask('EXPLAIN CREATE TABLE t AS SELECT custkey, count(*) c FROM orders GROUP BY 1')
  ).join()
  expect(plan).toMatch(/Fragment 1 \[HASH\].*TableWriter/s)
  expect(
    await ask('CREATE TABLE counted AS SELECT custkey, count(*) c FROM orders GROUP BY 1'),
  ).toEqual(['"1000n"'])
  expect(await ask('SELECT count(*), sum(c) FROM counted')).toEqual(['"1000n" | "15000n"'])
  await ask('DROP TABLE counted')
})

/** Statements over a table `t` that was written over nodes. */
const CHANGES: readonly string[] = [
  'INSERT INTO t SELECT orderkey + 100000, custkey, orderstatus, orderdate FROM orders WHERE orderkey % 7 = 0',
  'INSERT INTO t SELECT orderkey + 200000, custkey, NULL, NULL FROM tpch.tiny.orders WHERE custkey < 300',
  "INSERT INTO t (orderkey, orderstatus) VALUES (-1, 'X'), (-2, NULL)",
  'INSERT INTO t SELECT * FROM t WHERE orderkey < 1000',
  "UPDATE t SET orderstatus = 'Q', custkey = custkey + 1 WHERE orderkey % 5 = 1",
  "UPDATE t SET orderdate = orderdate + INTERVAL '1' DAY",
  'DELETE FROM t WHERE custkey % 3 = 0',
  'DELETE FROM t WHERE orderkey IN (SELECT orderkey FROM lineitem WHERE quantity > 49)',
  'DELETE FROM t',
  'TRUNCATE TABLE t',
  "MERGE INTO t USING (SELECT orderkey, max(custkey) k FROM tpch.tiny.orders WHERE orderkey < 2000 GROUP BY 1) s ON t.orderkey = s.orderkey WHEN MATCHED AND k % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET orderstatus = 'M' WHEN NOT MATCHED THEN INSERT (orderkey, custkey) VALUES (s.orderkey, s.k)",
  'ANALYZE t',
  'ALTER TABLE t RENAME COLUMN orderdate TO orderdate',
  'CREATE OR REPLACE TABLE t AS SELECT orderkey, custkey, orderstatus, orderdate FROM tpch.tiny.orders WHERE orderkey < 20000',
]
const LOOKS: readonly string[] = [
  'SELECT count(*), count(orderstatus), sum(orderkey), sum(custkey), min(orderdate), max(orderdate) FROM t',
  'SELECT orderstatus, count(*), count(DISTINCT custkey) FROM t GROUP BY 1',
  'SELECT count(*) FROM t JOIN orders o ON t.orderkey = o.orderkey AND t.custkey = o.custkey',
  "SELECT * FROM t WHERE orderkey BETWEEN 90 AND 120 OR orderstatus = 'X'",
  "SELECT count(*) FROM t WHERE orderdate > DATE '1998-01-01'",
]
const create = () =>
  both(
    'CREATE OR REPLACE TABLE t AS SELECT orderkey, custkey, orderstatus, orderdate FROM tpch.tiny.orders',
  )

test('changes of a table that lies on several nodes, in any order', async () => {
  const statements = CHANGES.filter((sql) => !sql.includes('RENAME'))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(statements.length - 1), { minLength: 3, maxLength: 6 }),
      async (chosen) => {
        await create()
        for (const i of chosen) await both(statements[i]!)
        for (const look of LOOKS) await both(look)
      },
    ),
    { seed: SEED, numRuns: 3 },
  )
}, 60_000)

test('columns come and go', async () => {
  await create()
  await both('ALTER TABLE t ADD COLUMN note varchar')
  await both("INSERT INTO t SELECT orderkey + 7, custkey, NULL, NULL, 'new' FROM tpch.tiny.orders")
  await both('SELECT note, count(*), sum(orderkey) FROM t GROUP BY 1')
  await both('ALTER TABLE t DROP COLUMN custkey')
  await both('SELECT note, count(*), sum(orderkey), max(orderdate) FROM t GROUP BY 1')
})

test('a transaction of several statements sees its own state, and a rollback brings the parts back', async () => {
  await create()
  for (const end of ['ROLLBACK', 'COMMIT']) {
    const [transactionId] = await ask('START TRANSACTION')
    const [alone] = await rowsOf(single, 'START TRANSACTION')
    const inside = async (sql: string) => {
      const expected = await rowsOf(single, sql, { transactionId: alone! })
      expect((await ask(sql, { transactionId: transactionId! })).toSorted(), sql).toEqual(
        expected.toSorted(),
      )
    }
    await inside(LOOKS[0]!)
    await inside(CHANGES[0]!)
    await inside('DELETE FROM t WHERE custkey % 3 = 0')
    await inside("UPDATE t SET orderstatus = 'Q' WHERE orderkey % 5 = 1")
    for (const look of LOOKS) await inside(look)
    await inside(end)
    for (const look of LOOKS) await both(look)
  }
})

test('who changes rows does not miss those that others insert meanwhile', async () => {
  await create()
  const insert =
    'INSERT INTO t SELECT orderkey + 300000, custkey, orderstatus, orderdate FROM tpch.tiny.orders'
  const [before] = await ask('SELECT count(*) FROM t')
  expect(before).toBe('"15000n"')
  await Promise.all([
    ask("UPDATE t SET orderstatus = 'U' WHERE orderkey < 300000"),
    ask(insert),
    ask('UPDATE t SET custkey = -custkey WHERE orderkey < 300000'),
    ask(insert),
  ])
  expect(
    await ask(
      "SELECT count(*), count_if(orderkey < 300000 AND orderstatus = 'U' AND custkey < 0), count_if(orderkey > 300000) FROM t",
    ),
  ).toEqual(['"45000n" | "15000n" | "30000n"'])
})

test('a write that fails, and a table that is dropped, leave nothing with the next write', async () => {
  await ask('CREATE TABLE first AS SELECT 1 x FROM tpch.tiny.region')
  const before = storedBytes()
  for (let i = 0; i < 3; i++) {
    await expect(
      ask('CREATE TABLE failed AS SELECT *, 1 / (orderkey - 60000) q FROM tpch.tiny.lineitem'),
    ).rejects.toMatchObject({ code: 'DIVISION_BY_ZERO' })
    await ask('CREATE TABLE dropped AS SELECT * FROM tpch.tiny.lineitem')
    expect(storedBytes().reduce((a, b) => a + b)).toBeGreaterThan(before.reduce((a, b) => a + b))
    await ask('DROP TABLE dropped')
  }
  await ask('INSERT INTO first SELECT 2 FROM tpch.tiny.orders')
  const perWorker = 2 ** 20
  for (const [i, bytes] of storedBytes().entries()) {
    expect(bytes).toBeLessThanOrEqual(before[i]! + perWorker)
  }
  await expect(ask('SELECT * FROM failed')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
  await ask('DROP TABLE first')
})

test.each(['TASK', 'QUERY'])('parts are read with %s', async (policy) => {
  for (const { name, sql } of queries) {
    if (name === 'q03' || name === 'q09' || name === 'q21')
      await both(sql, { retry_policy: policy })
  }
})

test('with TASK, rows are written by the coordinator', async () => {
  const plan = await ask(
    'EXPLAIN (TYPE DISTRIBUTED) CREATE TABLE t2 AS SELECT * FROM tpch.tiny.orders',
    {
      retry_policy: 'TASK',
    },
  )
  expect(plan.join()).not.toContain('Fragment 1')
})

test('an order that is to be kept is written range by range', async () => {
  const properties = { skip_redundant_sort: 'false', sort_distribution_type: 'RANGE' }
  const sql =
    'CREATE TABLE sorted AS SELECT comment, orderkey FROM tpch.tiny.orders ORDER BY comment'
  const plan = (await ask(`EXPLAIN (TYPE DISTRIBUTED) ${sql}`, properties)).join()
  expect(plan).toMatch(/Fragment 1 \[RANGE\][^F]*TableWriter/)
  await ask(sql, properties)
  expect(await ask('SELECT count(*), count(DISTINCT orderkey) FROM sorted')).toEqual([
    '"15000n" | "15000n"',
  ])
  // Pages of three workers come as they are ready; within each rows are in order.
  const rows = await ask('SELECT comment FROM sorted')
  const breaks = rows.filter((text, i) => i > 0 && text < rows[i - 1]!).length
  expect(breaks).toBeLessThan(100)
  await ask('DROP TABLE sorted')
  const merged = { ...properties, sort_distribution_type: 'MERGE' }
  expect((await ask(`EXPLAIN (TYPE DISTRIBUTED) ${sql}`, merged)).join()).toMatch(
    /Fragment 1 \[SINGLE\][^F]*TableWriter/,
  )
  expect((await ask(`EXPLAIN (TYPE DISTRIBUTED) ${sql}`)).join()).not.toContain('Sort')
})

/* The last: it loses a worker. */
test('a part whose node is gone is an error, until the table is dropped', async () => {
  await create()
  cluster.lose(1)
  for (const sql of ['SELECT count(*) FROM t', 'DELETE FROM t WHERE orderkey = 1']) {
    await expect(ask(sql)).rejects.toMatchObject({ code: 'NO_NODES_AVAILABLE' })
  }
  await ask('TRUNCATE TABLE t')
  expect(await ask('SELECT count(*) FROM t')).toEqual(['"0n"'])
  await ask('INSERT INTO t SELECT orderkey, custkey, orderstatus, orderdate FROM tpch.tiny.orders')
  expect(await ask('SELECT count(*) FROM t')).toEqual(['"15000n"'])
})
