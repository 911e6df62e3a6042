import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { startLocalCluster } from '../../../support/local-cluster.js'
import { rowTexts } from '../../../support/row-texts.js'

/* What three workers answer is what one engine answers. */

process.env['MILLRACE_VERIFY'] = '1'

const OPTIONS = { catalogs: { tpch: { 'connector.name': 'tpch', 'tpch.splits-per-node': '4' } } }

const spool = mkdtempSync(join(tmpdir(), 'millrace-answers-'))
let single: Engine
let cluster: Awaited<ReturnType<typeof startLocalCluster>>
beforeAll(async () => {
  single = await Engine.create({ threads: 0, ...OPTIONS })
  cluster = await startLocalCluster(3, {
    ...OPTIONS,
    // Results of QUERY take every way: memory, then a file.
    faultTolerance: { exchangeDirectories: [spool], resultBufferBytes: 20_000 },
  })
})
afterAll(async () => {
  await single.close()
  await cluster.close()
  rmSync(spool, { recursive: true, force: true })
})

async function rowsOf(
  engine: Engine,
  sql: string,
  properties: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const session = {
    ...engine.defaultSession,
    catalog: 'tpch',
    schema: 'tiny',
    properties: new Map(Object.entries(properties)),
  }
  const run = engine.createRun({ sql, session })
  return rowTexts(run)
}

async function compare(sql: string, properties?: Readonly<Record<string, string>>): Promise<void> {
  const expected = await rowsOf(single, sql)
  const actual = await rowsOf(cluster.coordinator, sql, properties)
  const isOrdered = /order by[^)]*$/i.test(sql)
  expect(isOrdered ? actual : actual.toSorted()).toEqual(isOrdered ? expected : expected.toSorted())
  for (const { member } of [cluster.coordinator, ...cluster.workers]) {
    expect(member.tasks.taskCount).toBe(0)
  }
  for (const folder of readdirSync(spool)) expect(readdirSync(join(spool, folder))).toEqual([])
}

const plans = join(import.meta.dirname, '../../../plans/tpch')
const queries = readdirSync(plans).map((file) => ({
  name: file.replace('.plan', ''),
  sql: readFileSync(join(plans, file), 'utf8')
    .split('\n----\n')[0]!
    .replace(/^--.*\n/gm, ''),
}))

test('what a build knows of its keys leaves out rows of scans in other fragments', async () => {
  const sql =
    'SELECT count(*), sum(l.quantity) FROM lineitem l JOIN (SELECT orderkey FROM orders WHERE orderkey % 4096 = 7 AND totalprice > 0) o ON l.orderkey = o.orderkey'
  const properties = { join_distribution_type: 'PARTITIONED', colocated_join: 'false' }
  await compare(sql, properties)
  const rowsRead = async (enabled: string) => {
    const { defaultSession } = cluster.coordinator
    const session = {
      ...defaultSession,
      catalog: 'tpch',
      schema: 'tiny',
      properties: new Map(Object.entries({ ...properties, enable_dynamic_filtering: enabled })),
    }
    const run = cluster.coordinator.createRun({ sql, session })
    await run.drain()
    const { processedRows, stages } = run.execution!.info()
    return { processedRows, filters: stages.flatMap(({ filters }) => filters) }
  }
  const filtered = await rowsRead('true')
  expect(filtered.filters).toEqual([expect.objectContaining({ isInTime: true })])
  expect(filtered.processedRows).toBeLessThan(20_000)
  expect(await rowsRead('false')).toEqual({ processedRows: 75_175, filters: [] })
  const text = (await rowsOf(cluster.coordinator, `EXPLAIN ANALYZE ${sql}`, properties)).join()
  expect(text).toMatch(/Dynamic filter of another fragment: \S+, before the scan began/)
})

test('compressed pages have the same rows in fewer bytes', async () => {
  const sql = 'SELECT comment, clerk FROM orders'
  const expected = (await rowsOf(single, sql)).toSorted()
  const bytes: number[] = []
  for (const exchangeCompression of ['NONE', 'LZ4'] as const) {
    const other = await startLocalCluster(2, { ...OPTIONS, exchangeCompression })
    try {
      expect((await rowsOf(other.coordinator, sql)).toSorted()).toEqual(expected)
      const written = 'SELECT sum(output_bytes) FROM system.runtime.tasks'
      bytes.push(Number.parseInt(JSON.parse((await rowsOf(other.coordinator, written))[0]!), 10))
    } finally {
      await other.close()
    }
  }
  expect(bytes[1]).toBeLessThan(bytes[0]! * 0.8)
})

describe('tables that are partitioned alike', () => {
  const explain = async (sql: string, properties?: Readonly<Record<string, string>>) =>
    JSON.parse(
      (await rowsOf(cluster.coordinator, `EXPLAIN (TYPE DISTRIBUTED) ${sql}`, properties))[0]!,
    ) as string
  const joined = 'FROM orders o JOIN lineitem l ON o.orderkey = l.orderkey'

  test('are joined where they are, and grouped by their key', async () => {
    const sql = `SELECT o.orderkey, count(*), sum(l.quantity) ${joined} GROUP BY o.orderkey`
    const plan = await explain(sql)
    expect(plan.match(/^Fragment/gm)).toHaveLength(1)
    expect(plan).toContain('Fragment 0 [PARTITIONED_SOURCE]')
    expect(await explain(sql, { colocated_join: 'false' })).toContain('HASH')
    await compare(sql)
    await compare(sql, { retry_policy: 'TASK' })
  })

  test.each([
    `SELECT count(*) ${joined.replace('JOIN', 'LEFT JOIN')} AND l.quantity > 49`,
    `SELECT count(*), count(o.orderkey), count(l.orderkey) ${joined.replace('JOIN', 'FULL JOIN')} + 1`,
    `SELECT count(*), count(o.orderkey) ${joined.replace('JOIN', 'FULL JOIN')} AND o.totalprice > 100000`,
    `SELECT count(*) ${joined.replace('JOIN', 'RIGHT JOIN')} AND o.totalprice > 100000`,
    `SELECT count(*), sum(o.totalprice) ${joined} AND o.orderkey BETWEEN 7000 AND 47000`,
    'SELECT count(*) FROM orders o WHERE EXISTS (SELECT 1 FROM lineitem l WHERE l.orderkey = o.orderkey AND l.quantity > 48)',
    'SELECT count(*) FROM orders o WHERE orderkey NOT IN (SELECT orderkey FROM lineitem WHERE quantity > 40)',
    'SELECT orderkey, count(DISTINCT suppkey) FROM lineitem GROUP BY orderkey',
    'SELECT count(*) FROM (SELECT orderkey, rank() OVER (PARTITION BY orderkey ORDER BY quantity) r FROM lineitem) WHERE r = 1',
    `SELECT c.custkey, count(*) ${joined} JOIN customer c ON c.custkey = o.custkey GROUP BY 1`,
    'SELECT count(*) FROM orders a JOIN orders b ON a.orderkey = b.orderkey JOIN lineitem l ON l.orderkey = b.orderkey',
    'SELECT count(*) FROM (SELECT orderkey FROM orders UNION ALL SELECT orderkey FROM lineitem) u JOIN orders o ON u.orderkey = o.orderkey',
    'SELECT count(*) FROM tpch.tiny.orders a JOIN "sf0.02".lineitem l ON a.orderkey = l.orderkey',
  ])('%s', (sql) => compare(sql, { join_distribution_type: 'PARTITIONED' }))
})

describe('keys that most rows have', () => {
  const properties = { join_distribution_type: 'PARTITIONED' }
  /** Of ten rows nine have this key. */
  const rows = (key: string): string =>
    `(SELECT if(orderkey % 10 = 0, orderkey, ${key}) AS k, quantity FROM lineitem)`

  /** Rows that came to each task of each stage which reads others and has several. */
  const rowsOfTasks = async (sql: string, own: Readonly<Record<string, string>>) => {
    const { defaultSession } = cluster.coordinator
    const session = {
      ...defaultSession,
      catalog: 'tpch',
      schema: 'tiny',
      properties: new Map(Object.entries(own)),
    }
    const run = cluster.coordinator.createRun({ sql, session })
    await run.drain()
    const stages = run.execution!.info().stages.filter(({ tasks }) => tasks.length > 1)
    return stages.map(({ tasks }) =>
      tasks.map(({ pipelines }) =>
        pipelines
          .flatMap(({ drivers }) => drivers.flatMap(({ operators }) => operators))
          .filter(
            ({ name }) => name === 'lookupJoin' || name === 'semiJoin' || name === 'aggregation',
          )
          .reduce((sum, { inputRows }) => sum + inputRows, 0),
      ),
    )
  }
  /** A task may take one split more than the others. */
  const isBalanced = (counts: readonly number[]): boolean =>
    Math.max(...counts) <= 0.6 * counts.reduce((sum, count) => sum + count, 0)

  test.each(['LEFT', 'FULL'])('NULL keys of a %s join go to all tasks', async (type) => {
    const sql = `SELECT count(*), count(o.custkey), sum(l.quantity) FROM ${rows('NULL')} l ${type} JOIN orders o ON l.k = o.orderkey`
    await compare(sql, properties)
    await compare(sql, { ...properties, retry_policy: 'TASK' })
    await compare(`${sql.replace('SELECT', 'SELECT l.k,')} GROUP BY l.k`, properties)
    const stages = await rowsOfTasks(sql, properties)
    expect(stages.flat().reduce((sum, count) => sum + count, 0)).toBeGreaterThan(60_000)
    for (const counts of stages) expect(isBalanced(counts), String(counts)).toBe(true)
  })

  const joins: readonly (readonly [string, string])[] = [
    [
      'an inner',
      'SELECT count(*), sum(o.custkey), sum(l.quantity) FROM L l JOIN orders o ON l.k = o.orderkey',
    ],
    [
      'a left',
      'SELECT count(*), count(o.custkey), sum(l.quantity) FROM L l LEFT JOIN orders o ON l.k = o.orderkey AND o.custkey > 5',
    ],
    [
      'a right',
      'SELECT count(*), count(o.custkey), sum(l.quantity) FROM orders o RIGHT JOIN L l ON l.k = o.orderkey',
    ],
    [
      'several keys of an inner',
      'SELECT count(*), sum(o.partkey) FROM (SELECT *, 1 AS n FROM L) l JOIN lineitem o ON l.k = o.orderkey AND l.n = o.linenumber',
    ],
    [
      'a semi',
      'SELECT count(*), sum(l.quantity) FROM L l WHERE l.k IN (SELECT orderkey FROM orders WHERE custkey > 5)',
    ],
    [
      'an anti',
      'SELECT count(*), sum(l.quantity) FROM L l WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.orderkey = l.k AND o.custkey < 500)',
    ],
    [
      'an upper',
      'SELECT count(*), sum(o.custkey), sum(c.acctbal) FROM L l JOIN orders o ON l.k = o.orderkey JOIN customer c ON l.k = c.custkey',
    ],
  ]

  test.each(joins)('rows of a heavy key of %s join go to all tasks', async (_, join) => {
    const sql = join.replace('L l', `${rows('7')} l`).replace('FROM L)', `FROM ${rows('7')})`)
    const own = { ...properties, join_skew_min_rows: '0' }
    await compare(sql, own)
    await compare(sql, { ...own, retry_policy: 'TASK' })
    const stages = await rowsOfTasks(sql, own)
    for (const counts of stages) expect(isBalanced(counts), String(counts)).toBe(true)
    const analyzed = (await rowsOf(cluster.coordinator, `EXPLAIN ANALYZE ${sql}`, own)).join()
    expect(analyzed).toMatch(/HASH \[[^\]]*\].{0,30}, 1 heavy key ROUND_ROBIN/)
    expect(analyzed).toMatch(/HASH \[[^\]]*\], 1 heavy key BROADCAST/)
    const verbose = await rowsOf(cluster.coordinator, `EXPLAIN ANALYZE VERBOSE ${sql}`, own)
    expect(verbose.join()).toMatch(
      /Task \S+ on worker-2: (CPU: \S+, )?Scheduled: \S+, Splits: \d+, Output: \d+ rows/,
    )
    expect(verbose.join()).toMatch(/Drivers: 3, each input: \d+ to \d+ rows, output: \d+ to \d+ /)
    expect(analyzed).not.toMatch(/Drivers: |Task /)
    // So few rows are not looked at by themselves.
    const plain = await rowsOfTasks(sql, properties)
    expect(plain.every(isBalanced), String(plain)).toBe(false)
  })

  test('what groups by a key that was heavy below', async () => {
    const sql = `SELECT l.k, count(*), sum(o.totalprice) FROM ${rows('7')} l JOIN orders o ON l.k = o.orderkey GROUP BY l.k`
    await compare(sql, { ...properties, join_skew_min_rows: '0' })
    await compare(sql.replace("'7'", 'NULL'), { ...properties, join_skew_min_rows: '0' })
  })

  test('NULL keys of what an IN marks go to all tasks', async () => {
    const sql = `SELECT count(*), count_if(x) FROM (SELECT EXISTS (SELECT 1 FROM orders o WHERE o.orderkey = l.k) AS x FROM ${rows('NULL')} l)`
    await compare(sql, properties)
    for (const counts of await rowsOfTasks(sql, properties)) {
      expect(isBalanced(counts), String(counts)).toBe(true)
    }
  })

  test('groups are put together of states, a task each', async () => {
    const sql = `SELECT k, count(*), sum(quantity) FROM ${rows('7')} GROUP BY k`
    await compare(sql)
    const stages = await rowsOfTasks(sql, {})
    for (const counts of stages) expect(isBalanced(counts), String(counts)).toBe(true)
  })

  test('a build side that is small enough goes to all tasks', async () => {
    const sql = `SELECT count(*), sum(l.quantity) FROM ${rows('7')} l JOIN (SELECT * FROM orders WHERE custkey < 300) o ON l.k = o.orderkey`
    await compare(sql)
    const [plan] = await rowsOf(cluster.coordinator, `EXPLAIN (TYPE DISTRIBUTED) ${sql}`)
    expect(plan).toContain('BROADCAST')
    expect(plan).not.toContain('HASH')
  })
})

/** What is done of itself where much is read, and everything that may be. */
const WAYS = [
  { way: 'AUTOMATIC', properties: {} },
  {
    way: 'PARTITIONED',
    properties: {
      join_distribution_type: 'PARTITIONED',
      join_skew_min_rows: '0',
      sort_distribution_type: 'RANGE',
    },
  },
]

describe.each(WAYS)('TPC-H with $way joins', ({ properties }) => {
  test.each(queries)('$name', ({ sql }) => compare(sql, properties))
})

const SHAPES: readonly string[] = [
  'SELECT count(*) FROM lineitem',
  'SELECT count(*) FROM lineitem WHERE orderkey < 0',
  'SELECT sum(quantity), min(shipdate), max(comment) FROM lineitem WHERE orderkey < 0',
  'SELECT orderkey, custkey FROM orders ORDER BY totalprice DESC, orderkey',
  'SELECT orderkey, custkey, comment FROM orders ORDER BY custkey, orderkey',
  'SELECT orderkey FROM orders ORDER BY orderkey LIMIT 7',
  'SELECT orderkey FROM orders ORDER BY orderkey OFFSET 14990',
  'SELECT orderkey FROM orders ORDER BY orderkey OFFSET 10 LIMIT 5',
  'SELECT orderstatus FROM orders ORDER BY orderstatus FETCH FIRST 1 ROWS WITH TIES',
  'SELECT count(*) FROM (SELECT * FROM lineitem LIMIT 1000)',
  'SELECT DISTINCT orderpriority FROM orders',
  'SELECT count(DISTINCT custkey), count(DISTINCT orderpriority), sum(totalprice) FROM orders',
  'SELECT orderstatus, count(DISTINCT custkey), count(*) FROM orders GROUP BY orderstatus',
  'SELECT custkey, array_agg(orderkey ORDER BY orderkey) FROM orders GROUP BY custkey',
  'SELECT orderstatus, orderpriority, count(*), sum(shippriority) FROM orders GROUP BY ROLLUP (orderstatus, orderpriority)',
  'SELECT orderstatus, orderpriority, count(*) FROM orders WHERE orderkey < 0 GROUP BY GROUPING SETS ((), (orderstatus), (orderpriority))',
  'SELECT orderstatus, orderpriority, count(*), grouping(orderstatus, orderpriority) FROM orders GROUP BY CUBE (orderstatus, orderpriority)',
  'SELECT approx_distinct(custkey), approx_percentile(totalprice, 0.5) > 0, stddev(totalprice) FROM orders',
  'SELECT o.orderkey, c.name FROM orders o RIGHT JOIN customer c ON o.custkey = c.custkey AND o.totalprice > 400000',
  'SELECT count(*), count(o.orderkey), count(c.custkey) FROM orders o FULL JOIN customer c ON o.custkey = c.custkey + 5',
  'SELECT count(*) FROM nation a, region b WHERE a.nationkey > b.regionkey',
  'SELECT a.name, b.name FROM nation a LEFT JOIN region b ON a.nationkey < b.regionkey',
  'SELECT a.name, b.name FROM region a FULL JOIN nation b ON a.regionkey > b.nationkey',
  'SELECT name FROM customer WHERE custkey NOT IN (SELECT custkey FROM orders)',
  'SELECT name FROM customer WHERE custkey NOT IN (SELECT nullif(custkey, 1) FROM orders)',
  'SELECT name FROM customer WHERE custkey IN (SELECT custkey FROM orders WHERE totalprice > 300000)',
  'SELECT count(*) FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.custkey = c.custkey AND o.totalprice > c.acctbal * 10)',
  'SELECT custkey, (SELECT max(totalprice) FROM orders o WHERE o.custkey = c.custkey) FROM customer c',
  'SELECT custkey, custkey IN (SELECT custkey FROM orders WHERE orderkey < 100) FROM customer',
  'SELECT orderkey FROM orders WHERE totalprice > (SELECT avg(totalprice) * 2 FROM orders)',
  'SELECT custkey, orderkey, rank() OVER (PARTITION BY custkey ORDER BY totalprice) FROM orders',
  'SELECT orderkey, sum(totalprice) OVER (ORDER BY orderkey) FROM orders',
  'SELECT * FROM (SELECT custkey, orderkey, row_number() OVER (PARTITION BY custkey ORDER BY totalprice DESC) r FROM orders) WHERE r <= 2',
  'SELECT custkey FROM orders UNION SELECT custkey FROM customer',
  'SELECT custkey FROM orders UNION ALL SELECT custkey FROM customer UNION ALL VALUES 1, 2, 3',
  'SELECT custkey, count(*) FROM orders GROUP BY custkey UNION ALL SELECT custkey, 0 FROM customer',
  'SELECT custkey FROM customer INTERSECT SELECT custkey FROM orders',
  'SELECT custkey FROM customer EXCEPT ALL SELECT custkey FROM orders',
  'SELECT orderkey, x FROM orders CROSS JOIN UNNEST(ARRAY[1, 2], ARRAY[orderkey, custkey]) AS t(x, y)',
  'SELECT r.name, n.name FROM region r JOIN nation n ON r.regionkey = n.regionkey JOIN (VALUES 1, 3) v(k) ON r.regionkey = v.k',
  'SELECT v.k, count(n.name) FROM (VALUES 1, 3, 99) v(k) LEFT JOIN nation n ON n.regionkey = v.k GROUP BY v.k',
  'SELECT custkey, count(*), sum(totalprice) FROM (SELECT * FROM orders UNION ALL SELECT * FROM orders) GROUP BY custkey',
  'SELECT c.mktsegment, o.orderstatus, count(*) FROM customer c JOIN orders o ON c.custkey = o.custkey GROUP BY 1, 2',
  'SELECT l.suppkey, o.custkey, count(*) FROM lineitem l JOIN orders o ON l.orderkey = o.orderkey JOIN customer c ON c.custkey = o.custkey GROUP BY 1, 2',
  "SELECT n.name, t.table_name FROM nation n JOIN system.jdbc.tables t ON n.nationkey = length(t.table_name) WHERE t.table_cat = 'tpch' AND t.table_schem = 'tiny'",
  'SELECT cast(row(orderstatus, 1) AS row(a varchar, b integer)), count(*) FROM orders GROUP BY 1',
  'SELECT map(ARRAY[orderstatus], ARRAY[orderpriority]), count(*) FROM orders GROUP BY 1',
  'SELECT n.name, s.x FROM nation n JOIN TABLE(sequence(start => 1, stop => 10)) s(x) ON n.nationkey = s.x',
  'SELECT s.x, count(o.orderkey) FROM TABLE(sequence(start => 1, stop => 9)) s(x) LEFT JOIN orders o ON o.orderkey % 5 = s.x GROUP BY s.x',
  'SELECT custkey FROM customer WHERE custkey IN (SELECT x FROM TABLE(sequence(start => 1, stop => 1500, step => 7)) s(x))',
  'SELECT * FROM TABLE(exclude_columns(input => TABLE(orders), columns => DESCRIPTOR(comment, clerk)))',
  "SELECT CAST(orderdate AS timestamp(3) with time zone) AT TIME ZONE 'Europe/Berlin' d, count(*) FROM orders GROUP BY 1",
  'SELECT CAST(orderkey AS decimal(38, 2)) * 1e0 + 0e0, count(*) FROM lineitem GROUP BY 1',
  'SELECT CAST(custkey AS decimal(30, 0)), count(*), sum(CAST(totalprice AS decimal(38, 2))) FROM orders GROUP BY 1',
  'SELECT count(*) FROM orders MATCH_RECOGNIZE (PARTITION BY custkey ORDER BY orderdate, orderkey MEASURES last(a.orderkey) AS k ONE ROW PER MATCH PATTERN (a b+) DEFINE b AS b.totalprice < prev(b.totalprice))',
  'WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n, count(*) FROM t JOIN nation ON n = regionkey GROUP BY n',
  'SELECT 1 FROM orders WHERE false',
  'SELECT a.k, b.k FROM (SELECT custkey k, count(*) c FROM orders GROUP BY custkey) a JOIN (SELECT custkey k, max(acctbal) m FROM customer GROUP BY custkey) b ON a.k = b.k',
]

describe.each(WAYS)('shapes with $way joins', ({ properties }) => {
  test.each(SHAPES)('%s', (sql) => compare(sql, properties))
})

test('pages may be compressed between nodes, and queries wait for nodes', async () => {
  const sql =
    'SELECT count(*), sum(l.quantity), max(o.comment) FROM orders o JOIN lineitem l ON o.custkey = l.partkey'
  const lz4 = { exchange_compression_codec: 'LZ4', join_distribution_type: 'PARTITIONED' }
  await compare(sql, { ...lz4, required_workers_count: '3' })
  await compare(sql, { ...lz4, retry_policy: 'TASK' })
  const missing = { required_workers_count: '5', required_workers_max_wait_time: '300ms' }
  await expect(rowsOf(cluster.coordinator, sql, missing)).rejects.toMatchObject({
    code: 'GENERIC_INSUFFICIENT_RESOURCES',
    message:
      'Insufficient active worker nodes. Waited 300ms for at least 5 workers, but only 3 workers are active',
  })
})

describe('with retry_policy TASK', () => {
  test.each(queries)('TPC-H $name', ({ sql }) => compare(sql, { retry_policy: 'TASK' }))
  test.each(SHAPES)('%s', (sql) =>
    compare(sql, { retry_policy: 'TASK', join_distribution_type: 'PARTITIONED' }))
})

describe('with retry_policy QUERY', () => {
  test.each(queries)('TPC-H $name', ({ sql }) => compare(sql, { retry_policy: 'QUERY' }))
  test('a large result', () => compare('SELECT * FROM orders', { retry_policy: 'QUERY' }))
})
