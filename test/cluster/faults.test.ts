import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../src/client/index.js'
import { FaultCluster as Cluster, type FaultCluster, within } from '../support/fault-cluster.js'
import { SEED } from '../support/seed.js'
import { createRandom } from '../unit/kernel-support/cells.js'

/*
 * Workers are killed and hung at random moments, while queries run. MILLRACE_CHAOS_QUERIES says how many (npm run test:chaos: 200),
 * MILLRACE_SEED repeats a run.
 */

const queryCount = Number(process.env['MILLRACE_CHAOS_QUERIES'] ?? 8)
const SCHEMA = 'sf0.02'
/** How long one that is stopped stays so: also longer than a node may be silent. */
const STOP_MILLIS_MAX = 6000
/** Of a query's usual time: when a worker is struck, counted from the query's start. */
const WHEN_MAX = 1.2
/** What a query may fail with when a node does. */
const NODE_ERRORS = [
  'REMOTE_HOST_GONE',
  'PAGE_TRANSPORT_ERROR',
  'PAGE_TRANSPORT_TIMEOUT',
  'REMOTE_TASK_MISMATCH',
  'NO_NODES_AVAILABLE',
]

/** None reads comments: the text that these are cut from takes each new process seconds to make. */
const QUERIES: readonly string[] = [
  'SELECT count(*), sum(quantity), max(shipdate) FROM lineitem',
  'SELECT returnflag, linestatus, sum(extendedprice), count(*) FROM lineitem GROUP BY 1, 2 ORDER BY 1, 2',
  'SELECT o.orderpriority, count(*) FROM orders o JOIN lineitem l ON o.orderkey = l.orderkey WHERE l.shipdate > o.orderdate GROUP BY 1 ORDER BY 1',
  'SELECT c.custkey, count(*), sum(o.totalprice) FROM customer c JOIN orders o ON c.custkey = o.custkey GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 50',
  'SELECT orderkey, totalprice, orderpriority FROM orders ORDER BY totalprice DESC, orderkey',
  'SELECT count(*) FROM (SELECT DISTINCT partkey, suppkey FROM lineitem)',
  'SELECT custkey FROM customer WHERE custkey NOT IN (SELECT custkey FROM orders) ORDER BY 1',
  'SELECT custkey, orderkey, rank() OVER (PARTITION BY custkey ORDER BY totalprice DESC, orderkey) FROM orders ORDER BY 1, 2',
  'SELECT orderkey, partkey, shipdate, extendedprice FROM lineitem WHERE orderkey < 20000',
]

let cluster: FaultCluster
const expected = new Map<string, { readonly rows: string; readonly millis: number }>()

beforeAll(async () => {
  cluster = await Cluster.start(3)
  for (const sql of QUERIES) {
    // The first run compiles and generates.
    await cluster.ask(sql, {}, SCHEMA)
    const begun = performance.now()
    const { rows, error, endedAt } = await cluster.ask(sql, {}, SCHEMA)
    expect(error).toBe(undefined)
    expected.set(sql, { rows: textOf(rows), millis: endedAt - begun })
  }
}, 120_000)
afterAll(() => cluster.close())

/** Sums of doubles and unordered rows may come in another order. */
const textOf = (rows: readonly unknown[]): string =>
  rows
    .map((row) =>
      JSON.stringify(row, (_, value) =>
        typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(12) : value,
      ),
    )
    .sort()
    .join('\n')

interface Tally {
  struck: number
  right: number
  failed: Record<string, number>
  slowestMillis: number
}

async function chaos(policy: 'NONE' | 'QUERY' | 'TASK', count: number): Promise<Tally> {
  const random = createRandom(SEED)
  const tally: Tally = { struck: 0, right: 0, failed: {}, slowestMillis: 0 }
  for (let i = 0; i < count; i++) {
    const sql = random.pick(QUERIES)
    const { rows, millis } = expected.get(sql)!
    // One worker at least stays, or comes back while the query waits for it.
    const up = cluster.workers.filter((worker) => worker.state === 'up')
    for (const worker of cluster.workers) {
      if (worker.state === 'down') void cluster.restart(worker).catch(() => undefined)
    }
    const victim =
      up.length > 1 || (up.length === 1 && policy === 'TASK') ? random.pick(up) : undefined
    const isKilled = random.chance(0.6)
    const waitMillis = random.below(Math.ceil(millis * WHEN_MAX))
    const stopMillis = random.below(STOP_MILLIS_MAX)
    const begun = performance.now()
    let struckAt = begun
    const striking = new Promise<void>((resolve) => {
      setTimeout(() => {
        struckAt = performance.now()
        if (victim?.state === 'up') {
          tally.struck++
          if (isKilled) {
            cluster.kill(victim)
          } else {
            cluster.stop(victim)
            setTimeout(() => cluster.resume(victim), stopMillis)
          }
        }
        resolve()
      }, waitMillis)
    })
    const outcome = await cluster.ask(sql, { retry_policy: policy }, SCHEMA)
    await striking
    const about = `query ${i} of seed ${SEED}, ${outcome.id}: ${sql}`
    tally.slowestMillis = Math.max(tally.slowestMillis, outcome.endedAt - begun)
    if (outcome.error === undefined) {
      tally.right++
      expect(textOf(outcome.rows) === rows, `other rows: ${about}`).toBe(true)
      continue
    }
    tally.failed[outcome.error] = (tally.failed[outcome.error] ?? 0) + 1
    expect(policy, `${outcome.error}: ${about}`).toBe('NONE')
    expect(NODE_ERRORS, about).toContain(outcome.error)
    expect(outcome.endedAt - Math.max(begun, struckAt), about).toBeLessThan(5000)
  }
  await cluster.settled()
  return tally
}

const files = (): readonly string[] =>
  readdirSync(cluster.dataFolder, { recursive: true, encoding: 'utf8' })
const data = () => files().filter((name) => name.endsWith('.parquet'))
const ofWrites = () => files().filter((name) => /\.millrace-[0-9a-f-]{36}\./.test(name))

// Before others: a node that has failed often writes nothing for a while.
test('a table that all workers write has all rows or is not there when one of them is killed', {
  timeout: 120_000,
}, async () => {
  const count = 'SELECT count(*), sum(orderkey) FROM files.default.orders_of_all'
  const create = (name: string, rows: string, schema: string) =>
    cluster.ask(`CREATE TABLE files.default.${name} AS SELECT * FROM ${rows}`, {}, schema)
  expect(await create('orders_of_all', 'orders', 'tiny')).toMatchObject({ rows: [[15_000]] })
  const written = data()
  expect(written).toHaveLength(3)
  const { rows } = await cluster.ask(count)
  const large = 'SELECT * FROM orders'
  for (const sql of [
    `CREATE TABLE files.default.lost AS ${large}`,
    `INSERT INTO files.default.orders_of_all ${large}`,
  ]) {
    const outcome = cluster.ask(sql, {}, 'sf0.5')
    await within(30_000, 'nothing is written', async () => data().length >= written.length + 3)
    cluster.kill(cluster.workers[1]!)
    const { error } = await outcome
    expect(NODE_ERRORS, sql).toContain(error)
    // The client hears of it while what was written is removed.
    await within(10_000, 'files of the write are left', async () => ofWrites().length === 0)
    expect(data(), sql).toEqual(written)
    await cluster.settled()
    expect(await cluster.ask(count)).toMatchObject({ rows, error: undefined })
  }
  await cluster.nothingIsLeft()
})

test.each([
  ['QUERY', 0],
  ['TASK', 2],
] as const)(
  'with %s a table that all workers write has each row once when one of them is killed',
  {
    timeout: 120_000,
  },
  async (policy, victim) => {
    const sums = async (table: string) => {
      const { rows, error } = await cluster.ask(`SELECT count(*), sum(orderkey) FROM ${table}`)
      expect(error).toBe(undefined)
      return rows[0]!.map(BigInt)
    }
    const once = await sums('tpch."sf0.5".orders')
    const table = `files.default.kept_with_${policy}`.toLowerCase()
    const statements = [`CREATE TABLE ${table} AS`, `INSERT INTO ${table}`]
    for (const [i, statement] of statements.entries()) {
      const before = data().length
      const outcome = cluster.ask(
        `${statement} SELECT * FROM orders`,
        { retry_policy: policy },
        'sf0.5',
      )
      await within(30_000, 'nothing is written', async () => data().length >= before + 3)
      // One is enough: a node that fails often writes nothing for a while.
      if (i === 0) cluster.kill(cluster.workers[victim]!)
      expect(await outcome, statement).toMatchObject({ error: undefined, rows: [[750_000]] })
      expect(await sums(table)).toEqual(once.map((sum) => sum * BigInt(i + 1)))
      expect(ofWrites(), statement).toEqual([])
      await cluster.settled()
    }
    await cluster.nothingIsLeft()
  },
)

const TIMEOUT = 60_000 + queryCount * 10_000

for (const policy of ['TASK', 'QUERY', 'NONE'] as const) {
  const name =
    policy === 'NONE'
      ? 'each query is right or fails within 5 s'
      : `every answer is right with ${policy}`
  test(`${name}; seed ${SEED}`, { timeout: TIMEOUT }, async () => {
    const tally = await chaos(policy, queryCount)
    process.stdout.write(`${policy}, seed ${SEED}: ${JSON.stringify(tally)}\n`)
    expect(tally.struck).toBeGreaterThan(0)
    expect(tally.right).toBeGreaterThan(0)
    await cluster.nothingIsLeft()
    // Those that were struck work again.
    for (const sql of QUERIES) {
      const { rows, error } = await cluster.ask(sql, {}, SCHEMA)
      expect(error).toBe(undefined)
      expect(textOf(rows)).toBe(expected.get(sql)!.rows)
    }
    // It takes half a minute of idleness.
    if (queryCount >= 100) await cluster.connectionsAreClosed()
  })
}

test('a coordinator that starts again knows no query of before, and clears up after itself', async () => {
  const headers = { 'X-Trino-User': 'tester', 'X-Trino-Catalog': 'tpch', 'X-Trino-Schema': 'sf1' }
  const sql =
    'SELECT count(*) FROM lineitem a JOIN lineitem b ON a.partkey = b.partkey AND a.orderkey < b.orderkey'
  const response = await fetch(`${cluster.url}/v1/statement`, {
    method: 'POST',
    body: sql,
    headers: { ...headers, 'X-Trino-Session': 'retry_policy=TASK' },
  })
  let { nextUri } = (await response.json()) as { nextUri: string }
  await within(20_000, 'no task has begun', async () => {
    nextUri = ((await (await fetch(nextUri, { headers })).json()) as { nextUri: string }).nextUri
    return (await cluster.leftovers()).some((left) => left.startsWith('task'))
  })
  expect(readdirSync(cluster.spoolFolder)).toHaveLength(1)
  const clients = [cluster.url.replace('http', 'ws'), cluster.url].map((url, i) =>
    connect(url, { user: 'tester', protocol: i === 0 ? 'stream' : 'trino' }),
  )
  const results = clients.map((client) =>
    client.query('SELECT orderkey FROM tpch.sf1.lineitem')[Symbol.asyncIterator](),
  )
  for (const rows of results) expect((await rows.next()).done).toBe(false)
  await cluster.killCoordinator()
  await expect(fetch(nextUri, { headers })).rejects.toThrow()
  await cluster.restartCoordinator()
  // What had come before is given, and then what became of the rest; the clients go on with the new one.
  for (const rows of results) {
    const rest = async () => {
      while ((await rows.next()).done !== true);
    }
    await expect(rest()).rejects.toMatchObject({ code: 'REMOTE_HOST_GONE' })
  }
  for (const client of clients) {
    expect(await client.query('SELECT 1 AS one').all()).toEqual([{ one: 1 }])
    await client.close()
  }
  const gone = await fetch(nextUri, { headers })
  expect(gone.status).toBe(404)
  expect(await gone.text()).toBe('Query not found')
  await cluster.settled()
  await cluster.nothingIsLeft()
  const { rows } = await cluster.ask('SELECT count(*) FROM lineitem', { retry_policy: 'TASK' })
  expect(rows).toEqual([[60_175]])
})
