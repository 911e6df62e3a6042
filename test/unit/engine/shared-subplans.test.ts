import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'

/* What a query computes several times is computed once: the answers are those of computing it each time. */

const SALES = `sales AS (SELECT custkey, clerk, count(*) AS n, sum(totalprice) AS total, max(orderdate) AS d
  FROM orders GROUP BY custkey, clerk)`
const PARTS = `parts AS (SELECT p.brand, p.size, l.quantity, l.orderkey FROM lineitem l
  JOIN part p ON p.partkey = l.partkey WHERE p.size < 5)`

/** Statements, each with how many scans of shared plans it has. */
const SHARED: Readonly<Record<string, readonly [string, number]>> = {
  'a join with itself': [
    `WITH ${SALES} SELECT count(*), sum(a.n * b.n) FROM sales a JOIN sales b
       ON a.custkey = b.custkey AND a.d < b.d`,
    2,
  ],
  'a union of both uses, which one pipeline reads': [
    `WITH ${SALES} SELECT clerk, sum(n) FROM (SELECT clerk, n FROM sales WHERE n > 0 UNION ALL SELECT clerk, n FROM sales) GROUP BY 1`,
    2,
  ],
  'other columns in each use': [
    `WITH ${SALES} SELECT (SELECT max(n) FROM sales), (SELECT min(d) FROM sales),
       (SELECT count(DISTINCT clerk) FROM sales)`,
    3,
  ],
  'one use keeps fewer groups': [
    `WITH ${SALES} SELECT custkey, n, (SELECT max(n) FROM sales) FROM sales WHERE custkey > 100`,
    2,
  ],
  'one use keeps fewer groups, by a column nobody else reads': [
    `WITH days AS (SELECT orderstatus, orderdate, count(*) AS n FROM orders GROUP BY 1, 2)
       SELECT count(*) FROM days a WHERE orderstatus > 'F'
       AND orderdate IN (SELECT orderdate FROM days WHERE n > 1)`,
    2,
  ],
  'a part of what is shared is read elsewhere': [
    `WITH ${PARTS}, byBrand AS (SELECT brand, sum(quantity) AS q FROM parts GROUP BY brand)
       SELECT a.brand, a.q, b.q, (SELECT count(*) FROM parts) FROM byBrand a
       JOIN byBrand b ON a.brand < b.brand`,
    4,
  ],
  'written twice, with other names': [
    `SELECT a.n, b.m FROM (SELECT clerk, count(*) AS n FROM orders WHERE orderdate > DATE '1995-01-01' GROUP BY 1) a
       LEFT JOIN (SELECT clerk AS c, count(*) AS m FROM orders WHERE orderdate > DATE '1995-01-01' GROUP BY 1) b
       ON a.clerk = b.c`,
    2,
  ],
  'a probe that waits for a build of the same rows': [
    `WITH ${PARTS} SELECT count(*) FROM parts a WHERE quantity > (SELECT avg(quantity) FROM parts b
       WHERE b.brand = a.brand)`,
    2,
  ],
  'anti joins': [
    `WITH days AS (SELECT orderpriority, orderdate, count(*) AS n FROM orders GROUP BY 1, 2)
       SELECT count(*) FROM days a WHERE NOT EXISTS
       (SELECT 1 FROM days b WHERE b.orderdate = a.orderdate AND b.n > a.n)`,
    2,
  ],
  'windows and limits': [
    `WITH w AS (SELECT custkey, totalprice, rank() OVER (PARTITION BY custkey ORDER BY totalprice DESC, orderkey) r
       FROM orders), best AS (SELECT custkey, totalprice FROM w WHERE r = 1 ORDER BY totalprice DESC, custkey LIMIT 50)
       SELECT a.custkey, b.custkey FROM best a JOIN best b ON a.totalprice > b.totalprice`,
    2,
  ],
  'grouping sets': [
    `WITH g AS (SELECT orderstatus, orderpriority, count(*) AS n FROM orders GROUP BY ROLLUP (orderstatus, orderpriority))
       SELECT a.n, b.n FROM g a JOIN g b ON a.orderstatus = b.orderstatus WHERE a.orderpriority IS NULL`,
    2,
  ],
}

/** Statements that compute everything as often as they say. */
const NOT_SHARED: Readonly<Record<string, string>> = {
  'a scan is as quick as reading what was kept':
    'WITH o AS (SELECT * FROM orders WHERE totalprice > 1) SELECT count(*) FROM o a JOIN o b ON a.orderkey = b.orderkey',
  'what is kept would be more than is read': `WITH o AS (SELECT a.orderkey, b.partkey FROM lineitem a
      JOIN lineitem b ON a.orderkey = b.orderkey)
      SELECT partkey, count(*) FROM o GROUP BY 1 UNION ALL SELECT orderkey, count(*) FROM o GROUP BY 1`,
  'each use keeps other rows': `WITH ${SALES} SELECT * FROM sales a JOIN sales b ON a.custkey = b.custkey
      WHERE a.clerk = 'Clerk#000000001' AND b.clerk = 'Clerk#000000002'`,
  'chance decides': `WITH r AS (SELECT clerk, count(*) n FROM orders WHERE random() < 0.5 GROUP BY 1)
      SELECT count(*) FROM r a JOIN r b ON a.clerk = b.clerk`,
}

/** Statements that use a random WITH query several times. */
function randomStatements(count: number): readonly string[] {
  const random = createRandom(SEED)
  const bodies = [
    'SELECT clerk AS k, orderstatus AS t, count(*) AS n, sum(custkey) AS v FROM orders GROUP BY 1, 2',
    `SELECT c.mktsegment AS k, o.orderstatus AS t, count(*) AS n, min(o.orderkey) AS v
       FROM orders o JOIN customer c ON c.custkey = o.custkey GROUP BY 1, 2`,
    `SELECT CAST(s.nationkey AS varchar) AS k, s.name AS t, ps.availqty AS n, ps.partkey AS v
       FROM partsupp ps JOIN supplier s ON s.suppkey = ps.suppkey WHERE s.nationkey < 6`,
    `SELECT orderpriority AS k, clerk AS t, custkey AS n, r AS v FROM (SELECT *,
       row_number() OVER (PARTITION BY clerk ORDER BY orderkey) AS r FROM orders) WHERE r < 3`,
  ]
  const filters = ["k > 'C'", "t <> 'F'", 'n > 1', 'v % 2 = 0', 'k IS NOT NULL AND n < 1000']
  const use = (): string => {
    const filter = random.chance(0.5) ? '' : ` WHERE ${random.pick(filters)}`
    return random.pick([
      `SELECT k, sum(n) AS x FROM w${filter} GROUP BY k`,
      `SELECT t AS k, max(v) AS x FROM w${filter} GROUP BY t`,
      `SELECT k, n AS x FROM w${filter}`,
      `SELECT k, count(DISTINCT t) AS x FROM w${filter} GROUP BY k`,
    ])
  }
  return Array.from({ length: count }, () => {
    const uses = random.pick([
      () => `SELECT * FROM (${use()}) UNION ALL (${use()}) UNION ALL (${use()})`,
      () =>
        `SELECT a.x, count(*), min(b.x) FROM (${use()}) a LEFT JOIN (${use()}) b ON a.k = b.k GROUP BY 1`,
      () => `SELECT k, x FROM (${use()}) WHERE k IN (SELECT k FROM (${use()}))`,
      () => `SELECT k, x, (SELECT max(x) FROM (${use()})) FROM (${use()})`,
    ])
    return `WITH w AS (${random.pick(bodies)}) ${uses()}`
  })
}

describe('shared subplans', () => {
  const engines = new Map<string, Millrace>()
  const spillPath = mkdtempSync(join(tmpdir(), 'millrace-shared-'))

  beforeAll(async () => {
    requireBuild()
    const { Millrace } = (await import(
      pathToFileURL(join(DIST, 'index.js')).href
    )) as typeof import('../../../src/index.js')
    const catalogs = { tpch: { 'connector.name': 'tpch' } }
    engines.set('inline', await Millrace.create({ threads: 0, catalogs }))
    engines.set('threads', await Millrace.create({ threads: 2, callingThreadMillis: 0, catalogs }))
    engines.set(
      'spilling',
      await Millrace.create({
        threads: 2,
        callingThreadMillis: 0,
        catalogs,
        spillPath,
        spillsEagerly: true,
      }),
    )
  })
  afterAll(async () => {
    for (const engine of engines.values()) await engine.close()
    rmSync(spillPath, { recursive: true, force: true })
  })

  // Enough for worker threads to have a part in it.
  const place = { catalog: 'tpch', schema: 'sf0.02', rowMode: 'array' } as const
  async function rowsOf(engine: Millrace, sql: string, share: boolean): Promise<readonly string[]> {
    const session = { share_subplans: String(share) }
    const rows = await engine.query(sql, [], { ...place, session }).all()
    return rows
      .map((row) => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))
      .sort()
  }
  async function scansOf(sql: string): Promise<number> {
    const [row] = await engines.get('inline')!.query(`EXPLAIN ${sql}`, [], place).all()
    return String((row as unknown as readonly unknown[])[0]).split('SharedScan').length - 1
  }

  test.each(Object.entries(SHARED))('%s', async (_, [sql, scans]) => {
    expect(await scansOf(sql)).toBe(scans)
    const expected = await rowsOf(engines.get('inline')!, sql, false)
    for (const [name, engine] of engines) {
      expect(await rowsOf(engine, sql, true), name).toEqual(expected)
    }
  })

  test.each(Object.entries(NOT_SHARED))('not where %s', async (_, sql) => {
    expect(await scansOf(sql)).toBe(0)
  })

  test(`random uses (MILLRACE_SEED=${SEED})`, async () => {
    let shared = 0
    for (const sql of randomStatements(6)) {
      if ((await scansOf(sql)) > 0) shared++
      const expected = await rowsOf(engines.get('inline')!, sql, false)
      expect(await rowsOf(engines.get('threads')!, sql, true), sql).toEqual(expected)
    }
    expect(shared).toBeGreaterThan(0)
  })
})
